import { createIndexPart, type IndexPart, type NearWindow } from './index-part.ts';

export type CollectionIndex = ReturnType<typeof createCollectionIndex>;

/**
 * The vectors of one collection: a small collection is one exact part; a large one is a graph, built elsewhere and never
 * changed, and an exact part for what came since. What is removed is marked in either.
 * @param options.sum the sum of the vectors in the parts given, and `summed` how many these are
 */
export function createCollectionIndex(options: {
  dimension: number;
  graph?: IndexPart;
  exact?: IndexPart;
  sum?: Float64Array;
  summed?: number;
}) {
  const { dimension, graph } = options;
  const exact = options.exact ?? createIndexPart({ kind: 'exact', dimension });
  const sum = options.sum ?? new Float64Array(dimension);
  let summed = options.summed ?? 0;

  function addToSum(vectors: Float32Array, sign: 1 | -1) {
    summed += (sign * vectors.length) / dimension;
    for (let at = 0; at < vectors.length; at += 1) sum[at % dimension]! += sign * vectors[at]!;
  }

  return {
    dimension,
    graph,
    exact,
    get size() {
      return exact.size + (graph?.size ?? 0);
    },

    /** Adds passages in the order of their keys, each with the vectors of its windows one after another. */
    add(passages: { key: number; vectors: Float32Array }[]) {
      if (passages.length === 0) return;
      exact.add(passages);
      for (const { vectors } of passages) addToSum(vectors, 1);
    },

    /** Takes out passages, given with the vectors they were added with. */
    remove(passages: Map<number, Float32Array>) {
      for (const [key, vectors] of passages) if (exact.remove(key) || graph?.remove(key)) addToSum(vectors, -1);
    },

    /** The `k` nearest windows for each of the questions, whose vectors stand one after another; nearest first. */
    search(questions: Float32Array, k: number): NearWindow[][] {
      const near = exact.search(questions, k);
      if (!graph) return near;
      const further = graph.search(questions, k);
      return near.map((each, at) =>
        [...each, ...further[at]!].sort((one, other) => other.similarity - one.similarity).slice(0, k),
      );
    },

    /**
     * The mean cosine between a question and the windows: its product with their mean vector. Windows that were removed before a
     * snapshot was loaded still weigh in it, until the next.
     */
    meanSimilarity(question: Float32Array): number {
      let product = 0;
      for (let at = 0; at < dimension; at += 1) product += question[at]! * sum[at]!;
      return summed === 0 ? 0 : product / summed;
    },
  };
}
