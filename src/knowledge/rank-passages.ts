import { fuse, type Scale } from './fuse.ts';
import type { NearWindows, Windows } from './index-part.ts';
import { similarity } from './similarity.ts';

type Ranked = { key: number; score: number };

/** A ranked passage: its key, its fused score, and the cosine between the question and each of its windows. */
export type RankedPassage = Ranked & { similarities: number[] };

/** The vectors of at most this many passages that only words found are read, heaviest first: repeated texts all weigh the same. */
const mostByWordsAlone = 100;

/** Best first; ties are broken by key, so that the order is always the same. */
const byScore = (one: Ranked, other: Ranked) => other.score - one.score || one.key - other.key;

/**
 * The best passages for a question by both scores, from the windows near it and the passages that share its words. A passage that only
 * words found gets its similarity from its stored vectors. It can't be more similar than the last of the near windows, so only the
 * vectors of passages that could still be among the best are read.
 * @param options.near the nearest windows; fewer than `limit` where the collection has no more
 * @param options.words BM25 scores by passage key
 * @param options.mean the mean cosine between the question and all windows of the collection
 * @param options.vectorsOf a passage's vectors, one for each window, one after another
 * @param options.similaritiesOf the cosines of further windows, where they can be computed without reading vectors; else null
 */
export function rankPassages(options: {
  near: NearWindows;
  limit: number;
  words: Map<number, number>;
  vector: Float32Array;
  topK: number;
  mean: number;
  vectorsOf: (key: number) => Float32Array;
  similaritiesOf?: (windows: Windows) => ArrayLike<number> | null;
}): RankedPassage[] {
  const { near, limit, words, vector, topK, mean, vectorsOf } = options;
  const similarityOf = (key: number) => {
    const vectors = vectorsOf(key);
    let most = -1;
    for (let at = 0; at < vectors.length / vector.length; at += 1)
      most = Math.max(most, similarity(vector, vectors, at));
    return most;
  };
  let heaviest = 0;
  for (const bm25 of words.values()) heaviest = Math.max(heaviest, bm25);
  const scale: Scale = { mean, nearest: near.similarities[0] ?? mean, heaviest };
  const farthest = near.windows.length < limit ? -1 : near.similarities.at(-1)!;

  const seen = new Set<number>();
  const best: Ranked[] = [];
  for (let at = 0; at < near.windows.length; at += 1) {
    const key = near.passageKeys[at]!;
    if (seen.has(key)) continue; // a nearer window stands for it
    seen.add(key);
    best.push({ key, score: fuse({ similarity: near.similarities[at]!, bm25: words.get(key) ?? 0 }, scale) });
  }
  best.sort(byScore).splice(topK);
  const couldBeAmongThem = (bm25: number) =>
    best.length < topK || fuse({ similarity: farthest, bm25 }, scale) >= best.at(-1)!.score;
  const further: [key: number, bm25: number][] = [];
  for (const [key, bm25] of words) if (!seen.has(key) && couldBeAmongThem(bm25)) further.push([key, bm25]);
  further.sort(([one, heavy], [other, heavier]) => heavier - heavy || one - other);
  for (const [key, bm25] of further.slice(0, mostByWordsAlone)) {
    if (!couldBeAmongThem(bm25)) break;
    best.push({ key, score: fuse({ similarity: similarityOf(key), bm25 }, scale) });
    best.sort(byScore).splice(topK);
  }

  return withSimilarities(best, options);
}

/** Adds the cosines of all windows to each passage: those of near windows are known, the others are computed. */
function withSimilarities(
  best: Ranked[],
  { near, vector, vectorsOf, similaritiesOf }: Parameters<typeof rankPassages>[0],
): RankedPassage[] {
  const passages = best.map(({ key, score }) => {
    const similarities: number[] = [];
    for (let left = vectorsOf(key).length / vector.length; left > 0; left -= 1) similarities.push(Number.NaN);
    return { key, score, similarities };
  });
  const ofKey = new Map<number, number[]>();
  for (const { key, similarities } of passages) ofKey.set(key, similarities);
  for (let at = 0; at < near.windows.length; at += 1) {
    const own = ofKey.get(near.passageKeys[at]!);
    if (own) own[near.windows[at]!] = near.similarities[at]!;
  }
  const unknown: Windows = { passageKeys: [], windows: [] };
  for (const { key, similarities } of passages)
    for (let window = 0; window < similarities.length; window += 1) {
      if (!Number.isNaN(similarities[window])) continue;
      unknown.passageKeys.push(key);
      unknown.windows.push(window);
    }
  const computed = similaritiesOf?.(unknown);
  let next = 0; // into `computed`, which is in the order of `unknown`
  for (const { key, similarities } of passages)
    for (let window = 0; window < similarities.length; window += 1)
      if (Number.isNaN(similarities[window]))
        similarities[window] = computed?.[next++] ?? Math.fround(similarity(vector, vectorsOf(key), window));
  return passages;
}

/** Ranked passages as one array of numbers, which makes a message between processes far cheaper than objects do. */
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

/** Reads what `packRanking` wrote. */
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
