import { createHash } from 'node:crypto';
import type { Signals } from '../src/chain/calibration.ts';
import type { Judge } from '../src/chain/evaluate.ts';
import type { Basis, Verdict } from '../src/chain/verdict.ts';
import type { Parts } from '../src/compose.ts';
import type { FoundPassage } from '../src/passage.ts';
import type { LabelledPair } from './dataset.ts';

/** A judge under the name that the report gives it. */
export type NamedJudge = { name: string; basis: Basis; judge: Judge };

/** What a judge said of a pair; `signals` are what it was weighed from, where a language model judged. */
export type Judged = Pick<Verdict, 'label' | 'score' | 'problem'> & { signals: Signals | null; milliseconds: number };

/** A pair with what each judge said of it, by the judge's name. */
export type JudgedPair = { pair: LabelledPair; judged: Record<string, Judged> };

/** The most passages that a context is divided into. */
const mostPassages = 20;

/**
 * Has labelled answers judged, each by its own context, which goes through the real ingest and search into a collection of its
 * own: judges see passages with offsets and similarities as they do in an ask. One after the other, in the order given.
 */
export async function judgePairs(options: {
  parts: Pick<Parts, 'search' | 'ingestUploads' | 'knowledge'>;
  judges: NamedJudge[];
  pairs: LabelledPair[];
  onProgress: (done: number, total: number) => void;
}): Promise<JudgedPair[]> {
  const { parts, judges, pairs, onProgress } = options;
  const findContext = createFindContext(parts);
  const results: JudgedPair[] = [];
  onProgress(0, pairs.length);
  for (const pair of pairs) {
    const context = await findContext(pair);
    const judged: JudgedPair['judged'] = {};
    for (const judge of judges) judged[judge.name] = await askJudge(judge, pair, context);
    results.push({ pair, judged });
    onProgress(results.length, pairs.length);
  }
  return results;
}

/** Each distinct context becomes a collection; a question then finds its passages there. */
function createFindContext(parts: Pick<Parts, 'search' | 'ingestUploads' | 'knowledge'>) {
  const collections = new Set<string>();
  return async ({ question, title, context }: LabelledPair): Promise<FoundPassage[]> => {
    const hash = createHash('sha256')
      .update(JSON.stringify([title, context]))
      .digest('hex');
    const collection = `context-${hash.slice(0, 32)}`;
    if (!collections.has(collection)) {
      collections.add(collection);
      await parts.knowledge.createCollection(collection);
      const uploads = context.flatMap((text, at) => {
        const source = context.length === 1 ? title : `${title} ${at + 1}`;
        return text.trim() === '' ? [] : [{ source, title, content: { text, format: 'text' as const } }];
      });
      await parts.ingestUploads(collection, uploads, { signal: AbortSignal.any([]) });
    }
    return parts.search({ question, collection, topK: mostPassages }, {});
  };
}

async function askJudge({ basis, judge }: NamedJudge, pair: LabelledPair, context: FoundPassage[]): Promise<Judged> {
  const { question, answer } = pair;
  const asked = { question, collection: 'default', topK: mostPassages, evaluation: basis };
  let signals: Signals | null = null;
  // What comes into the step that weighs signals is told by LangChain's callbacks, as it is to a trace.
  const callbacks = [
    {
      handleChainStart: (_step: unknown, inputs: object, ...rest: unknown[]) => {
        if (rest.includes('weigh signals')) signals = inputs as Signals;
      },
    },
  ];
  const begun = performance.now();
  const verdict = await judge.invoke({ ...asked, context, answer: { text: answer, abstained: false } }, { callbacks });
  const { label, score, problem } = verdict;
  return { label, score, problem, signals, milliseconds: performance.now() - begun };
}
