import { wordsOf } from '../full-text.ts';
import { createRecent } from '../recent.ts';
import type { Select } from './classes.ts';
import type { Engine } from './engine.ts';
import { stemsOf } from './stems.ts';

/** How many stems of a question are searched for. */
const mostStems = 32;
/** A stem that more passages hold than this is common; how many such stems are remembered. */
const rareIn = 10;
const commonStems = 20_000;

/** A passage of one version of a document, by its id in the engine, and what one of the searches says of it. */
export type Candidate = { passage: string; documentId: string; version: string; score: number };

/** The two searches of the engine: for what is near a question, and for what shares its words. */
export function createCandidates(engine: Engine, select: Select) {
  const common = createRecent<string, true>(commonStems);

  /** The windows that are nearest, nearest first, each as its passage with the cosine as its score. */
  async function near(collection: string, vector: Float32Array, limit: number): Promise<Candidate[]> {
    type Row = Omit<Candidate, 'score'> & { _additional: { distance: number } };
    const rest = `limit:${limit} nearVector:{vector:[${vector.join()}]}`;
    const fields = 'passage documentId version _additional{distance}';
    const { found } = await engine.query<{ found: Row[] }>(
      'Get',
      select('found', 'AssayWindow', collection, rest, fields),
    );
    return found.map(({ _additional, ...own }) => ({ ...own, score: -_additional.distance }));
  }

  type WordsRow = Omit<Candidate, 'passage' | 'score'> & { _additional: { id: string; score: string } };
  /** BM25 never counts against a passage, though the engine's weight of a word that most of them hold does. */
  const toCandidate = ({ _additional, ...own }: WordsRow): Candidate => ({
    ...own,
    passage: _additional.id,
    score: Math.max(0, Number(_additional.score)),
  });

  const byStems = (name: string, collection: string, stems: string[], limit: number) =>
    select(
      name,
      'AssayWords',
      collection,
      `limit:${limit} bm25:{query:${JSON.stringify(stems.join(' '))} properties:["stems"]}`,
      'documentId version _additional{id score}',
    );

  async function byAll(collection: string, stems: string[], limit: number): Promise<Candidate[]> {
    const { all } = await engine.query<{ all: WordsRow[] }>('Get', byStems('all', collection, stems, limit));
    return all.map(toCandidate);
  }

  /** What each stem finds that isn't known to be common. */
  async function byRare(collection: string, stems: string[]): Promise<Candidate[]> {
    const keyOf = (stem: string) => `${collection} ${stem}`;
    const rare = stems.filter((stem) => !common.get(keyOf(stem)));
    if (rare.length === 0 || stems.length === 1) return [];
    const parts = rare.map((stem, at) => byStems(`stem${at}`, collection, [stem], rareIn));
    const found = await engine.query<Record<string, WordsRow[]>>('Get', parts.join(' '));
    for (const [at, stem] of rare.entries()) if (found[`stem${at}`]!.length === rareIn) common.set(keyOf(stem), true);
    return Object.values(found).flat().map(toCandidate);
  }

  /**
   * The passages that share words with a question, best first, by BM25. Of what it has not yet written to a segment (up to a minute
   * long), the engine (1.35.2) weighs only the first that hold any of the words, a tenth more than are wanted: it takes the
   * weight of the others for nothing. So rare words, which matter most, are asked for one by one as well.
   */
  async function words(collection: string, question: string, limit: number): Promise<Candidate[]> {
    const stems = [...new Set(stemsOf(wordsOf(question).join(' ')))].slice(0, mostStems);
    if (stems.length === 0) return [];
    const [all, rare] = await Promise.all([byAll(collection, stems, limit), byRare(collection, stems)]);
    const found = new Map<string, Candidate>();
    // What stems add to the score of a passage is a sum, unless the engine has made it already.
    for (const each of rare)
      found.set(each.passage, { ...each, score: each.score + (found.get(each.passage)?.score ?? 0) });
    for (const each of all) found.set(each.passage, each);
    return [...found.values()].sort((one, other) => other.score - one.score).slice(0, limit);
  }

  return async (query: { collection: string; question: string; vector: Float32Array; limit: number }) => {
    const { collection, question, vector, limit } = query;
    const [nearest, sharing] = await Promise.all([near(collection, vector, limit), words(collection, question, limit)]);
    return { near: nearest, words: sharing };
  };
}
