import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startKnowledge } from '../src/knowledge/client.ts';
import { collection, createMaterial, type Material, passageOf, passagesPerDocument } from './material.ts';
import { measureSearches, timed } from './measure.ts';
import { childrenOf, residentBytes, watchMemory } from './memory.ts';
import { type Adding, type AssayResult, type Nearest, recallQuestions, type Searches } from './subject.ts';

const documentsAtOnce = 10;

export type Assay = Awaited<ReturnType<typeof startKnowledge>>;
export const startAssay = (dataDir: string): Promise<Assay> => startKnowledge({ dataDir, embeddingModel: 'bench' });

/** Puts the whole material in through the port, a few documents at a time; only the time of the puts counts. */
export async function load(assay: Assay, material: Material): Promise<Adding> {
  await assay.createCollection(collection);
  const documents = Math.ceil(material.size / passagesPerDocument);
  const spans: number[] = [];
  for (let from = 0; from < documents; from += documentsAtOnce) {
    const count = Math.min(documentsAtOnce, documents - from);
    const batch = Array.from({ length: count }, (_, at) => material.documentOf(from + at));
    spans.push((await timed(() => assay.put(batch))).ms);
  }
  const sum = (times: number[]) => times.reduce((total, ms) => total + ms, 0) / 1000;
  const last = spans.slice(-Math.max(1, Math.floor(spans.length / 10)));
  return {
    perSecond: material.size / sum(spans),
    atSizePerSecond: (material.size * last.length) / spans.length / sum(last),
    note: null,
  };
}

/** Waits until the host has answered for a second without a builder at work: while it loads an index, there is no builder either. */
export async function settle(assay: Assay): Promise<void> {
  for (let idle = 0; idle < 10; ) {
    await wait(100);
    await assay.stats();
    const host = assay.hostPid();
    idle = host !== undefined && childrenOf(host).length === 0 ? idle + 1 : 0;
  }
}

async function measureKind(assay: Assay, material: Material, seconds: number, words: boolean): Promise<Searches> {
  const search = (number: number) => {
    const { question, vector } = material.questionOf(number);
    return assay.search({ collection, question: words ? question : '?', vector, topK: 3 });
  };
  return {
    alone: await measureSearches({ callers: 1, seconds, search }),
    together: await measureSearches({ callers: 64, seconds, search }),
  };
}

async function findNearest(assay: Assay, material: Material): Promise<Nearest> {
  const nearest: Nearest = [];
  for (let number = 0; number < recallQuestions; number += 1) {
    const { vector } = material.questionOf(number);
    const found = await assay.search({ collection, question: '?', vector, topK: 10 });
    nearest.push({
      passages: found.map(({ text }) => passageOf(text)),
      similarities: found.map(({ similarities }) => similarities[0]!),
    });
  }
  return nearest;
}

/** Measures Assay's knowledge base through its port, in a new data folder; this process takes the place of the HTTP process. */
export async function measureAssay(size: number, seconds: number): Promise<AssayResult> {
  const dataDir = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  const material = createMaterial(size);
  try {
    let assay = await startAssay(dataDir);
    const emptyBytes = residentBytes();
    const stopWatching = watchMemory();
    const adding = await load(assay, material);
    const settling = await timed(() => settle(assay));
    const mostBytes = stopWatching();
    const vectors = await measureKind(assay, material, seconds, false);
    const hybrid = await measureKind(assay, material, seconds, true);
    const nearest = await findNearest(assay, material);
    const { quantizedWindows } = await assay.stats();
    const settledBytes = residentBytes();
    const closing = await timed(() => assay.close());
    const starting = await timed(() => startAssay(dataDir));
    assay = starting.result;
    const { vector } = material.questionOf(0);
    const first = await timed(() => assay.search({ collection, question: '?', vector, topK: 3 }));
    await measureKind(assay, material, 1, true);
    const restartedBytes = residentBytes();
    await assay.close();
    return {
      adding,
      vectors,
      hybrid,
      nearest,
      settleSeconds: settling.ms / 1000,
      quantizedWindows,
      start: { closeMs: closing.ms, readyMs: starting.ms, firstSearchMs: first.ms },
      memory: { emptyBytes, mostBytes, settledBytes, restartedBytes },
    };
  } finally {
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}
