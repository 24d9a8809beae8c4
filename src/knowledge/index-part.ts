import faiss from 'faiss-node';
import { AppError } from '../errors.ts';
import { addOwner, labelsOf, noOwners, type Owners, withoutLabels } from './owners.ts';

/** A window that is near a question: which window of which passage, and the cosine of the two vectors. */
export type NearWindow = { passageKey: number; window: number; similarity: number };

/** A FAISS index as faiss-node hands it out, as far as it is used here. */
export type FaissIndex = InstanceType<typeof faiss.Index>;

/** `exact` compares a question with every vector; `graph` walks an HNSW graph, and can be neither added to nor removed from. */
export type IndexKind = 'exact' | 'graph';

/** faiss-node takes plain arrays: so many numbers at a time bound what a conversion costs in memory. */
const numbersAtOnce = 2 ** 20;
/** A flat index closes its gaps when there are more than these, and more than a fiftieth of it. */
const gapsAllowed = 256;

export type IndexPart = ReturnType<typeof createIndexPart>;

/** @throws AppError INTERNAL where vectors aren't whole, or not finite: FAISS would take them in silence */
function check(vectors: Float32Array, dimension: number) {
  if (vectors.length === 0 || vectors.length % dimension !== 0)
    throw new AppError('INTERNAL', `A vector must have ${dimension} numbers.`);
  if (!vectors.every(Number.isFinite)) throw new AppError('INTERNAL', 'A vector holds a number that is not finite.');
}

/** A new FAISS index for inner products, which are cosines for vectors of unit length. */
export function createFaissIndex(kind: IndexKind, dimension: number, neighbours = 32): FaissIndex {
  const description = kind === 'exact' ? 'Flat' : `HNSW${neighbours},Flat`;
  return faiss.Index.fromFactory(dimension, description, faiss.MetricType.METRIC_INNER_PRODUCT);
}

/** Adds vectors that stand one after another, in pieces. */
export function addToFaiss(index: FaissIndex, vectors: Float32Array, dimension: number) {
  const step = Math.max(1, Math.floor(numbersAtOnce / dimension)) * dimension;
  for (let at = 0; at < vectors.length; at += step) index.add(Array.from(vectors.subarray(at, at + step)));
}

/** The vectors of passages one after another. */
export function joined(passages: { vectors: Float32Array }[]): Float32Array {
  const together = new Float32Array(passages.reduce((length, { vectors }) => length + vectors.length, 0));
  let at = 0;
  for (const { vectors } of passages) {
    together.set(vectors, at);
    at += vectors.length;
  }
  return together;
}

/**
 * A FAISS index with its owners, behind guards: FAISS takes vectors of the wrong length or with NaN in silence, ends the
 * process on k = 0, on an empty index and on a removal from a graph. What is removed is marked, and left out of results; a flat index
 * is freed of it now and then.
 * @param options.depth how many nearest a graph is asked for at the least: that is how far it looks
 */
export function createIndexPart(options: {
  kind: IndexKind;
  dimension: number;
  index?: FaissIndex;
  owners?: Owners;
  depth?: number;
}) {
  const { kind, dimension, depth = 1 } = options;
  const index = options.index ?? createFaissIndex(kind, dimension);
  let owners = options.owners ?? noOwners();
  let removed = new Set<number>();

  function closeGaps() {
    if (kind === 'graph' || removed.size <= Math.max(gapsAllowed, owners.size / 50)) return;
    index.removeIds([...removed]);
    owners = withoutLabels(owners, removed);
    removed = new Set();
  }

  /** The `depth` nearest of each question, removed ones left out. */
  function searchTo(questions: Float32Array, count: number, reach: number): NearWindow[][] {
    const { labels, distances } = index.search(Array.from(questions), reach);
    return Array.from({ length: count }, (_, question) => {
      const near: NearWindow[] = [];
      for (let at = question * reach; at < (question + 1) * reach; at += 1) {
        const label = labels[at]!;
        if (label < 0 || removed.has(label)) continue;
        near.push({ passageKey: owners.keys[label]!, window: owners.windows[label]!, similarity: distances[at]! });
      }
      return near;
    });
  }

  return {
    kind,
    /** Windows that can be found. */
    get size() {
      return owners.size - removed.size;
    },
    get removed() {
      return removed.size;
    },
    get owners() {
      return owners;
    },

    /**
     * Adds passages, each with the vectors of its windows one after another; only to an exact part, in the order of keys. FAISS
     * takes them all at once, which is several times faster than one by one.
     */
    add(passages: { key: number; vectors: Float32Array }[]) {
      let last = owners.size > 0 ? owners.keys[owners.size - 1]! : 0;
      for (const { key, vectors } of passages) {
        check(vectors, dimension);
        if (kind === 'graph' || key <= last)
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
    search(questions: Float32Array, k: number): NearWindow[][] {
      check(questions, dimension);
      const count = questions.length / dimension;
      const wanted = Math.min(k, owners.size - removed.size);
      if (wanted < 1) return Array.from({ length: count }, () => []);
      // An exact part has few gaps, and is asked for so many more; a graph is asked further where too many are removed.
      let reach = Math.max(depth, kind === 'exact' ? wanted + removed.size : wanted * 2);
      for (;;) {
        reach = Math.min(reach, owners.size);
        const near = searchTo(questions, count, reach);
        if (reach === owners.size || near.every((each) => each.length >= wanted))
          return near.map((each) => each.slice(0, k));
        reach *= 2;
      }
    },
  };
}
