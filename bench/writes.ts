import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { FaissStore } from '@langchain/community/vectorstores/faiss';
import { Document } from '@langchain/core/documents';
import { FakeEmbeddings } from '@langchain/core/utils/testing';
import faiss from 'faiss-node';
import { collection, createMaterial, dimension, gathered, joined, passagesPerDocument } from './material.ts';
import { timed } from './measure.ts';
import { startAssay } from './measure-assay.ts';

/**
 * `npm run bench:writes -- [--passages 10000]`: adds, replaces and removes one document of so many passages of four windows, while one
 * caller searches again and again, in Assay's store and in LangChain's FaissStore, which is saved after each write; prints how long that
 * takes, and the slowest of the searches. Both hold 5,000 windows before, and vectors are ready. A document of 10,000 passages has a text of
 * 4 MB.
 */
const { values } = parseArgs({ options: { passages: { type: 'string', default: '10000' } } });
const windows = 4;
const before = 5_000;
const many = Number(values.passages) * windows;
const material = createMaterial(before + many);
const documents = (from: number, to: number) =>
  Array.from({ length: (to - from) / passagesPerDocument }, (_, at) =>
    material.documentOf(from / passagesPerDocument + at),
  );

type Row = { store: string; write: string; ms: number; searches: number; slowestMs: number };
const rows: Row[] = [];
const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'));

/** Searches until the work is done, a millisecond after each reply. */
async function measure(
  store: string,
  write: string,
  work: () => Promise<unknown>,
  search: (at: number) => Promise<unknown>,
) {
  let isDone = false;
  let searches = 0;
  let slowestMs = 0;
  const caller = async () => {
    while (!isDone) {
      const due = performance.now() + 1; // a caller that comes while the process is busy waits for it as well
      await wait(1);
      await search(searches);
      slowestMs = Math.max(slowestMs, performance.now() - due);
      searches += 1;
    }
  };
  const calling = caller();
  const { ms } = await timed(work);
  isDone = true;
  await calling;
  rows.push({ store, write, ms, searches, slowestMs });
}

async function measureAssay() {
  const assay = await startAssay(join(folder, 'assay'));
  await assay.createCollection(collection);
  await assay.put(documents(0, before));
  const large = gathered(joined(documents(before, before + many), 'large'), windows);
  const search = (at: number) => assay.search({ collection, ...material.questionOf(at), topK: 3 });
  for (let at = 0; at < 100; at += 1) await search(at);
  await measure('Assay', 'none, for two seconds', () => wait(2_000), search);
  await measure('Assay', 'add', () => assay.put([large]), search);
  await measure('Assay', 'replace', () => assay.put([{ ...large, contentHash: 'another' }]), search);
  const { id } = (await assay.findSource(collection, 'large'))!;
  await measure('Assay', 'remove', () => assay.remove(id), search);
  await assay.close();
}

async function measureFaissStore() {
  const store = new FaissStore(new FakeEmbeddings(), { index: new faiss.IndexFlatL2(dimension) });
  const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);
  const make = (from: number, to: number) => ({
    vectors: numbers(from, to).map((at) => Array.from(material.vectorOf(at))),
    passages: numbers(from, to).map((at) => new Document({ pageContent: material.textOf(at), metadata: { at } })),
    ids: numbers(from, to).map(String),
  });
  const few = make(0, before);
  await store.addVectors(few.vectors, few.passages, { ids: few.ids });
  const { vectors, passages, ids } = make(before, before + many);
  const search = (at: number) => store.similaritySearchVectorWithScore(Array.from(material.questionOf(at).vector), 3);
  const save = () => store.save(join(folder, 'faiss'));
  const add = () => store.addVectors(vectors, passages, { ids });
  const remove = () => store.delete({ ids });
  await measure('FaissStore', 'none, for two seconds', () => wait(2_000), search);
  await measure(
    'FaissStore',
    'add',
    async () => {
      await add();
      await save();
    },
    search,
  );
  await measure(
    'FaissStore',
    'replace',
    async () => {
      await remove();
      await add();
      await save();
    },
    search,
  );
  await measure(
    'FaissStore',
    'remove',
    async () => {
      await remove();
      await save();
    },
    search,
  );
}

await measureAssay();
await measureFaissStore();
rmSync(folder, { recursive: true, force: true });
const lines = rows.map(
  ({ store, write, ms, searches, slowestMs }) =>
    `| ${[store, write, Math.round(ms), searches, slowestMs.toFixed(slowestMs < 10 ? 1 : 0)].join(' | ')} |`,
);
process.stdout.write(
  `${['| store | write | takes, ms | searches meanwhile | the slowest, ms |', '|---|---|---:|---:|---:|', ...lines].join('\n')}\n`,
);
