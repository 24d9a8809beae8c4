import type { Documents } from './documents.ts';
import { type Candidate, fuse, type Scale } from './fuse.ts';
import type { NearWindow } from './index-part.ts';

type Ranked = { key: number; score: number };

/** A passage as a search ranks it: its key, its fused score, and the cosines between the question and each of its windows. */
export type RankedPassage = Ranked & { similarities: Float32Array };

/** Best first; ties by key, so that the order is the same every time. */
const byScore = (one: Ranked, other: Ranked) => other.score - one.score || one.key - other.key;

/**
 * The best passages for a question, from the windows that are near it and the passages that share its words, by both scores of
 * each. A passage that only the words found gets its similarity from its stored vectors; that it isn't among the near ones
 * says how similar it can be at most, so only those are read that could still be among the best.
 * @param options.near the nearest windows, nearest first; fewer than `limit` where there are no more
 * @param options.words BM25 scores by passage key, best first
 * @param options.mean the mean cosine between the question and all windows of the collection
 */
export function rankPassages(options: {
  near: NearWindow[];
  limit: number;
  words: Map<number, number>;
  vector: Float32Array;
  topK: number;
  mean: number;
  documents: Pick<Documents, 'vectors'>;
}): RankedPassage[] {
  const { near, limit, words, vector, topK, mean, documents } = options;
  const similarityOf = (key: number) => Math.max(...similarities(vector, documents.vectors(key)));
  const candidates = new Map<number, Candidate>();
  for (const { passageKey: key, similarity } of near)
    if (!candidates.has(key)) candidates.set(key, { key, similarity, bm25: words.get(key) ?? 0 });

  const scale: Scale = { mean, nearest: near[0]?.similarity ?? mean, heaviest: Math.max(0, ...words.values()) };
  const farthest = near.length < limit ? -1 : near.at(-1)!.similarity;
  const best = [...candidates.values()].map((each): Ranked => ({ key: each.key, score: fuse(each, scale) }));
  best.sort(byScore).splice(topK);
  for (const [key, bm25] of words) {
    if (candidates.has(key)) continue;
    const atMost = fuse({ similarity: farthest, bm25 }, scale);
    if (best.length === topK && atMost < best.at(-1)!.score) break;
    best.push({ key, score: fuse({ similarity: similarityOf(key), bm25 }, scale) });
    best.sort(byScore).splice(topK);
  }

  return best.map((each) => ({ ...each, similarities: similarities(vector, documents.vectors(each.key)) }));
}

/** The cosines between a question's vector and the vectors that stand one after another in `vectors`. */
function similarities(question: Float32Array, vectors: Float32Array): Float32Array {
  const products = new Float32Array(vectors.length / question.length);
  for (let row = 0; row < products.length; row += 1) {
    const from = row * question.length;
    let product = 0;
    for (let at = 0; at < question.length; at += 1) product += question[at]! * vectors[from + at]!;
    products[row] = product;
  }
  return products;
}
