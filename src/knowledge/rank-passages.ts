import { type Candidate, fuse, type Scale } from './fuse.ts';
import type { NearWindow } from './index-part.ts';

type Ranked = { key: number; score: number };

/** A passage as a search ranks it: its key, its fused score, and the cosines between the question and each of its windows. */
export type RankedPassage = Ranked & { similarities: number[] };

/** Of so many passages that only words found the vectors are read, heaviest first: texts that are repeated all weigh the same. */
const mostByWordsAlone = 100;

/** Best first; ties by key, so that the order is the same every time. */
const byScore = (one: Ranked, other: Ranked) => other.score - one.score || one.key - other.key;

/**
 * The best passages for a question, from the windows that are near it and the passages that share its words, by both scores of
 * each. A passage that only the words found gets its similarity from its stored vectors; that it isn't among the near ones
 * says how similar it can be at most, so only those are read that could still be among the best.
 * @param options.near the nearest windows, nearest first; fewer than `limit` where there are no more
 * @param options.words BM25 scores by passage key
 * @param options.mean the mean cosine between the question and all windows of the collection
 */
export function rankPassages(options: {
  near: NearWindow[];
  limit: number;
  words: Map<number, number>;
  vector: Float32Array;
  topK: number;
  mean: number;
  vectorsOf: (key: number) => Float32Array;
}): RankedPassage[] {
  const { near, limit, words, vector, topK, mean, vectorsOf } = options;
  const similarityOf = (key: number) => {
    const vectors = vectorsOf(key);
    let most = -1;
    for (let at = 0; at < vectors.length / vector.length; at += 1)
      most = Math.max(most, similarity(vector, vectors, at));
    return most;
  };
  const candidates = new Map<number, Candidate>();
  for (const { passageKey: key, similarity } of near)
    if (!candidates.has(key)) candidates.set(key, { key, similarity, bm25: words.get(key) ?? 0 });

  const scale: Scale = { mean, nearest: near[0]?.similarity ?? mean, heaviest: Math.max(0, ...words.values()) };
  const farthest = near.length < limit ? -1 : near.at(-1)!.similarity;
  const best = [...candidates.values()].map((each): Ranked => ({ key: each.key, score: fuse(each, scale) }));
  best.sort(byScore).splice(topK);
  const couldBeAmongThem = (bm25: number) =>
    best.length < topK || fuse({ similarity: farthest, bm25 }, scale) >= best.at(-1)!.score;
  const further = [...words].filter(([key, bm25]) => couldBeAmongThem(bm25) && !candidates.has(key));
  further.sort(([one, heavy], [other, heavier]) => heavier - heavy || one - other);
  for (const [key, bm25] of further.slice(0, mostByWordsAlone)) {
    if (!couldBeAmongThem(bm25)) break;
    best.push({ key, score: fuse({ similarity: similarityOf(key), bm25 }, scale) });
    best.sort(byScore).splice(topK);
  }

  return withSimilarities(best, near, vector, vectorsOf);
}

/** Gives each passage the cosines of all its windows: those of the near ones are known, the others are computed. */
function withSimilarities(
  best: Ranked[],
  near: NearWindow[],
  question: Float32Array,
  vectorsOf: (key: number) => Float32Array,
): RankedPassage[] {
  const ofKey = new Map<number, number[]>();
  for (const { key } of best)
    ofKey.set(key, new Array<number>(vectorsOf(key).length / question.length).fill(Number.NaN));
  for (const { passageKey, window, similarity } of near) {
    const own = ofKey.get(passageKey);
    if (own) own[window] = similarity;
  }
  return best.map((each) => {
    const own = ofKey.get(each.key)!;
    for (let at = 0; at < own.length; at += 1)
      if (Number.isNaN(own[at])) own[at] = Math.fround(similarity(question, vectorsOf(each.key), at));
    return { ...each, similarities: own };
  });
}

/** Ranked passages as numbers one after another, which costs a message between processes a fraction of what objects cost. */
export function packRanking(ranked: RankedPassage[]): Float64Array {
  const packed = new Float64Array(ranked.reduce((length, { similarities: own }) => length + 3 + own.length, 0));
  let at = 0;
  for (const { key, score, similarities: own } of ranked) {
    packed[at] = key;
    packed[at + 1] = score;
    packed[at + 2] = own.length;
    packed.set(own, at + 3);
    at += 3 + own.length;
  }
  return packed;
}

/** The passages that were packed. */
export function unpackRanking(packed: Float64Array): RankedPassage[] {
  const ranked: RankedPassage[] = [];
  for (let at = 0; at < packed.length; ) {
    const end = at + 3 + packed[at + 2]!;
    const similarities: number[] = [];
    for (let from = at + 3; from < end; from += 1) similarities.push(packed[from]!);
    ranked.push({ key: packed[at]!, score: packed[at + 1]!, similarities });
    at = end;
  }
  return ranked;
}

/** The cosine between a question's vector and the one at place `row` of those that stand one after another in `vectors`. */
function similarity(question: Float32Array, vectors: Float32Array, row: number): number {
  const length = question.length;
  const from = row * length;
  const inFours = length - (length % 4);
  // Four sums that don't wait for each other: the processor adds them side by side.
  let [one, two, three, four] = [0, 0, 0, 0];
  for (let at = 0; at < inFours; at += 4) {
    one += question[at]! * vectors[from + at]!;
    two += question[at + 1]! * vectors[from + at + 1]!;
    three += question[at + 2]! * vectors[from + at + 2]!;
    four += question[at + 3]! * vectors[from + at + 3]!;
  }
  for (let at = inFours; at < length; at += 1) one += question[at]! * vectors[from + at]!;
  return one + two + three + four;
}
