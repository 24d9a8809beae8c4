import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { withExactSimilarities } from './collection-index.ts';
import { createDocuments, type Documents } from './documents.ts';
import { type Batch, inBatches } from './in-batches.ts';
import { addToFaiss, createFaissIndex, createIndexPart, type FaissIndex, type IndexKind } from './index-part.ts';
import { addOwner, noOwners, type Owners } from './owners.ts';
import { measureRecall } from './recall.ts';
import { snapshotFolder, tidySnapshots, writeSnapshot } from './snapshot.ts';
import { joinVectors } from './vectors.ts';

/** What to build: the process's first argument, as JSON. */
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
/** How many passages, at most, a quantized index is trained on and measured with. */
const sampledPassages = 20_000;
const neededRecall = 0.99;
/** How many of the nearest by rounded vectors may be compared once more by exact ones; the first of these that suffices is taken. */
const breadths = [20, 40, 80, 160];

/**
 * The index builder: a low-priority process of its own that reads a collection's vectors in one transaction, builds an index and
 * leaves it as a snapshot. The knowledge host goes on working meanwhile, and then loads the snapshot.
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
    reached = chooseBreadth(built, dimension, await measureRecall(sample, dimension, batches()), documents.vectors);
    if (!reached) {
      kind = 'exact'; // rounded vectors find too little here
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

/** One vector each of an even spread of passages, one after another. */
async function takeSample(documents: Documents, collection: string, dimension: number) {
  const { passages } = documents.countsOf(collection);
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
  return joinVectors(taken);
}

type Built = { index: FaissIndex; owners: Owners; sum: Float64Array };

async function fill(index: FaissIndex, dimension: number, batches: Iterable<Batch>): Promise<Built> {
  const built: Built = { index, owners: noOwners(), sum: new Float64Array(dimension) };
  for (const batch of batches) {
    const vectors = joinVectors(batch);
    for (let at = 0; at < vectors.length; at += 1) built.sum[at % dimension]! += vectors[at]!;
    for (const { key, vectors: own } of batch) addOwner(built.owners, key, own.length / dimension);
    addToFaiss(index, vectors, dimension);
    await setImmediate(); // lets the host's end be noticed
  }
  return built;
}

/**
 * Finds the smallest of `breadths` with which a search finds `neededRecall` of the ten nearest.
 * @returns null where none suffices
 */
function chooseBreadth(
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
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.on(signal, () => {});
/** Whether an error says that the disk is full; FAISS says so in words only. */
const isDiskFull = ({ code = '', message }: NodeJS.ErrnoException) =>
  ['ENOSPC', 'EFBIG', 'EDQUOT'].includes(code) || /No space left|File too large|quota exceeded/.test(message);

try {
  await build(JSON.parse(process.argv[2]!) as BuildOrder);
} catch (error) {
  // Two failures are expected: the collection was removed meanwhile together with its folder, or the disk is full, which whoever writes
  // next is told. Anything else is a defect, and is shown.
  const cause = error as NodeJS.ErrnoException;
  if (cause.code !== 'ENOENT' && !isDiskFull(cause)) throw error;
  process.exit(1);
}
process.exit();
