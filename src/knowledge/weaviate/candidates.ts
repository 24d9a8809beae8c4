import { fuse } from '../fuse.ts';
import type { SearchQuery } from '../port.ts';
import type { Engine } from './engine.ts';
import type { Statistics } from './statistics.ts';
import { type Candidate, createWords } from './words.ts';

/** The engine's two searches: for windows near a question, and for passages that share its words. */
export function createCandidates(engine: Engine, statistics: Statistics) {
  const words = createWords(engine, statistics);

  /** The nearest windows, nearest first, each as a candidate for its passage, with its cosine as the score. */
  async function near(collection: string, vector: Float32Array, limit: number): Promise<Candidate[]> {
    const fields = ['passage', 'documentId', 'version'];
    const [found] = await engine.find<Omit<Candidate, 'score'>>([
      { className: 'AssayWindow', tenant: collection, near: vector, limit, fields },
    ]);
    return found!.map(({ passage, documentId, version, cosine: score }) => ({ passage, documentId, version, score }));
  }

  return async (query: SearchQuery & { limit: number }) => {
    const { collection, vector, limit, topK } = query;
    const [nearest, sharing] = await Promise.all([near(collection, vector, limit), words(query)]);
    const { mean, first, isAll } = sharing;
    const open = isAll ? [] : worthWeighing(nearest, first, { mean, topK });
    return { near: nearest, words: isAll ? first : await sharing.with(open), mean };
  };
}

/** Near passages that aren't among the first by words, but would be among the best if their BM25 were that of the last of these. */
function worthWeighing(near: Candidate[], words: Candidate[], { mean, topK }: { mean: number; topK: number }) {
  const scale = { mean, nearest: near[0]?.score ?? mean, heaviest: words[0]?.score ?? 0 };
  const bm25Of = new Map(words.map(({ passage, score }) => [passage, score]));
  const passages = [...new Map(near.toReversed().map((each) => [each.passage, each])).values()];
  const atLeast = passages.map(({ passage, score: similarity }) =>
    fuse({ similarity, bm25: bm25Of.get(passage) ?? 0 }, scale),
  );
  const least = atLeast.sort((one, other) => other - one)[topK - 1] ?? 0;
  const bm25 = words.at(-1)?.score ?? 0;
  return passages.filter(
    ({ passage, score: similarity }) => !bm25Of.has(passage) && fuse({ similarity, bm25 }, scale) >= least,
  );
}
