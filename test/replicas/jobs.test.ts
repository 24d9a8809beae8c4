import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Job } from '../../src/ingest/job.ts';
import { startServing } from '../doubles/command-line.ts';
import { startOpenAiServer } from '../doubles/openai-server.ts';
import { noRedis, startRedis } from '../doubles/redis.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';
import { noWeaviate, startWeaviateNodes } from '../doubles/weaviate.ts';

const needsEngines = { skip: noRedis || noWeaviate };
const files = 40;

/** One Weaviate, one Redis, one folder of documents, and replicas of Assay over them, each a process. */
async function startEngines(t: TestContext) {
  const [nodes, redis, openai] = await Promise.all([
    startWeaviateNodes(t),
    startRedis(t),
    startOpenAiServer({ test: t, dimension: 64 }),
  ]);
  const folder = await temporaryFolder(t);
  for (let at = 0; at < files; at += 1)
    writeFileSync(join(folder, `${at}.md`), `# Tree ${at}\n\nTree ${at} stands near pond ${at}.`);

  async function startReplica(...args: string[]) {
    const settings = {
      DATA_DIR: await temporaryFolder(t),
      CORPUS_DIR: folder,
      WEAVIATE_URL: nodes.endpoints.join(),
      REDIS_URL: redis.url,
      OPENAI_BASE_URL: openai.baseUrl,
    };
    const serving = await startServing(t, settings, args);
    const call = async (method: string, path: string, body?: object) => {
      const response = await fetch(serving.url + path, {
        method,
        ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      // biome-ignore lint/suspicious/noExplicitAny: replies of several shapes, on which the tests assert
      return { status: response.status, json: (await response.json()) as any };
    };
    return {
      ...serving,
      call,
      start: async (): Promise<Job> => (await call('POST', '/jobs', {})).json,
      job: async (id: string): Promise<Job> => (await call('GET', `/jobs/${id}`)).json,
      /** How the job ended, by its event stream. */
      async endOf(id: string): Promise<Job> {
        const response = await fetch(`${serving.url}/jobs/${id}`, { headers: { accept: 'text/event-stream' } });
        const [, name, data] = /event: (\w+)\ndata: (.*)\n\n$/.exec(await response.text())!;
        assert.equal(name, 'done');
        return JSON.parse(data!);
      },
      sources: async (): Promise<string[]> =>
        (await call('GET', '/documents?limit=1000')).json.documents.map(({ source }: { source: string }) => source),
    };
  }

  /** Holds the embedding calls of a job in the middle of its documents until `release` is called. */
  function holdAmid() {
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const before = openai.embeddingRequests.length;
    for (let at = 0; at < 6; at += 1) openai.embeddings({});
    for (let at = 0; at < 4; at += 1) openai.embeddings({ until: held });
    return { release, reached: openai.waitFor(() => openai.embeddingRequests.length >= before + 10) };
  }
  return { redis, openai, startReplica, holdAmid };
}

/** Checks again and again until a condition holds. */
async function until(isSo: () => Promise<boolean>) {
  while (!(await isSo())) await delay(50);
}

test(
  'a job runs on one replica and is visible on all; when that replica dies another finishes it',
  needsEngines,
  async (t) => {
    const { startReplica, holdAmid } = await startEngines(t);
    const [owner, other] = await Promise.all([startReplica(), startReplica()]);
    const { release, reached } = holdAmid();
    const { id } = await owner.start();
    await reached;
    assert.equal((await other.start()).id, id, 'one job at a time for a collection, whoever is asked');
    await until(async () => (await other.job(id)).progress.done > 0);
    assert.equal((await other.job(id)).status, 'running');
    const ended = other.endOf(id);
    owner.child.kill('SIGKILL');
    await owner.exit;
    release();

    const { status, progress } = await ended;
    assert.equal(status, 'done');
    assert.equal(progress.done, files);
    assert.ok(progress.unchanged > 0 && progress.unchanged < files, `${progress.unchanged}`);
    assert.equal(progress.added + progress.unchanged, files);
    const expected = Array.from({ length: files }, (_, at) => `${at}.md`);
    assert.deepEqual((await other.sources()).sort(), expected.sort());
    assert.match(other.logged(), /took over a job/);

    // A replica that starts later knows of the job, too.
    const later = await startReplica();
    // On a busy machine it may take Redis for down while it starts, and looks again soon.
    await until(async () => (await later.call('GET', '/health/ready')).json.redis === 'up');
    assert.deepEqual(await later.job(id), await other.job(id));
    assert.equal((await later.call('GET', '/jobs/none')).status, 404);
  },
);

test(
  'any replica can cancel a job, and a replica that stops in order leaves its job to another',
  needsEngines,
  async (t) => {
    const { startReplica, holdAmid } = await startEngines(t);
    const [owner, other] = await Promise.all([startReplica(), startReplica()]);
    const first = holdAmid();
    const cancelled = await owner.start();
    await first.reached;
    const reply = other.call('DELETE', `/jobs/${cancelled.id}`);
    await until(async () => owner.logged().includes('is cancelled'));
    first.release();
    assert.equal((await reply).json.status, 'cancelled');
    assert.equal((await owner.job(cancelled.id)).status, 'cancelled');
    assert.ok((await other.sources()).length < files);

    const second = holdAmid();
    const { id } = await owner.start();
    assert.notEqual(id, cancelled.id);
    await second.reached;
    owner.child.kill('SIGTERM');
    second.release();
    await owner.exit;
    const ended = await other.endOf(id);
    assert.deepEqual([ended.status, ended.progress.done], ['done', files]);
    assert.equal((await other.sources()).length, files);
  },
);

test('replicas that start at the same time ingest the corpus only once', needsEngines, async (t) => {
  const { startReplica, openai } = await startEngines(t);
  const replicas = await Promise.all([startReplica('--ingest-corpus'), startReplica('--ingest-corpus')]);
  const texts = openai.embeddingRequests.flatMap(({ body }) => body.input);
  assert.equal(texts.length, new Set(texts).size, 'no text was embedded twice');
  for (const { sources, told } of replicas) {
    assert.equal((await sources()).length, files);
    assert.match(told(), /Ingested 40 files/);
  }
});

test('a job goes on while Redis is down, and is visible again when Redis is back', needsEngines, async (t) => {
  const { startReplica, holdAmid, redis } = await startEngines(t);
  const [owner, other] = await Promise.all([startReplica(), startReplica()]);
  const { release, reached } = holdAmid();
  const { id } = await owner.start();
  await reached;
  await redis.kill();
  await until(async () => (await other.call('GET', '/health/ready')).json.redis === 'down');
  const unknown = await other.call('GET', `/jobs/${id}`);
  assert.deepEqual([unknown.status, unknown.json.error.code], [503, 'NOT_READY']);
  assert.equal((await owner.job(id)).status, 'running');
  release();
  await until(async () => (await owner.job(id)).status === 'done');
  await redis.start();
  await until(async () => (await other.call('GET', `/jobs/${id}`)).status === 200);
  assert.equal((await other.job(id)).progress.done, files);
});

test('a replica that hung and goes on leaves its job to the replica that took it over', needsEngines, async (t) => {
  const { startReplica, holdAmid } = await startEngines(t);
  const [owner, other] = await Promise.all([startReplica(), startReplica()]);
  const { release, reached } = holdAmid();
  const { id } = await owner.start();
  await reached;
  owner.child.kill('SIGSTOP');
  const ended = await other.endOf(id);
  assert.equal(ended.status, 'done');
  release();
  owner.child.kill('SIGCONT');
  await until(async () => owner.logged().includes('done by another replica'));
  await until(async () => (await owner.job(id)).status === 'done');
  assert.deepEqual(await owner.job(id), ended);
  assert.equal((await other.sources()).length, files);
});
