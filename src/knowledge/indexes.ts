import { rmSync } from 'node:fs';
import type { CollectionIndex } from './collection-index.ts';
import type { Documents } from './documents.ts';
import { type LoadedIndex, loadIndex } from './load-index.ts';
import { keepSnapshotsOf, snapshotFolder, tidySnapshots } from './snapshot.ts';
import { createUpkeep, dueBuild, type Tuning } from './upkeep.ts';

/**
 * `changesInBuild`: how many of the changes the snapshot that is being built knows about. `refusedAt`: the size at which
 * quantizing was not good enough, so that it is not tried again and again.
 */
type Indexed = LoadedIndex & { key: number; dimension: number; changesInBuild: number; refusedAt: number };

/**
 * The FAISS indexes of all collections, each made from its snapshot and the database, changed with it, and looked after: snapshots
 * when there is something to lose but time, quantized indexes when a collection has outgrown exact search.
 */
export function createIndexes(options: {
  dataDir: string;
  embeddingModel: string;
  tuning: Tuning;
  documents: Documents;
}) {
  const { dataDir, embeddingModel, tuning, documents } = options;
  const storeId = documents.meta('store_id')!;
  const indexed = new Map<string, Indexed>();
  const upkeep = createUpkeep(({ collection, collectionKey, kind }, isBuilt) => {
    tidy();
    const built = indexed.get(collection);
    if (!isBuilt || built?.key !== collectionKey) return; // removed meanwhile, or there is another one of its name
    if (kind === 'quantized') {
      load(collection, built.key, built.dimension);
      const loaded = indexed.get(collection)!;
      if (!loaded.index.quantized) loaded.refusedAt = loaded.index.size;
    } else built.changes -= built.changesInBuild; // the index at hand is the newer one; the snapshot is for the next start
    consider(collection);
  });
  tidy();

  /** Leaves no vectors of collections that were removed while their index was being built, nor of a store that was emptied. */
  function tidy() {
    const isEmpty = documents.counts().passages === 0;
    keepSnapshotsOf(dataDir, isEmpty ? [] : documents.collectionKeys().map(({ key }) => key));
  }

  function load(collection: string, key: number, dimension: number) {
    const folder = snapshotFolder(dataDir, key);
    // Two large indexes at once may be more than there is room for: the old one goes first.
    if (indexed.delete(collection)) globalThis.gc?.();
    const loaded = loadIndex(folder, {
      dimension,
      embeddingModel,
      storeId,
      lastPassageKey: documents.lastPassageKey(),
      passageKeys: () => documents.passageKeys(collection),
      vectors: documents.vectors,
      allVectors: () => documents.vectorsOf(collection),
    });
    indexed.set(collection, { ...loaded, key, dimension, changesInBuild: 0, refusedAt: 0 });
    if (!upkeep.isBuilding(collection)) tidySnapshots(folder);
  }

  function consider(collection: string) {
    const entry = indexed.get(collection)!;
    const { index, changes, key: collectionKey, dimension } = entry;
    const kind = upkeep.isBuilding(collection) ? null : dueBuild(index, changes, tuning);
    if (!kind || (kind === 'quantized' && index.size < entry.refusedAt * 1.5)) return;
    entry.changesInBuild = changes;
    upkeep.build({ dataDir, collection, collectionKey, kind, dimension, embeddingModel, storeId });
  }

  return {
    of: (collection: string): CollectionIndex | undefined => indexed.get(collection)?.index,
    load(collection: string, key: number, dimension: number) {
      load(collection, key, dimension);
      consider(collection);
    },
    close: upkeep.close,
    /** Lets go of a collection's index, and of its snapshots. */
    drop(collection: string, key: number) {
      indexed.delete(collection);
      rmSync(snapshotFolder(dataDir, key), { recursive: true, force: true });
    },

    /** Follows a change of the database that has been committed. */
    change(collection: string, erased: Map<number, Float32Array>, added: { key: number; vectors: Float32Array }[]) {
      const entry = indexed.get(collection)!;
      const before = entry.index.size;
      entry.index.remove(erased);
      entry.changes += before - entry.index.size;
      const removed = entry.index.size;
      entry.index.add(added);
      entry.changes += entry.index.size - removed;
      consider(collection);
    },

    stats() {
      const all = [...indexed.values()].map(({ index }) => index);
      return {
        windows: all.reduce((sum, { size }) => sum + size, 0),
        quantizedWindows: all.reduce((sum, { quantized }) => sum + (quantized?.size ?? 0), 0),
      };
    },
  };
}
