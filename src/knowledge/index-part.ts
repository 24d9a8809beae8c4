import faiss from 'faiss-node';
import { AppError } from '../errors.ts';
import { addOwner, labelsOf, noOwners, type Owners, withoutLabels } from './owners.ts';

/** A window that is near a question: which window of which passage, and the cosine of the two vectors. */
export type NearWindow = { passageKey: number; window: number; similarity: number };

/** A FAISS index as faiss-node hands it out, as far as it is used here. */
export type FaissIndex = InstanceType<typeof faiss.Index>;

/** `exact` compares a question with every vector; `graph` walks an HNSW graph, and can be neither added to nor removed from. */
export type IndexKind = 'exact' | 'graph';

/** The published faiss-node takes plain arrays: so many numbers at a time bound what a conversion costs in memory. */
const numbersAtOnce = 2 ** 20;
/** Our own build takes vectors as they are (native/index.h), which is many times faster; undefined until it was tried. */
let takesFloats: boolean | undefined;
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

function canTakeFloats(): boolean {
  try {
    createFaissIndex('exact', 1).add(new Float32Array(1) as unknown as number[]);
    return true;
  } catch {
    return false;
  }
}

/** Adds vectors that stand one after another, in pieces. */
export function addToFaiss(index: FaissIndex, vectors: Float32Array, dimension: number) {
  takesFloats ??= canTakeFloats();
  if (takesFloats) return void index.add(vectors as unknown as number[]);
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
 * @param options.shards the FAISS indexes, each with the next `shardSize` labels; an exact part has one
 */
export function createIndexPart(options: {
  kind: IndexKind;
  dimension: number;
  shards?: FaissIndex[];
  shardSize?: number;
  owners?: Owners;
}) {
  const { kind, dimension, shardSize = Number.POSITIVE_INFINITY } = options;
  const shards = options.shards ?? [createFaissIndex(kind, dimension)];
  const [exact] = shards as [FaissIndex];
  let owners = options.owners ?? noOwners();
  let removed = new Set<number>();

  function closeGaps() {
    if (kind === 'graph' || removed.size <= Math.max(gapsAllowed, owners.size / 50)) return;
    exact.removeIds([...removed]);
    owners = withoutLabels(owners, removed);
    removed = new Set();
  }

  /** The nearest of each question, `reach` from each shard, removed ones left out. */
  function searchTo(questions: Float32Array, count: number, reach: number): NearWindow[][] {
    const plain = Array.from(questions);
    const near: NearWindow[][] = Array.from({ length: count }, () => []);
    for (const [shard, index] of shards.entries()) {
      const most = Math.min(reach, index.ntotal());
      if (most < 1) continue;
      const { labels, distances } = index.search(plain, most);
      for (let at = 0; at < labels.length; at += 1) {
        const label = labels[at]! + (shard === 0 ? 0 : shard * shardSize);
        if (labels[at]! < 0 || removed.has(label)) continue;
        const found = { passageKey: owners.keys[label]!, window: owners.windows[label]!, similarity: distances[at]! };
        near[Math.floor(at / most)]!.push(found);
      }
    }
    if (shards.length > 1) for (const each of near) each.sort((one, other) => other.similarity - one.similarity);
    return near;
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
      addToFaiss(exact, joined(passages), dimension);
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
      // Enough that what was removed is made up for: all of it in an exact part, its share in a graph.
      const share = removed.size / owners.size;
      let reach = wanted + (kind === 'exact' ? removed.size : Math.ceil(wanted * share * 2));
      for (;;) {
        const near = searchTo(questions, count, reach);
        if (reach >= owners.size || near.every((each) => each.length >= wanted))
          return near.map((each) => each.slice(0, k));
        reach = Math.min(reach * 2, owners.size);
      }
    },
  };
}
