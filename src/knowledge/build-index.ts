import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { createDocuments } from './documents.ts';
import { type Batch, inBatches } from './in-batches.ts';
import { addToFaiss, createFaissIndex, type FaissIndex, type IndexKind, joined } from './index-part.ts';
import { addOwner, noOwners, type Owners } from './owners.ts';
import { snapshotFolder, tidySnapshots, writeSnapshot } from './snapshot.ts';

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
const sampleSize = 100;
const neededRecall = 0.99;
/** How far a graph may have to look; one that needs more is built anew with more neighbours. */
const depths = [64, 128, 256, 512, 1024];
const neighbourCounts = [32, 64];

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

  let kind = order.kind;
  let built: Built | null = null;
  let measured: { depth: number; recall: number } | null = null;
  for (const neighbours of kind === 'graph' ? neighbourCounts : []) {
    built = await fill(createFaissIndex('graph', dimension, neighbours), dimension, batches());
    measured = await measure(built.index, built.sample, dimension, batches());
    if (measured) break;
  }
  if (!measured) {
    kind = 'exact'; // what no graph finds well enough is looked through whole
    built = await fill(createFaissIndex('exact', dimension), dimension, batches());
  }
  const { index, owners, sum } = built!;
  const folder = snapshotFolder(dataDir, collectionKey);
  writeSnapshot(folder, index, owners, {
    kind,
    storeId,
    embeddingModel,
    dimension,
    lastPassageKey: owners.size === 0 ? 0 : owners.keys[owners.size - 1]!,
    depth: measured?.depth ?? 1,
    recallAt10: measured?.recall ?? null,
    sum: [...sum],
  });
  tidySnapshots(folder);
}

type Built = { index: FaissIndex; owners: Owners; sum: Float64Array; sample: Float32Array };
async function fill(index: FaissIndex, dimension: number, batches: Iterable<Batch>): Promise<Built> {
  const owners = noOwners();
  const sum = new Float64Array(dimension);
  const sample: Float32Array[] = [];
  for (const batch of batches) {
    const vectors = joined(batch);
    addToFaiss(index, vectors, dimension);
    for (const passage of batch) addOwner(owners, passage.key, passage.vectors.length / dimension);
    for (let at = 0; at < vectors.length; at += 1) sum[at % dimension]! += vectors[at]!;
    sample.push(batch[0]!.vectors.slice(0, dimension), batch.at(-1)!.vectors.slice(0, dimension));
    await setImmediate(); // so that the end of the host is noticed
  }
  const spread = Math.max(1, Math.floor(sample.length / sampleSize));
  const chosen = sample.filter((_, at) => at % spread === 0).slice(0, sampleSize);
  return { index, owners, sum, sample: Float32Array.from(chosen.flatMap((vector) => [...vector])) };
}

/**
 * Finds how far the graph must look to find, of the ten nearest of its own vectors, `neededRecall`; the truth comes from
 * exact search, piece by piece.
 * @returns null where no depth suffices
 */
async function measure(index: FaissIndex, sample: Float32Array, dimension: number, batches: Iterable<Batch>) {
  const count = sample.length / dimension;
  const questions = Array.from(sample);
  const truth: { label: number; similarity: number }[][] = Array.from({ length: count }, () => []);
  let offset = 0;
  for (const batch of batches) {
    const piece = createFaissIndex('exact', dimension);
    const vectors = joined(batch);
    addToFaiss(piece, vectors, dimension);
    const most = Math.min(10, piece.ntotal());
    const { labels, distances } = piece.search(questions, most);
    for (const [question, best] of truth.entries()) {
      for (let at = question * most; at < (question + 1) * most; at += 1)
        best.push({ label: labels[at]! + offset, similarity: distances[at]! });
      best.sort((one, other) => other.similarity - one.similarity).splice(10);
    }
    offset += vectors.length / dimension;
    await setImmediate();
  }
  for (const depth of depths) {
    const reach = Math.min(depth, index.ntotal());
    const { distances } = index.search(questions, reach);
    let found = 0;
    for (const [question, best] of truth.entries()) {
      // By similarity, not by label: of equal vectors either is right.
      const least = best.at(-1)!.similarity - 1e-6;
      const near = distances.slice(question * reach, question * reach + 10).filter((similarity) => similarity >= least);
      found += Math.min(near.length, best.length) / best.length;
    }
    if (found / count >= neededRecall) return { depth, recall: found / count };
  }
  return null;
}

process.on('disconnect', () => process.exit());
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
await build(JSON.parse(process.argv[2]!) as BuildOrder);
process.exit();
