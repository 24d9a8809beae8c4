import faiss from 'faiss-node';
import { type CollectionIndex, createCollectionIndex } from './collection-index.ts';
import { inBatches } from './in-batches.ts';
import { createIndexPart, type FaissIndex } from './index-part.ts';
import { type CheckedSnapshot, findSnapshot } from './snapshot.ts';

const passagesAtOnce = 2048;

/** What a collection's index is made from: the vectors in the database, passages in the order of their keys. */
export type VectorSource = {
  dimension: number;
  embeddingModel: string;
  storeId: string;
  /** The highest key that any passage has ever had. */
  lastPassageKey: number;
  passageKeys: () => Iterable<number>;
  vectors: (passageKey: number) => Float32Array;
  allVectors: () => Iterable<[passageKey: number, vectors: Float32Array]>;
};

/** An index, and how many windows were added or removed since its snapshot. */
export type LoadedIndex = { index: CollectionIndex; changes: number };

/**
 * Makes a collection's index: from its newest trustworthy snapshot, brought up to date, or else from the vectors in the database. The
 * database alone says which passages there are, so a snapshot can be old but never wrong.
 */
export function loadIndex(folder: string, source: VectorSource): LoadedIndex {
  const snapshot = findSnapshot(folder, source);
  return (snapshot && fromSnapshot(snapshot, source)) ?? fromDatabase(source);
}

function fromDatabase({ dimension, allVectors }: VectorSource): LoadedIndex {
  const index = createCollectionIndex({ dimension });
  for (const batch of inBatches(allVectors(), passagesAtOnce)) index.add(batch);
  return { index, changes: index.size };
}

/** FAISS doesn't report it if the disk is full when it closes a file: a cut-off file is only noticed here. */
function readFaiss(path: string): FaissIndex | null {
  try {
    return faiss.Index.read(path);
  } catch {
    return null;
  }
}

/** @returns null where FAISS's file, the rest of the snapshot and the database don't agree */
function fromSnapshot({ manifest, owners, vectorsPath }: CheckedSnapshot, source: VectorSource): LoadedIndex | null {
  const { kind, dimension, reranked, sum, windows } = manifest;
  const index = readFaiss(vectorsPath);
  if (index?.ntotal() !== windows || index.getDimension() !== dimension) return null;
  const part = createIndexPart({ kind, dimension, index, owners });
  const loaded = createCollectionIndex({
    dimension,
    ...(kind === 'quantized' ? { quantized: { part, reranked, vectors: source.vectors } } : { exact: part }),
    sum: Float64Array.from(sum),
    summed: windows,
  });

  const later: number[] = [];
  const gone: number[] = [];
  let at = 0;
  const passOver = (until: number) => {
    for (; at < windows && owners.keys[at]! < until; at += 1)
      if (gone.at(-1) !== owners.keys[at]) gone.push(owners.keys[at]!);
  };
  for (const key of source.passageKeys()) {
    passOver(key);
    if (at < windows && owners.keys[at] === key) while (at < windows && owners.keys[at] === key) at += 1;
    else if (key > manifest.lastPassageKey) later.push(key);
    else return null;
  }
  passOver(Number.POSITIVE_INFINITY);
  part.remove(gone);
  const removed = windows - part.size;
  const vectorsOfLater = later.values().map((key): [number, Float32Array] => [key, source.vectors(key)]);
  for (const batch of inBatches(vectorsOfLater, passagesAtOnce)) loaded.add(batch);
  return { index: loaded, changes: removed + loaded.size - (windows - removed) };
}
