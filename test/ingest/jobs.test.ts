import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { AppError } from '../../src/errors.ts';
import type { IngestProgress } from '../../src/ingest/ingest-paths.ts';
import type { IngestCollection, Job } from '../../src/ingest/job.ts';
import { createJobs } from '../../src/ingest/jobs.ts';

const progressOf = (done: number): IngestProgress => ({
  ...{ files: 2, done, added: done, replaced: 0, unchanged: 0, skipped: 0, failed: [] },
});

/** Jobs whose ingests go on until they are told to end, or their signal fires. */
function heldJobs() {
  const held = new Map<
    string,
    { onProgress: (progress: IngestProgress) => void; end: PromiseWithResolvers<IngestProgress> }
  >();
  const ingest: IngestCollection = (collection, { signal, onProgress }) => {
    const end = Promise.withResolvers<IngestProgress>();
    signal.addEventListener('abort', () => end.reject(signal.reason));
    held.set(collection, { onProgress, end });
    return end.promise;
  };
  return { jobs: createJobs(ingest), held: (collection: string) => held.get(collection)! };
}

async function seen(watched: AsyncGenerator<Job>): Promise<[Job['status'], number][]> {
  const states: [Job['status'], number][] = [];
  for await (const { status, progress } of watched) states.push([status, progress.done]);
  return states;
}

test('a collection has one job at a time; whoever asks for another is given the one that runs', async () => {
  const { jobs, held } = heldJobs();
  const job = await jobs.start('one');
  const { id } = job;
  const [again, other] = [await jobs.start('one'), await jobs.start('other')];
  assert.deepEqual([again.id, other.id === id], [id, false]);
  const watched = seen(jobs.watch(id, new AbortController().signal));
  await new Promise(setImmediate);
  held('one').onProgress(progressOf(1));
  await new Promise(setImmediate);
  held('one').end.resolve(progressOf(2));
  assert.deepEqual(await watched, [
    ['running', 0],
    ['running', 1],
    ['done', 2],
  ]);
  const { status, error, endedAt, progress } = (await jobs.get(id))!;
  assert.deepEqual([status, error, progress], ['done', null, progressOf(2)]);
  assert.ok(endedAt! >= job.startedAt);
  assert.notEqual((await jobs.start('one')).id, id);
  assert.equal(await jobs.get('none'), null);
  await jobs.close();
});

test('a job says of what it failed, and one that is cancelled that it was', async () => {
  const { jobs, held } = heldJobs();
  for (const [failure, code] of [
    [new AppError('MODEL_REJECTED', 'No.'), 'MODEL_REJECTED'],
    [new Error('No.'), 'INTERNAL'],
    [Object.assign(new Error('No.'), { code: 'EMFILE' }), 'INTERNAL'],
  ] as const) {
    const { id } = await jobs.start('one');
    held('one').end.reject(failure);
    await seen(jobs.watch(id, new AbortController().signal));
    const { status, error, endedAt } = (await jobs.get(id))!;
    assert.deepEqual([status, error, endedAt === null], ['failed', code, false]);
  }
  const { id } = await jobs.start('one');
  const { status, error, endedAt } = await jobs.cancel(id);
  assert.deepEqual([status, error, endedAt === null], ['cancelled', null, false]);
});

test('who watches a job can leave, and closing ends those that run and starts no more', async () => {
  const { jobs } = heldJobs();
  const [{ id }, other] = [await jobs.start('one'), await jobs.start('other')];
  const leaving = new AbortController();
  const watched = seen(jobs.watch(id, leaving.signal));
  await new Promise(setImmediate);
  leaving.abort();
  assert.deepEqual(await watched, [['running', 0]]);
  await jobs.close();
  assert.deepEqual([(await jobs.get(id))!.status, other.status], ['cancelled', 'cancelled']);
  await assert.rejects(jobs.start('one'), { code: 'NOT_READY' });
});

test('who watches a job that has ended leaves nothing behind', async () => {
  const { jobs, held } = heldJobs();
  const { id } = await jobs.start('one');
  const { signal } = new AbortController();
  const watched = seen(jobs.watch(id, signal));
  held('one').end.resolve(progressOf(2));
  assert.deepEqual((await watched).at(-1), ['done', 2]);
  for (let at = 0; at < 3; at += 1) assert.deepEqual(await seen(jobs.watch(id, signal)), [['done', 2]]);
  assert.deepEqual(getEventListeners(signal, 'abort'), []);
});

test('the last hundred jobs are remembered, and those that run whatever their number', async () => {
  const { jobs, held } = heldJobs();
  const { id: running } = await jobs.start('running');
  const ids: string[] = [];
  for (let at = 0; at < 101; at += 1) {
    const { id } = await jobs.start(`collection-${at}`);
    held(`collection-${at}`).end.resolve(progressOf(2));
    await seen(jobs.watch(id, new AbortController().signal));
    ids.push(id);
  }
  const known = await Promise.all([running, ...ids].map(async (id) => (await jobs.get(id)) !== null));
  assert.deepEqual(known, [true, false, false, ...Array(99).fill(true)]);
  await jobs.close();
});
