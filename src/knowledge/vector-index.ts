import faiss from 'faiss-node';
import { AppError } from '../errors.ts';

/** A window that is near a question: which window of which passage, and the cosine of the two vectors. */
export type NearWindow = { passageKey: number; window: number; similarity: number };

export type VectorIndex = ReturnType<typeof createVectorIndex>;

/**
 * An exact FAISS index (inner product of unit vectors) over the windows of one collection, behind guards: FAISS itself takes
 * a vector of the wrong length or with NaN in silence, and ends the process on k = 0 or an empty index.
 * @param dimension of every vector
 */
export function createVectorIndex(dimension: number) {
  const index = new faiss.IndexFlatIP(dimension);
  /** For each label of the FAISS index, in its order: the passage and the number of the window in it. */
  let owners: { passageKey: number; window: number }[] = [];
  const sum = new Float64Array(dimension);

  function check(vectors: Float32Array) {
    if (vectors.length === 0 || vectors.length % dimension !== 0)
      throw new AppError('INTERNAL', `A vector must have ${dimension} numbers.`);
    if (!vectors.every(Number.isFinite)) throw new AppError('INTERNAL', 'A vector holds a number that is not finite.');
  }

  function addToSum(vectors: Float32Array, sign: 1 | -1) {
    for (let at = 0; at < vectors.length; at += 1) sum[at % dimension]! += sign * vectors[at]!;
  }

  return {
    get size() {
      return owners.length;
    },

    /** Adds a passage's windows; `vectors` holds them one after another. */
    add(passageKey: number, vectors: Float32Array) {
      check(vectors);
      index.add(Array.from(vectors));
      for (let window = 0; window < vectors.length / dimension; window += 1) owners.push({ passageKey, window });
      addToSum(vectors, 1);
    },

    /** Takes out passages, given with the vectors they were added with. */
    remove(passages: Map<number, Float32Array>) {
      const labels = owners.flatMap((owner, label) => (passages.has(owner.passageKey) ? [label] : []));
      if (labels.length === 0) return;
      index.removeIds(labels); // a flat index closes the gaps, as the next line does
      owners = owners.filter((owner) => !passages.has(owner.passageKey));
      for (const vectors of passages.values()) addToSum(vectors, -1);
    },

    /** The `k` nearest windows for each of the questions, whose vectors stand one after another; nearest first. */
    search(questions: Float32Array, k: number): NearWindow[][] {
      check(questions);
      const count = questions.length / dimension;
      const depth = Math.min(k, owners.length);
      if (depth < 1) return Array.from({ length: count }, () => []);
      const { labels, distances } = index.search(Array.from(questions), depth);
      return Array.from({ length: count }, (_, question) =>
        labels.slice(question * depth, (question + 1) * depth).flatMap((label, place) => {
          const owner = owners[label];
          return owner ? [{ ...owner, similarity: distances[question * depth + place]! }] : [];
        }),
      );
    },

    /** The mean cosine between a question and all windows: its product with their mean vector. */
    meanSimilarity(question: Float32Array): number {
      let product = 0;
      for (let at = 0; at < dimension; at += 1) product += question[at]! * sum[at]!;
      return owners.length === 0 ? 0 : product / owners.length;
    },
  };
}
