import faiss from 'faiss-node';
import { AppError } from '../errors.ts';
import { addOwner, labelsOf, noOwners, type Owners, withoutLabels } from './owners.ts';
import { damagedStore } from './stored-values.ts';
import { allFinite } from './vector-length.ts';

/** Windows, each by the passage that it is in and its number there; columns, since a search has hundreds of them. */
export type Windows = { passageKeys: number[]; windows: number[] };
/** The windows that are near a question, nearest first, with the cosines of their vectors and its own. */
export type NearWindows = Windows & { similarities: number[] };

export const noWindows = (): NearWindows => ({ passageKeys: [], windows: [], similarities: [] });

/** A FAISS index as faiss-node hands it out, as far as it is used here. */
export type FaissIndex = InstanceType<typeof faiss.Index>;

/**
 * `exact` compares a question with every vector; `quantized` with every vector's numbers rounded to a byte each, which takes a
 * fourth of the memory and of the time, and is not added to.
 */
export type IndexKind = 'exact' | 'quantized';

/** The published faiss-node takes and gives plain arrays: so many numbers at a time bound what a conversion costs in memory. */
const numbersAtOnce = 2 ** 20;
/** Whether the binding is our own build, which takes vectors as they are, many times faster, and labels (native/index.h); undefined until it was tried. */
let ourBuild: boolean | undefined;
/** An index closes its gaps when there are more than these, and more than a fiftieth of it. */
const gapsAllowed = 256;

export type IndexPart = ReturnType<typeof createIndexPart>;

/** Whether vectors are whole, and finite: FAISS would take others in silence. */
const areVectors = (vectors: Float32Array, dimension: number) =>
  vectors.length > 0 && vectors.length % dimension === 0 && allFinite(vectors);

/**
 * A new FAISS index for inner products, which are cosines for vectors of unit length.
 * @param sample of a quantized one: vectors one after another, whose ranges its bytes span
 */
export function createFaissIndex(kind: IndexKind, dimension: number, sample = new Float32Array()): FaissIndex {
  const description = kind === 'exact' ? 'Flat' : 'SQ8';
  const index = faiss.Index.fromFactory(dimension, description, faiss.MetricType.METRIC_INNER_PRODUCT);
  if (kind === 'quantized') index.train(Array.from(sample));
  return index;
}

/** Vectors as the binding at hand takes them. */
const takenBy = (vectors: Float32Array): number[] =>
  isOurBuild() ? (vectors as unknown as number[]) : Array.from(vectors);

/** The cosines of vectors by their labels, which our own build takes in the place of the number that is searched for. */
const compare = (index: FaissIndex, question: Float32Array, labels: Float64Array): Float32Array =>
  index.search(question as unknown as number[], labels as unknown as number) as unknown as Float32Array;

function isOurBuild(): boolean {
  if (ourBuild !== undefined) return ourBuild;
  try {
    const index = createFaissIndex('exact', 1);
    index.add(Float32Array.of(1) as unknown as number[]);
    ourBuild = compare(index, Float32Array.of(1), new Float64Array(1))[0] === 1;
  } catch {
    ourBuild = false;
  }
  return ourBuild;
}

/** Adds vectors that stand one after another, in pieces. */
export function addToFaiss(index: FaissIndex, vectors: Float32Array, dimension: number) {
  const step = Math.max(1, Math.floor(numbersAtOnce / dimension)) * dimension;
  for (let at = 0; at < vectors.length; at += step) index.add(takenBy(vectors.subarray(at, at + step)));
}

/** The vectors of passages one after another. */
export function joined(passages: { vectors: Float32Array }[]): Float32Array<ArrayBuffer> {
  const together = new Float32Array(passages.reduce((length, { vectors }) => length + vectors.length, 0));
  let at = 0;
  for (const { vectors } of passages) {
    together.set(vectors, at);
    at += vectors.length;
  }
  return together;
}

/**
 * A FAISS index with its owners, behind guards: FAISS takes vectors of the wrong length or with NaN in silence, and ends the
 * process on k = 0 and on an empty index. What is removed is marked, and left out of results; the index is freed of it now
 * and then.
 */
export function createIndexPart(options: { kind: IndexKind; dimension: number; index?: FaissIndex; owners?: Owners }) {
  const { kind, dimension, index = createFaissIndex(kind, dimension) } = options;
  let owners = options.owners ?? noOwners();
  let removed = new Set<number>();

  function closeGaps() {
    if (removed.size <= Math.max(gapsAllowed, owners.size / 50)) return;
    index.removeIds([...removed]);
    owners = withoutLabels(owners, removed);
    removed = new Set();
  }

  /** The `most` nearest of each question among its `reach` nearest, less those that were removed. */
  function searchTo(questions: Float32Array, count: number, reach: number, most: number): NearWindows[] {
    const { labels, distances } = index.search(takenBy(questions), reach);
    return Array.from({ length: count }, (_, question) => {
      const near = noWindows();
      const end = (question + 1) * reach;
      for (let at = question * reach; at < end && near.windows.length < most; at += 1) {
        const label = labels[at]!;
        if (label < 0 || (removed.size > 0 && removed.has(label))) continue;
        near.passageKeys.push(owners.keys[label]!);
        near.windows.push(owners.windows[label]!);
        near.similarities.push(distances[at]!);
      }
      return near;
    });
  }

  /** The labels of windows; null where this part doesn't hold them all. */
  function labelsOfAll({ passageKeys, windows }: Windows): Float64Array | null {
    const labels = new Float64Array(windows.length);
    let [from, to] = [0, 0];
    for (let at = 0; at < windows.length; at += 1) {
      if (at === 0 || passageKeys[at] !== passageKeys[at - 1]) [from, to] = labelsOf(owners, passageKeys[at]!);
      if (from + windows[at]! >= to) return null;
      labels[at] = from + windows[at]!;
    }
    return labels;
  }

  return {
    kind,
    /** Windows that can be found. */
    get size() {
      return owners.size - removed.size;
    },
    get owners() {
      return owners;
    },

    /**
     * Adds passages, each with the vectors of its windows one after another; only to an exact part, in the order of keys. FAISS
     * takes them all at once, which is several times faster than one by one.
     * @throws AppError NOT_READY where they are no vectors: those of new documents have been looked at, so these were stored otherwise
     */
    add(passages: { key: number; vectors: Float32Array }[]) {
      let last = owners.size > 0 ? owners.keys[owners.size - 1]! : 0;
      for (const { key, vectors } of passages) {
        if (!areVectors(vectors, dimension)) throw damagedStore('a vector');
        if (kind === 'quantized' || key <= last)
          throw new AppError('INTERNAL', 'A passage was added to an index out of its order.');
        last = key;
      }
      addToFaiss(index, joined(passages), dimension);
      for (const { key, vectors } of passages) addOwner(owners, key, vectors.length / dimension);
    },

    /** Takes a passage's windows out; true where it held them. */
    remove(passageKey: number): boolean {
      const [from, to] = labelsOf(owners, passageKey);
      for (let label = from; label < to; label += 1) removed.add(label);
      if (to > from) closeGaps();
      return to > from;
    },

    /** The `k` nearest windows for each of the questions, whose vectors stand one after another; nearest first. */
    search(questions: Float32Array, k: number): NearWindows[] {
      if (!areVectors(questions, dimension)) throw new AppError('INTERNAL', 'A question has no vector of this index.');
      const count = questions.length / dimension;
      const wanted = Math.min(k, owners.size - removed.size);
      if (wanted < 1) return Array.from({ length: count }, noWindows);
      // Enough that what was removed is made up for, where it lies as thick among the nearest as elsewhere.
      let reach = Math.min(owners.size, wanted + Math.ceil((wanted * removed.size * 2) / owners.size));
      for (;;) {
        const near = searchTo(questions, count, reach, k);
        if (reach >= owners.size || near.every(({ windows }) => windows.length >= wanted)) return near;
        reach = Math.min(reach * 2, owners.size);
      }
    },

    /**
     * The cosines between a question and windows, by the vectors that FAISS holds.
     * @returns null where this part doesn't hold them all as they are, or the binding can't tell: then they are for the caller to compute
     */
    similarities(question: Float32Array, windows: Windows): Float32Array | null {
      if (kind === 'quantized' || !isOurBuild()) return null;
      const labels = labelsOfAll(windows);
      return labels && compare(index, question, labels);
    },
  };
}
