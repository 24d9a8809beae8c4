import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { readConfig } from '../src/config.ts';
import { createIngest } from '../src/ingest/ingest.ts';
import { ingestPaths } from '../src/ingest/ingest-paths.ts';
import { startParser } from '../src/ingest/parser.ts';
import { startKnowledge } from '../src/knowledge/client.ts';
import { createDocuments } from '../src/knowledge/documents.ts';
import { inBatches } from '../src/knowledge/in-batches.ts';
import { addToFaiss, createFaissIndex } from '../src/knowledge/index-part.ts';
import { openToRead } from '../src/knowledge/open-to-read.ts';
import { joinVectors } from '../src/knowledge/vectors.ts';
import { EmbeddedEmbeddings } from '../src/models/embedded-embeddings.ts';
import { measureSearches } from './measure.ts';
import { settle } from './measure-assay.ts';

/**
 * `npm run bench:texts -- --texts FOLDER --data FOLDER [--windows 250000] [--seconds 10]`: takes real texts and
 * the embedded model, and measures what share of the ten nearest windows the approximate index finds, with headings of the texts as
 * questions, and how long a search takes. Only the first 200 characters of each window are embedded: the index is what is measured, and
 * long texts would take hours. The store is kept in `--data`, so that an interrupted run continues where it stopped.
 */
const { values } = parseArgs({
  options: {
    texts: { type: 'string' },
    data: { type: 'string' },
    windows: { type: 'string', default: '250000' },
    seconds: { type: 'string', default: '10' },
  },
});
if (!values.texts || !values.data) throw new Error('--texts and --data must each name a folder.');

const collection = 'default';
const embeddedCharacters = 200;
const embeddingModel = 'e5-small-v2-q';
const { modelsDir } = readConfig();
const say = (text: string) => process.stderr.write(`${text}\n`);

/** Starts a process with the embedding model for each processor; calls go to them in turn. */
function startEmbedders(): EmbeddingsInterface & { close: () => void } {
  const waiting = new Map<number, (vectors: number[][]) => void>();
  const children = Array.from({ length: availableParallelism() }, () => {
    const child = fork(fileURLToPath(new URL('./embedder.ts', import.meta.url)), [embeddingModel, modelsDir], {
      serialization: 'advanced',
    });
    child.on('message', ({ id, vectors }: { id: number; vectors: number[][] }) => waiting.get(id)!(vectors));
    return child;
  });
  let id = 0;
  return {
    embedQuery: () => Promise.reject(new Error('Passages only.')),
    embedDocuments: (texts) =>
      new Promise((resolve) => {
        id += 1;
        waiting.set(id, resolve);
        children[id % children.length]!.send({ id, texts: texts.map((text) => text.slice(0, embeddedCharacters)) });
      }),
    close: () => {
      for (const child of children) child.disconnect();
    },
  };
}

/** Ingests texts until `wanted` windows are stored, or there are no more texts. */
async function fill(knowledge: Awaited<ReturnType<typeof startKnowledge>>, wanted: number): Promise<void> {
  const parser = await startParser();
  const embeddings = startEmbedders();
  const ingest = createIngest({ knowledge, parser, embeddings, chunkSizeTokens: 256, chunkOverlapTokens: 32 });
  const enough = new AbortController();
  let looked = 0;
  try {
    await ingestPaths({
      paths: [values.texts!],
      signal: enough.signal,
      ingestFile: async (path, source) => {
        const [ingested] = await ingest([{ collection, source, content: { bytes: await readFile(path) } }]);
        looked += 1;
        const { windows } = await knowledge.stats();
        if (looked % 50 === 0) say(`${looked} files, ${windows} windows`);
        if (windows >= wanted) enough.abort();
        return ingested!;
      },
    }).catch((error) => {
      if (!enough.signal.aborted) throw error;
    });
  } finally {
    embeddings.close();
    await parser.close();
  }
}

/** An even spread of `count` different headings of the texts. */
function someHeadings(database: ReturnType<typeof openToRead>, count: number): string[] {
  const paths = database.prepare('SELECT heading_paths FROM passages').all();
  const headings = new Set(
    paths.flatMap((row) =>
      (JSON.parse(String(row.heading_paths)) as string[][]).map((path) => path.slice(-2).join(' ')),
    ),
  );
  const all = [...headings].filter((heading) => heading.split(/\s+/).length >= 3).sort();
  return Array.from({ length: Math.min(count, all.length) }, (_, at) => all[Math.floor((at * all.length) / count)]!);
}

/** The similarities of each vector's ten nearest windows, by FAISS's exact search through the stored vectors. */
function exactNearest(database: ReturnType<typeof openToRead>, vectors: Float32Array[]): number[][] {
  const { length: dimension } = vectors[0]!;
  const index = createFaissIndex('exact', dimension);
  for (const batch of inBatches(createDocuments(database).vectorsOf(collection), 2048))
    addToFaiss(index, joinVectors(batch), dimension);
  return vectors.map((vector) => index.search(Array.from(vector), 10).distances);
}

const knowledge = await startKnowledge({ dataDir: join(values.data, 'store'), embeddingModel });
try {
  await knowledge.createCollection(collection);
  if ((await knowledge.stats()).windows < Number(values.windows)) await fill(knowledge, Number(values.windows));
  await settle(knowledge);
  const { passages, windows, quantizedWindows } = await knowledge.stats();
  const database = openToRead(join(values.data, 'store'));
  const headings = someHeadings(database, 500);
  const model = await EmbeddedEmbeddings.load(embeddingModel, modelsDir);
  const vectors: Float32Array[] = [];
  for (const heading of headings) vectors.push(Float32Array.from(await model.embedQuery(heading)));
  const exact = exactNearest(database, vectors);
  database.close();

  let found = 0;
  for (const [at, vector] of vectors.entries()) {
    const near = await knowledge.search({ collection, question: '?', vector, topK: 20 });
    const similarities = near.flatMap((passage) => passage.similarities);
    const least = exact[at]![9]! - 1e-5;
    found += Math.min(10, similarities.filter((similarity) => similarity >= least).length) / 10;
  }
  const search = (words: boolean) => (number: number) => {
    const at = number % vectors.length;
    return knowledge.search({ collection, question: words ? headings[at]! : '?', vector: vectors[at]!, topK: 3 });
  };
  const seconds = Number(values.seconds);
  const near = await measureSearches({ callers: 1, seconds, search: search(false) });
  const hybrid = await measureSearches({ callers: 1, seconds, search: search(true) });
  const ms = (number: number) => number.toFixed(1);
  process.stdout.write(
    `${passages} passages, ${windows} windows, ${quantizedWindows} of them quantized; ${vectors.length} headings as questions.\n` +
      `Of the ten nearest windows found: ${(found / vectors.length).toFixed(4)}.\n` +
      `One caller, k = 3: vectors only p50 ${ms(near.p50Ms)} ms, p99 ${ms(near.p99Ms)} ms; hybrid p50 ${ms(hybrid.p50Ms)} ms, p99 ${ms(hybrid.p99Ms)} ms.\n`,
  );
} finally {
  await knowledge.close();
}
