import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { withExactSimilarities } from './collection-index.ts';
import { createDocuments, type Documents } from './documents.ts';
import { type Batch, inBatches } from './in-batches.ts';
import {
  addToFaiss,
  createFaissIndex,
  createIndexPart,
  type FaissIndex,
  type IndexKind,
  joined,
} from './index-part.ts';
import { addOwner, noOwners, type Owners } from './owners.ts';
import { measureRecall } from './recall.ts';
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
/** So many passages, at most, tell what ranges the numbers of a quantized index have, and give the questions to measure it by. */
const sampledPassages = 20_000;
const neededRecall = 0.99;
/** How many of the nearest by rounded vectors are compared once more: the fewest that are enough, of these. */
const breadths = [20, 40, 80, 160];

/**
 * The builder: a process of its own, at low priority, that reads a collection's vectors in one transaction beside the
 * service, builds an index and leaves it as a snapshot. The knowledge host goes on meanwhile, and takes over the result.
 */
async function build(order: BuildOrder) {
  const { dataDir, collection, collectionKey, embeddingModel, storeId, dimension } = order;
  setPriority(constants.priority.PRIORITY_LOW);
  const database = new DatabaseSync(join(dataDir, 'assay.db'), { readOnly: true, timeout: 5000 });
  database.exec('BEGIN');
  const documents = createDocuments(database);
  const batches = () => inBatches(documents.vectorsOf(collection), passagesAtOnce);
  const folder = snapshotFolder(dataDir, collectionKey);

  let { kind } = order;
  const sample = kind === 'quantized' ? await takeSample(documents, collection, dimension) : new Float32Array();
  let built = await fill(createFaissIndex(kind, dimension, sample), dimension, batches());
  if (built.owners.size === 0) return; // emptied meanwhile
  let reached: { reranked: number; recallAt10: number } | null = null;
  if (kind === 'quantized') {
    reached = broaden(built, dimension, await measureRecall(sample, dimension, batches()), documents.vectors);
    if (!reached) {
      kind = 'exact'; // what can't be found well enough by rounded vectors is looked through whole
      built = await fill(createFaissIndex(kind, dimension), dimension, batches());
    }
  }
  const { index, owners, sum } = built;
  writeSnapshot(folder, index, owners, {
    kind,
    storeId,
    embeddingModel,
    dimension,
    lastPassageKey: owners.keys[owners.size - 1]!,
    reranked: reached?.reranked ?? 0,
    recallAt10: reached?.recallAt10 ?? null,
    sum: [...sum],
  });
  tidySnapshots(folder);
}

/** Vectors of an even spread of passages, one of each, one after another. */
async function takeSample(documents: Documents, collection: string, dimension: number) {
  const passages = documents.collection(collection)?.passages ?? 0;
  const step = Math.max(1, Math.ceil(passages / sampledPassages));
  const taken: { vectors: Float32Array }[] = [];
  let at = 0;
  for (const key of documents.passageKeys(collection)) {
    if (at % step === 0) {
      const own = documents.vectors(key);
      const from = (taken.length % (own.length / dimension)) * dimension;
      taken.push({ vectors: own.slice(from, from + dimension) });
    }
    at += 1;
    if (at % passagesAtOnce === 0) await setImmediate();
  }
  return joined(taken);
}

type Built = { index: FaissIndex; owners: Owners; sum: Float64Array };

async function fill(index: FaissIndex, dimension: number, batches: Iterable<Batch>): Promise<Built> {
  const built: Built = { index, owners: noOwners(), sum: new Float64Array(dimension) };
  for (const batch of batches) {
    const vectors = joined(batch);
    for (let at = 0; at < vectors.length; at += 1) built.sum[at % dimension]! += vectors[at]!;
    for (const { key, vectors: own } of batch) addOwner(built.owners, key, own.length / dimension);
    addToFaiss(index, vectors, dimension);
    await setImmediate(); // so that the end of the host is noticed
  }
  return built;
}

/**
 * Finds the least breadth with which `neededRecall` of the ten nearest are found.
 * @returns null where none suffices
 */
function broaden(
  { index, owners }: Built,
  dimension: number,
  recallOf: Awaited<ReturnType<typeof measureRecall>>,
  vectors: Documents['vectors'],
) {
  const part = createIndexPart({ kind: 'quantized', dimension, index, owners });
  for (const reranked of breadths) {
    const recallAt10 = recallOf((questions) =>
      part.search(questions, reranked).map((near, at) => {
        const question = questions.subarray(at * dimension, (at + 1) * dimension);
        return withExactSimilarities(near, question, { reranked, vectors }).similarities;
      }),
    );
    if (recallAt10 >= neededRecall) return { reranked, recallAt10 };
  }
  return null;
}

process.on('disconnect', () => process.exit());
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
/** What a disk that is full says; FAISS tells it in words only. */
const isFull = ({ code = '', message }: NodeJS.ErrnoException) =>
  ['ENOSPC', 'EFBIG', 'EDQUOT'].includes(code) || /No space left|File too large|quota exceeded/.test(message);

try {
  await build(JSON.parse(process.argv[2]!) as BuildOrder);
} catch (error) {
  // A collection that was removed meanwhile took its folder along, and of a full disk writers tell; the rest is a defect, and shows.
  const cause = error as NodeJS.ErrnoException;
  if (cause.code !== 'ENOENT' && !isFull(cause)) throw error;
  process.exit(1);
}
process.exit();
