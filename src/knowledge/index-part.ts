import faiss from 'faiss-node';
import { AppError } from '../errors.ts';
import { addOwner, labelsOf, noOwners, type Owners, withoutLabels } from './owners.ts';
import { damagedStore } from './stored-values.ts';
import { allFinite, joinVectors, oneAfterAnother } from './vectors.ts';

/** Windows, each given by its passage's key and its number in that passage; in columns, since a search has hundreds of them. */
export type Windows = { passageKeys: number[]; windows: number[] };
/** The windows near a question, nearest first, with their cosines. */
export type NearWindows = Windows & { similarities: number[] };

export const noWindows = (): NearWindows => ({ passageKeys: [], windows: [], similarities: [] });

/** A FAISS index, as faiss-node types it. */
export type FaissIndex = InstanceType<typeof faiss.Index>;

/**
 * `exact` compares a question with every vector. `quantized` compares it with every vector rounded to a byte a number, which takes a
 * quarter of the memory and of the time; nothing can be added to it.
 */
export type IndexKind = 'exact' | 'quantized';

/** The published faiss-node takes plain arrays: converting this many numbers at a time bounds the memory that takes. */
const numbersAtOnce = 2 ** 20;
/**
 * Whether the binding is our own build, which takes typed arrays, many times faster, and compares given labels (native/index.h);
 * undefined until that has been tried. What an earlier version built may lack some of it, and is used like the published one.
 */
let ourBuild: boolean | undefined;
/** An index closes its gaps when there are more than this, and more than a fiftieth of its vectors. */
const gapsAllowed = 256;

export type IndexPart = ReturnType<typeof createIndexPart>;

/** Whether these are whole vectors of finite numbers: FAISS accepts anything else without a word. */
const areVectors = (vectors: Float32Array, dimension: number) =>
  vectors.length > 0 && vectors.length % dimension === 0 && allFinite(vectors);

/**
 * A new FAISS index for inner products, which are cosines for vectors of unit length.
 * @param sample vectors, one after another, from whose ranges a quantized index learns what its bytes stand for
 */
export function createFaissIndex(kind: IndexKind, dimension: number, sample = new Float32Array()): FaissIndex {
  const description = kind === 'exact' ? 'Flat' : 'SQ8';
  const index = faiss.Index.fromFactory(dimension, description, faiss.MetricType.METRIC_INNER_PRODUCT);
  if (kind === 'quantized') index.train(Array.from(sample));
  return index;
}

/** Vectors in the form that the binding takes. */
const forBinding = (vectors: Float32Array): number[] =>
  isOurBuild() ? (vectors as unknown as number[]) : Array.from(vectors);

/** The cosines of the vectors with these labels. Our own build takes them in place of the number of vectors to find. */
const compare = (index: FaissIndex, question: Float32Array, labels: Float64Array): Float32Array =>
  index.search(question as unknown as number[], labels as unknown as number) as unknown as Float32Array;

function isOurBuild(): boolean {
  if (ourBuild !== undefined) return ourBuild;
  try {
    const index = createFaissIndex('exact', 1);
    index.add(Float32Array.of(1) as unknown as number[]);
    const [cosine] = compare(index, Float32Array.of(1), new Float64Array(1));
    index.removeIds(new Float64Array(1) as unknown as number[]);
    ourBuild = cosine === 1 && index.ntotal() === 0;
  } catch {
    ourBuild = false;
  }
  return ourBuild;
}

/** Adds vectors, given one after another. */
export function addToFaiss(index: FaissIndex, vectors: Float32Array, dimension: number) {
  const bounded = Math.max(1, Math.floor(numbersAtOnce / dimension)) * dimension;
  const step = isOurBuild() ? vectors.length : bounded;
  for (let at = 0; at < vectors.length; at += step) index.add(forBinding(vectors.subarray(at, at + step)));
}

/**
 * A FAISS index with its owners, guarded: FAISS silently accepts vectors of the wrong length or with NaN, and ends the process on
 * k = 0 and on an empty index. Removed vectors are marked and left out of results, and taken out of the index now and then.
 */
export function createIndexPart(options: { kind: IndexKind; dimension: number; index?: FaissIndex; owners?: Owners }) {
  const { kind, dimension, index = createFaissIndex(kind, dimension) } = options;
  let owners = options.owners ?? noOwners();
  let removed = new Set<number>();

  /** Takes removed vectors out of the index if there are many: a copy of all others, so once for all that go together. */
  function closeGaps() {
    if (removed.size <= Math.max(gapsAllowed, owners.size / 50)) return;
    index.removeIds(isOurBuild() ? (Float64Array.from(removed) as unknown as number[]) : [...removed]);
    owners = withoutLabels(owners, removed);
    removed = new Set();
  }

  /** Up to `most` windows for each question: its `reach` nearest, less those that were removed. */
  function searchTo(questions: Float32Array, count: number, reach: number, most: number): NearWindows[] {
    const { labels, distances } = index.search(forBinding(questions), reach);
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
    /** How many windows can be found. */
    get size() {
      return owners.size - removed.size;
    },
    get owners() {
      return owners;
    },

    /**
     * Adds passages in the order of their keys, to an exact part alone, each with the vectors of its windows one after another. FAISS
     * takes them all at once, which is several times faster than one by one.
     * @throws AppError NOT_READY where vectors are damaged: those of new documents have been checked, so these come from the disk
     */
    add(passages: { key: number; vectors: Float32Array }[]) {
      let last = owners.size > 0 ? owners.keys[owners.size - 1]! : 0;
      for (const { key, vectors } of passages) {
        if (!areVectors(vectors, dimension)) throw damagedStore('a vector');
        if (kind === 'quantized' || key <= last)
          throw new AppError('INTERNAL', 'A passage was added to an index out of its order.');
        last = key;
      }
      addToFaiss(index, oneAfterAnother(passages) ?? joinVectors(passages), dimension);
      for (const { key, vectors } of passages) addOwner(owners, key, vectors.length / dimension);
    },

    /** Removes the windows of passages. @returns the keys of those that this part held */
    remove(passageKeys: Iterable<number>): Set<number> {
      const held = new Set<number>();
      for (const key of passageKeys) {
        const [from, to] = labelsOf(owners, key);
        for (let label = from; label < to; label += 1) removed.add(label);
        if (to > from) held.add(key);
      }
      closeGaps();
      return held;
    },

    /** The `k` nearest windows, nearest first, of each question; `questions` holds their vectors one after another. */
    search(questions: Float32Array, k: number): NearWindows[] {
      if (!areVectors(questions, dimension)) throw new AppError('INTERNAL', 'A question has no vector of this index.');
      const count = questions.length / dimension;
      const wanted = Math.min(k, owners.size - removed.size);
      if (wanted < 1) return Array.from({ length: count }, noWindows);
      // Enough to make up for removed windows, if they are as frequent among the nearest as elsewhere.
      let reach = Math.min(owners.size, wanted + Math.ceil((wanted * removed.size * 2) / owners.size));
      for (;;) {
        const near = searchTo(questions, count, reach, k);
        if (reach >= owners.size || near.every(({ windows }) => windows.length >= wanted)) return near;
        reach = Math.min(reach * 2, owners.size);
      }
    },

    /**
     * The cosines between a question and windows, by the vectors that FAISS holds.
     * @returns null where this part doesn't hold all of them exactly, or the binding can't do this: the caller computes them then
     */
    similarities(question: Float32Array, windows: Windows): Float32Array | null {
      if (kind === 'quantized' || !isOurBuild()) return null;
      const labels = labelsOfAll(windows);
      return labels && compare(index, question, labels);
    },
  };
}
