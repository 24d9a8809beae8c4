import { createHash } from 'node:crypto';
import type { Basis, Verdict } from '../src/chain/verdict.ts';
import type { Parts } from '../src/compose.ts';
import type { FoundPassage } from '../src/passage.ts';
import type { LabelledPair } from './dataset.ts';

/** A pair with the verdicts that were given on it, and what they were weighed from where a language model judged. */
export type JudgedPair = {
  pair: LabelledPair;
  verdicts: Partial<Record<Basis, Verdict>>;
  signals: Partial<Record<Basis, Record<string, number>>>;
  milliseconds: number;
};

/** The most passages that a context is divided into. */
const mostPassages = 20;

/**
 * Has labelled answers judged, each by its own context, which goes through the real ingest and search into a collection of its
 * own: judges see passages with offsets and similarities as they do in an ask. One after the other, in the order given.
 */
export async function judgePairs(options: {
  parts: Pick<Parts, 'judges' | 'search' | 'ingestUploads' | 'knowledge'>;
  pairs: LabelledPair[];
  bases: Basis[];
  onProgress: (done: number, total: number) => void;
}): Promise<JudgedPair[]> {
  const { parts, pairs, bases, onProgress } = options;
  const judged: JudgedPair[] = [];
  const collections = new Set<string>();
  onProgress(0, pairs.length);
  for (const pair of pairs) {
    const { question, answer } = pair;
    const collection = `context-${createHash('sha256')
      .update(JSON.stringify([pair.title, pair.context]))
      .digest('hex')
      .slice(0, 32)}`;
    if (!collections.has(collection)) {
      collections.add(collection);
      await parts.knowledge.createCollection(collection);
      const uploads = pair.context.map((text, at) => {
        const source = pair.context.length === 1 ? pair.title : `${pair.title} ${at + 1}`;
        return { source, title: pair.title, content: { text, format: 'text' as const } };
      });
      await parts.ingestUploads(collection, uploads, { signal: AbortSignal.any([]) });
    }
    const context = await parts.search({ question, collection, topK: mostPassages }, {});
    judged.push(await judge(context));
    onProgress(judged.length, pairs.length);

    async function judge(context: FoundPassage[]): Promise<JudgedPair> {
      const begun = performance.now();
      const state = { question, collection, context, answer: { text: answer, abstained: false }, topK: mostPassages };
      const result: JudgedPair = { pair, verdicts: {}, signals: {}, milliseconds: 0 };
      for (const basis of bases) {
        const onSignals = { handleChainStart: keepSignals((signals) => (result.signals[basis] = signals)) };
        const config = { callbacks: [onSignals] };
        result.verdicts[basis] = await parts.judges[basis].invoke({ ...state, evaluation: basis }, config as never);
      }
      result.milliseconds = performance.now() - begun;
      return result;
    }
  }
  return judged;
}

/** LangChain's callback at a step's start, which hands on what comes into the step that weighs signals. */
function keepSignals(keep: (signals: Record<string, number>) => void) {
  return (_step: unknown, inputs: Record<string, number>, ...rest: unknown[]) => {
    if (rest.includes('weigh signals')) keep(inputs);
  };
}
