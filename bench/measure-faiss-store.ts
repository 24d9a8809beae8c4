import { FaissStore } from '@langchain/community/vectorstores/faiss';
import { Document } from '@langchain/core/documents';
import { FakeEmbeddings } from '@langchain/core/utils/testing';
import faiss from 'faiss-node';
import { createMaterial, dimension, type Material } from './material.ts';
import { measureSearches, timed } from './measure.ts';
import { residentBytes } from './memory.ts';
import type { Adding, FaissStoreResult } from './subject.ts';

const passagesAtOnce = 100;
/** Adding slows down as the store grows; after this many seconds the rest is put in directly. */
const patienceSeconds = 90;
const lastPassages = 10_000;
const lastSeconds = 30;

const documentOf = (material: Material, passage: number) =>
  new Document({ pageContent: material.textOf(passage), metadata: { source: `p${passage}` } });

/** Puts passages where `addVectors` would, without its copying of all keys for each of them. */
function fillDirectly(store: FaissStore, material: Material, from: number, to: number): void {
  for (let at = from; at < to; at += 1) {
    store.index.add(Array.from(material.vectorOf(at)));
    store._mapping[at] = `direct-${at}`;
    store.docstore._docs.set(`direct-${at}`, documentOf(material, at));
  }
}

async function addUntil(store: FaissStore, material: Material, from: number, to: number, seconds: number) {
  let spentMs = 0;
  let at = from;
  while (at < to && spentMs < seconds * 1000) {
    const passages = Array.from({ length: Math.min(passagesAtOnce, to - at) }, (_, step) => at + step);
    const vectors = passages.map((passage) => Array.from(material.vectorOf(passage)));
    const documents = passages.map((passage) => documentOf(material, passage));
    spentMs += (await timed(() => store.addVectors(vectors, documents))).ms;
    at += passages.length;
  }
  return { added: at - from, perSecond: (at - from) / (spentMs / 1000) };
}

async function fill(store: FaissStore, material: Material): Promise<Adding> {
  const { size } = material;
  const lastFrom = size - Math.min(lastPassages, Math.ceil(size / 10));
  const first = await addUntil(store, material, 0, lastFrom, patienceSeconds);
  fillDirectly(store, material, first.added, lastFrom);
  const last = await addUntil(store, material, lastFrom, size, lastSeconds);
  fillDirectly(store, material, lastFrom + last.added, size);
  const notes = [];
  if (first.added < lastFrom)
    notes.push(
      `it was given up after ${patienceSeconds} s and ${first.added} passages; the others were put in directly`,
    );
  if (last.added < size - lastFrom) notes.push(`the rate at this size is over ${last.added} passages`);
  return { perSecond: first.perSecond, atSizePerSecond: last.perSecond, note: notes.join('; ') || null };
}

/** Measures LangChain's FaissStore, in memory, on the main thread. */
export async function measureFaissStore(size: number, seconds: number): Promise<FaissStoreResult> {
  const material = createMaterial(size);
  const index = new faiss.IndexFlatL2(dimension);
  const store = new FaissStore(new FakeEmbeddings(), { index });
  const adding = await fill(store, material);
  const search = (number: number) =>
    store.similaritySearchVectorWithScore(Array.from(material.questionOf(number).vector), 3);
  const vectors = {
    alone: await measureSearches({ callers: 1, seconds, search }),
    together: await measureSearches({ callers: 64, seconds, search }),
  };
  return { adding, vectors, residentBytes: residentBytes() };
}
