import { wordsOf } from '../full-text.ts';
import { createRecent } from '../recent.ts';
import type { Engine } from './engine.ts';
import { stemsOf } from './stems.ts';

/** How many stems of a question are searched for. */
const mostStems = 32;
/** A stem that more passages hold than this is common; how many such stems are remembered, and of how many collections their size. */
const rareIn = 10;
const commonStems = 20_000;
const rememberedCollections = 10_000;

/** A passage of one version of a document, by its id in the engine, and what one of the searches says of it. */
export type Candidate = { passage: string; documentId: string; version: string; score: number };

/** The two searches of the engine: for what is near a question, and for what shares its words. */
export function createCandidates(engine: Engine) {
  const common = createRecent<string, true>(commonStems);
  /** Whether the last search of a collection found as many passages by words as it asked for. */
  const large = createRecent<string, boolean>(rememberedCollections);

  /** The windows that are nearest, nearest first, each as its passage with the cosine as its score. */
  async function near(collection: string, vector: Float32Array, limit: number): Promise<Candidate[]> {
    const fields = ['passage', 'documentId', 'version'];
    const [found] = await engine.find<Candidate>([
      { className: 'AssayWindow', tenant: collection, near: vector, limit, fields },
    ]);
    return found!.map(({ passage, documentId, version, score }) => ({ passage, documentId, version, score }));
  }

  /** The passages that hold stems, list by list; BM25 never counts against one, though a word that most of them hold does. */
  async function byStems(collection: string, lists: string[][], limit: number): Promise<Candidate[][]> {
    const found = await engine.find<Omit<Candidate, 'passage'>>(
      lists.map((stems) => ({
        ...{ className: 'AssayWords', tenant: collection, limit },
        words: { query: stems.join(' '), properties: ['stems'] },
        fields: ['documentId', 'version'],
      })),
    );
    return found.map((list) =>
      list.map(({ id, score, documentId, version }) => {
        return { passage: id, documentId, version, score: Math.max(0, score) };
      }),
    );
  }

  /** What each stem finds that isn't known to be common. */
  async function byRare(collection: string, stems: string[]): Promise<Candidate[]> {
    const keyOf = (stem: string) => `${collection} ${stem}`;
    const rare = stems.filter((stem) => !common.get(keyOf(stem)));
    if (rare.length === 0 || stems.length === 1) return [];
    const found = await byStems(
      collection,
      rare.map((stem) => [stem]),
      rareIn,
    );
    for (const [at, stem] of rare.entries()) if (found[at]!.length === rareIn) common.set(keyOf(stem), true);
    return found.flat();
  }

  /**
   * The passages that share words with a question, best first, by BM25. Of what it has not yet written to a segment (up to a minute
   * long), the engine (1.35.2) weighs only the first that hold any of the words, a tenth more than are wanted: it takes the
   * weight of the others for nothing. So rare words, which matter most, are asked for one by one as well.
   */
  async function words(collection: string, question: string, limit: number): Promise<Candidate[]> {
    const stems = [...new Set(stemsOf(wordsOf(question).join(' ')))].slice(0, mostStems);
    if (stems.length === 0) return [];
    // Fewer than the limit are all there are. As a rule a collection is large enough for more, or isn't.
    const begun = large.get(collection) ? byRare(collection, stems) : null;
    const [[all]] = await Promise.all([byStems(collection, [stems], limit), begun]);
    const isFull = all!.length === limit;
    large.set(collection, isFull);
    const rare = isFull ? await (begun ?? byRare(collection, stems)) : [];
    const found = new Map<string, Candidate>();
    // What stems add to the score of a passage is a sum, unless the engine has made it already.
    for (const each of rare)
      found.set(each.passage, { ...each, score: each.score + (found.get(each.passage)?.score ?? 0) });
    for (const each of all!) found.set(each.passage, each);
    return [...found.values()].sort((one, other) => other.score - one.score).slice(0, limit);
  }

  return async (query: { collection: string; question: string; vector: Float32Array; limit: number }) => {
    const { collection, question, vector, limit } = query;
    const [nearest, sharing] = await Promise.all([near(collection, vector, limit), words(collection, question, limit)]);
    return { near: nearest, words: sharing };
  };
}
