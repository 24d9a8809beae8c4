import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startKnowledge } from '../src/knowledge/client.ts';
import type { Knowledge } from '../src/knowledge/port.ts';
import { startWeaviate } from '../src/knowledge/weaviate/start-weaviate.ts';
import { startServing } from '../test/doubles/command-line.ts';
import { startRedis } from '../test/doubles/redis.ts';
import { temporaryFolder } from '../test/doubles/temporary-folder.ts';
import { startWeaviateNodes } from '../test/doubles/weaviate.ts';
import type { LoadResult } from './ask/load.ts';
import { collection, createMaterial, passagesPerDocument } from './material.ts';
import { measureSearches } from './measure.ts';
import { settle } from './measure-assay.ts';
import { createOwner } from './owner.ts';

/**
 * `npm run bench:scale -- [--seconds N] [--callers 32] [--size 100000] [--out docs]`: measures asks a second with the embedded store, and
 * with one, two and three replicas that share Weaviate and Redis, with models that reply at once; and searches of the same passages in
 * both stores. Weaviate must be built (`node scripts/weaviate.mjs`), and Redis installed.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    callers: { type: 'string', default: '32' },
    size: { type: 'string', default: '100000' },
    out: { type: 'string' },
  },
});
const [seconds, callers, size] = [Number(values.seconds), Number(values.callers), Number(values.size)];
const corpus = fileURLToPath(new URL('../corpus', import.meta.url));
const owner = createOwner();
const tell = (line: string) => process.stderr.write(`${line}\n`);

/** How long, in milliseconds, the engine may keep objects in memory, where searching for words is slow, before it writes a segment. */
const engineSettlesMs = 75_000;

function start(file: string, args: string[]): ChildProcess {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args);
  owner.after(async () => void child.kill());
  return child;
}

/** Spreads the callers over the services, with a process for each; rates are added up, and the slowest latencies count. */
async function askAll(urls: string[]) {
  const share = Math.ceil(callers / urls.length);
  const results = await Promise.all(
    urls.map(async (url) => {
      const worker = start('./ask/load-worker.ts', [new URL(url).port, share, seconds, 2].map(String));
      return (await once(worker, 'message'))[0] as LoadResult;
    }),
  );
  return {
    perSecond: results.reduce((sum, { perSecond }) => sum + perSecond, 0),
    p50: Math.max(...results.map(({ p50 }) => p50)),
    p99: Math.max(...results.map(({ p99 }) => p99)),
    failed: results.reduce((sum, { failed }) => sum + failed, 0),
  };
}

async function measureAsks(): Promise<string[]> {
  const models = start('./ask/model-server.ts', ['0']);
  const [{ port }] = (await once(models, 'message')) as [{ port: number }];
  const settings = async () => ({
    DATA_DIR: await temporaryFolder(owner),
    CORPUS_DIR: corpus,
    OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
    CHAT_MODEL: 'bench',
    EMBEDDING_MODEL: 'bench',
    LOG_LEVEL: 'error',
    MAX_CONCURRENT_ASKS: '4096',
  });
  const row = (name: string, { perSecond, p50, p99, failed }: Awaited<ReturnType<typeof askAll>>) => {
    tell(`${name}: ${perSecond.toFixed(0)} asks/s, p99 ${p99.toFixed(0)} ms`);
    return `| ${[name, perSecond.toFixed(0), p50.toFixed(0), p99.toFixed(0), failed].join(' | ')} |`;
  };
  const single = await startServing(owner, await settings(), ['--ingest-corpus']);
  const rows = [row('one process, embedded store', await askAll([single.url]))];
  single.child.kill('SIGTERM');
  await single.exit;

  const [nodes, redis] = [await startWeaviateNodes(owner), await startRedis(owner)];
  const shared = { WEAVIATE_URL: nodes.endpoints.join(), REDIS_URL: redis.url, RATE_LIMIT_PER_MINUTE: '1000000' };
  const urls: string[] = [];
  for (const name of ['one replica', 'two replicas', 'three replicas']) {
    urls.push((await startServing(owner, { ...(await settings()), ...shared }, ['--ingest-corpus'])).url);
    if (urls.length === 1) await wait(engineSettlesMs);
    rows.push(row(`${name}, Weaviate and Redis`, await askAll(urls)));
  }
  return rows;
}

async function measureStores(): Promise<string[]> {
  const settings = { embeddingModel: 'bench', askRetentionMs: 86_400_000 };
  const material = createMaterial(size);
  const nodes = await startWeaviateNodes(owner);
  const stores: [string, Knowledge][] = [
    ['embedded store', await startKnowledge({ dataDir: await temporaryFolder(owner), ...settings })],
    ['Weaviate, one node', await startWeaviate({ ...nodes, ...settings })],
  ];
  const rows: string[] = [];
  for (const [name, knowledge] of stores) {
    owner.after(() => knowledge.close());
    await knowledge.createCollection(collection);
    const begun = performance.now();
    for (let number = 0; number * passagesPerDocument < size; number += 1)
      await knowledge.put([material.documentOf(number)]);
    const perSecond = size / ((performance.now() - begun) / 1000);
    tell(`${name}: ${size} passages in, ${perSecond.toFixed(0)}/s`);
    if (knowledge === stores[0]![1]) await settle(knowledge as never);
    else await wait(engineSettlesMs);
    for (const atOnce of [1, 16]) {
      const search = (number: number) => knowledge.search({ collection, topK: 3, ...material.questionOf(number) });
      const { perSecond: rate, p50Ms, p99Ms } = await measureSearches({ callers: atOnce, seconds, search });
      tell(`${name}, ${atOnce} at once: ${rate.toFixed(0)} searches/s, p50 ${p50Ms.toFixed(1)} ms`);
      rows.push(
        `| ${[name, perSecond.toFixed(0), atOnce, rate.toFixed(0), p50Ms.toFixed(1), p99Ms.toFixed(1)].join(' | ')} |`,
      );
    }
  }
  return rows;
}

let report = '';
try {
  const asks = await measureAsks();
  const searches = await measureStores();
  report = [
    `${cpus().length} cores (${cpus()[0]!.model.trim()}), Node ${process.version}; ${callers} callers, models that reply at once; ${size} passages.`,
    '',
    '| asks of | asks/s | p50 ms | p99 ms | failed |\n|---|---:|---:|---:|---:|',
    ...asks,
    '',
    '| store | passages in/s | at once | searches/s | p50 ms | p99 ms |\n|---|---:|---:|---:|---:|---:|',
    ...searches,
    '',
  ].join('\n');
} finally {
  await owner.end();
}
process.stdout.write(report);
if (values.out) writeFileSync(`${values.out}/benchmark-scale.md`, report);
process.exit();
