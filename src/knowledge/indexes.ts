import { rmSync } from 'node:fs';
import type { CollectionIndex } from './collection-index.ts';
import type { Documents } from './documents.ts';
import { type LoadedIndex, loadIndex } from './load-index.ts';
import { keepSnapshotsOf, snapshotFolder, tidySnapshots } from './snapshot.ts';
import { createUpkeep, dueBuild, type Tuning } from './upkeep.ts';

/**
 * `changesInBuild`: how many of the `changes` will be in the snapshot that is being built. `refusedAt`: the size, in windows, at which
 * quantizing lost too much, so that it isn't tried again too soon.
 */
type Indexed = LoadedIndex & { key: number; dimension: number; changesInBuild: number; refusedAt: number };

/**
 * The FAISS indexes of all collections, each made from its snapshot and the database, and kept in step with the database. Snapshots
 * are made when rebuilding what they lack would take too long, quantized indexes when a collection has outgrown exact search.
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
    if (!isBuilt || built?.key !== collectionKey) return; // removed meanwhile, or replaced by another of its name
    if (kind === 'quantized') {
      load(collection, built.key, built.dimension);
      const loaded = indexed.get(collection)!;
      if (!loaded.index.quantized) loaded.refusedAt = loaded.index.size;
    } else built.changes -= built.changesInBuild; // the index in memory is newer; the snapshot is for the next start
    buildIfDue(collection);
  });
  tidy();

  /** Removes snapshots of collections that were removed while their index was being built, and all of a store that was emptied. */
  function tidy() {
    const isEmpty = documents.counts().passages === 0;
    keepSnapshotsOf(dataDir, isEmpty ? [] : documents.collectionKeys().map(({ key }) => key));
  }

  function load(collection: string, key: number, dimension: number) {
    const folder = snapshotFolder(dataDir, key);
    // There may be no room for two large indexes at once: the old one goes first.
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

  /** Orders a new snapshot if one is due. */
  function buildIfDue(collection: string) {
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
      buildIfDue(collection);
    },
    close: upkeep.close,
    /** Drops a collection's index and its snapshots. */
    drop(collection: string, key: number) {
      indexed.delete(collection);
      rmSync(snapshotFolder(dataDir, key), { recursive: true, force: true });
    },

    /** Applies a committed change of the database to a collection's index. */
    change(collection: string, erased: Map<number, Float32Array>, added: { key: number; vectors: Float32Array }[]) {
      const entry = indexed.get(collection)!;
      const before = entry.index.size;
      entry.index.remove(erased);
      entry.changes += before - entry.index.size;
      const afterRemoval = entry.index.size;
      entry.index.add(added);
      entry.changes += entry.index.size - afterRemoval;
      buildIfDue(collection);
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
