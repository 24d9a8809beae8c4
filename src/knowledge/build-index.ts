import { rmSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import faiss from 'faiss-node';
import { createDocuments } from './documents.ts';
import { setEfforts } from './hnsw-file.ts';
import { type Batch, inBatches } from './in-batches.ts';
import { addToFaiss, createFaissIndex, type FaissIndex, type IndexKind, joined } from './index-part.ts';
import { addOwner, noOwners, type Owners } from './owners.ts';
import { measureRecall } from './recall.ts';
import { snapshotFolder, startUnfinished, tidySnapshots, writeSnapshot } from './snapshot.ts';

/** What to build; it comes as JSON in the first argument of the process. */
export type BuildOrder = {
  dataDir: string;
  collection: string;
  collectionKey: number;
  kind: IndexKind;
  embeddingModel: string;
  storeId: string;
  dimension: number;
};

const passagesAtOnce = 2048;
/**
 * How many windows one graph holds. Several small graphs find more than a large one of the same effort, and are built in half
 * the time: in a large one, groups of near vectors become islands that the walk doesn't reach.
 */
const graphSize = 32_768;
const neededRecall = 0.99;
/** How far graphs may have to look, in steps (HNSW's efSearch). */
const efforts = [16, 32, 64, 128, 256];
/** FAISS builds with 40; with 100 it takes half as long again, and a fourth of the effort finds the same. */
const efConstruction = 100;

type Built = { paths: string[]; owners: Owners; sum: Float64Array; sample: Float32Array[] };

/**
 * The builder: a process of its own, at low priority, that reads a collection's vectors in one transaction beside the
 * service, builds an index and leaves it as a snapshot. The knowledge host goes on meanwhile, and takes over the result.
 */
async function build(order: BuildOrder) {
  const { dataDir, collection, collectionKey, embeddingModel, storeId, dimension } = order;
  setPriority(constants.priority.PRIORITY_LOW);
  const database = new DatabaseSync(join(dataDir, 'assay.db'), { readOnly: true });
  database.exec('BEGIN');
  const documents = createDocuments(database);
  const batches = () => inBatches(documents.vectorsOf(collection), passagesAtOnce);
  const folder = snapshotFolder(dataDir, collectionKey);

  let { kind } = order;
  let built = await fill(kind, dimension, batches(), startUnfinished(folder));
  if (built.owners.size === 0) return; // emptied meanwhile
  let reached: { efSearch: number; recall: number } | null = null;
  if (kind === 'graph') {
    reached = await raise(built, dimension, batches);
    if (!reached) {
      kind = 'exact'; // what no graph finds well enough is looked through whole
      built = await fill(kind, dimension, batches(), startUnfinished(folder));
    }
  }
  const { paths, owners, sum } = built;
  writeSnapshot(folder, paths, owners, {
    kind,
    storeId,
    embeddingModel,
    dimension,
    shardSize: kind === 'graph' ? graphSize : owners.size,
    lastPassageKey: owners.keys[owners.size - 1]!,
    efSearch: reached?.efSearch ?? 0,
    recallAt10: reached?.recall ?? null,
    sum: [...sum],
  });
  tidySnapshots(folder);
}

/** Builds the FAISS indexes and writes each to a file as soon as it is full, so that no more than one is in memory. */
async function fill(kind: IndexKind, dimension: number, batches: Iterable<Batch>, folder: string): Promise<Built> {
  const size = kind === 'graph' ? graphSize : Number.POSITIVE_INFINITY;
  const built: Built = { paths: [], owners: noOwners(), sum: new Float64Array(dimension), sample: [] };
  let index = createEmpty(kind, dimension, folder);
  const finish = () => {
    const path = join(folder, `shard-${built.paths.length}`);
    index.write(path);
    built.paths.push(path);
    index = createEmpty(kind, dimension, folder);
  };
  for (const batch of batches) {
    let vectors = joined(batch);
    for (let at = 0; at < vectors.length; at += 1) built.sum[at % dimension]! += vectors[at]!;
    for (const { key, vectors: own } of batch) addOwner(built.owners, key, own.length / dimension);
    for (let room = size - index.ntotal(); vectors.length / dimension > room; room = size) {
      addToFaiss(index, vectors.subarray(0, room * dimension), dimension);
      vectors = vectors.subarray(room * dimension);
      finish();
    }
    addToFaiss(index, vectors, dimension);
    built.sample.push(batch[0]!.vectors.slice(0, dimension), batch.at(-1)!.vectors.slice(0, dimension));
    await setImmediate(); // so that the end of the host is noticed
  }
  finish();
  return built;
}

function createEmpty(kind: IndexKind, dimension: number, folder: string): FaissIndex {
  const index = createFaissIndex(kind, dimension);
  if (kind === 'exact') return index;
  const path = join(folder, 'empty');
  index.write(path);
  setEfforts(path, dimension, { efConstruction });
  const patient = faiss.Index.read(path);
  rmSync(path);
  return patient;
}

/**
 * Finds the least effort with which the graphs find `neededRecall` of the ten nearest, and leaves them with it.
 * @returns null where no effort suffices
 */
async function raise({ paths, sample }: Built, dimension: number, batches: () => Iterable<Batch>) {
  const recallOf = await measureRecall(sample, dimension, batches());
  for (const efSearch of efforts) {
    for (const path of paths) if (!setEfforts(path, dimension, { efSearch })) return null;
    const recall = recallOf(paths.values().map((path) => faiss.Index.read(path)));
    if (recall >= neededRecall) return { efSearch, recall };
    await setImmediate();
  }
  return null;
}

process.on('disconnect', () => process.exit());
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
try {
  await build(JSON.parse(process.argv[2]!) as BuildOrder);
} catch (error) {
  // A collection that was removed meanwhile took its folder along; anything else is a defect, and shows.
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  process.exit(1);
}
process.exit();
