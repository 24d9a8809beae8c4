import { createIndexPart, type IndexPart, type NearWindows, type Windows } from './index-part.ts';
import { similarity } from './similarity.ts';

export type CollectionIndex = ReturnType<typeof createCollectionIndex>;

/** A quantized part, and how many of the nearest windows that it finds are compared once more by their exact vectors. */
export type Quantized = {
  part: IndexPart;
  reranked: number;
  /** The vectors of a passage's windows, one after another. */
  vectors: (passageKey: number) => Float32Array;
};

/**
 * The index of one collection's vectors. A small collection has one exact part; a large one has a quantized part, which is built
 * elsewhere and never added to, and an exact part for what came since.
 * @param options.sum the sum of the vectors in the given parts
 * @param options.summed how many vectors that sum is of
 */
export function createCollectionIndex(options: {
  dimension: number;
  quantized?: Quantized;
  exact?: IndexPart;
  sum?: Float64Array;
  summed?: number;
}) {
  const { dimension, quantized } = options;
  const exact = options.exact ?? createIndexPart({ kind: 'exact', dimension });
  const sum = options.sum ?? new Float64Array(dimension);
  let summed = options.summed ?? 0;

  function addToSum(vectors: Float32Array, sign: 1 | -1) {
    if (vectors.length % dimension > 0) return; // cut off on the disk by now: what was added of it goes on counting
    summed += (sign * vectors.length) / dimension;
    for (let from = 0; from < vectors.length; from += dimension)
      for (let at = 0; at < dimension; at += 1) sum[at]! += sign * vectors[from + at]!;
  }

  return {
    dimension,
    quantized: quantized?.part,
    exact,
    get size() {
      return exact.size + (quantized?.part.size ?? 0);
    },

    /** Adds passages in the order of their keys, each with the vectors of its windows, one after another. */
    add(passages: { key: number; vectors: Float32Array }[]) {
      if (passages.length === 0) return;
      exact.add(passages);
      for (const { vectors } of passages) addToSum(vectors, 1);
    },

    /** Removes passages, given with the vectors that they were added with. */
    remove(passages: Map<number, Float32Array>) {
      const held = exact.remove(passages.keys());
      const others = quantized?.part.remove(passages.keys().filter((key) => !held.has(key)));
      for (const [key, vectors] of passages) if (held.has(key) || others?.has(key)) addToSum(vectors, -1);
    },

    /** The `k` nearest windows, nearest first, of each question; `questions` holds their vectors one after another. */
    search(questions: Float32Array, k: number): NearWindows[] {
      const near = exact.search(questions, k);
      if (!quantized) return near;
      const further = quantized.part.search(questions, Math.max(k, quantized.reranked));
      return near.map((each, at) => {
        const question = questions.subarray(at * dimension, (at + 1) * dimension);
        return nearest(k, each, withExactSimilarities(further[at]!, question, quantized));
      });
    },

    /** The cosines between a question and windows; null where the exact part doesn't hold them all. */
    similarities: (question: Float32Array, windows: Windows) => exact.similarities(question, windows),

    /**
     * The mean cosine between a question and all windows: the question's product with their mean vector. Windows that were removed
     * between a snapshot and its loading still count, until the next snapshot.
     */
    meanSimilarity(question: Float32Array): number {
      let product = 0;
      for (let at = 0; at < dimension; at += 1) product += question[at]! * sum[at]!;
      return summed === 0 ? 0 : product / summed;
    },
  };
}

/** The `k` nearest of all windows of `some` and `more`. */
function nearest(k: number, some: NearWindows, more: NearWindows): NearWindows {
  const passageKeys = [...some.passageKeys, ...more.passageKeys];
  const windows = [...some.windows, ...more.windows];
  const similarities = [...some.similarities, ...more.similarities];
  const order = [...windows.keys()].sort((one, other) => similarities[other]! - similarities[one]!).slice(0, k);
  return {
    passageKeys: order.map((at) => passageKeys[at]!),
    windows: order.map((at) => windows[at]!),
    similarities: order.map((at) => similarities[at]!),
  };
}

/** Gives the first `reranked` windows their exact similarities; the others keep those of their rounded vectors. */
export function withExactSimilarities(
  near: NearWindows,
  question: Float32Array,
  { reranked, vectors }: Pick<Quantized, 'reranked' | 'vectors'>,
): NearWindows {
  const read = new Map<number, Float32Array>();
  const { passageKeys, windows } = near;
  const similarities = near.similarities.map((rounded, at) => {
    if (at >= reranked) return rounded;
    return similarity(question, read.getOrInsertComputed(passageKeys[at]!, vectors), windows[at]!);
  });
  return { passageKeys, windows, similarities };
}
