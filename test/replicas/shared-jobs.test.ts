import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { type IngestCollection, type Job, newJob } from '../../src/ingest/job.ts';
import { createJobRecords } from '../../src/replicas/job-records.ts';
import { openRedis } from '../../src/replicas/open-redis.ts';
import { shareJobs } from '../../src/replicas/shared-jobs.ts';
import { freePort } from '../doubles/free-port.ts';
import { noRedis, startRedis } from '../doubles/redis.ts';

/** Checks again and again until a condition holds. */
async function until(isSo: () => Promise<boolean>) {
  while (!(await isSo())) await delay(50);
}

/** The job records of two replicas over one Redis. */
async function openRecords(t: TestContext) {
  const { url } = await startRedis(t);
  const { redis, close } = await openRedis(url, { onAway: () => {}, onBack: () => {} });
  t.after(close);
  const recordsOf = (replica: string) => createJobRecords(redis, { replica, leaseMs: 60_000 });
  return { redis, one: recordsOf('one'), two: recordsOf('two') };
}

test('a replica has a job to itself until it releases it, and not after', { skip: noRedis }, async (t) => {
  const { redis, one, two } = await openRecords(t);
  const job = newJob('default');
  assert.equal(await one.enter(job), null);
  assert.deepEqual(await two.enter(newJob('default')), job);
  await two.release(job.id);
  assert.deepEqual([await two.claim(job.id), await two.tell(job), await one.tell(job)], [null, 'lost', 'told']);
  await two.askToCancel(job.id);
  assert.equal(await one.tell(job), 'cancel');

  await one.release(job.id);
  assert.deepEqual(await two.claim(job.id), { job, claims: 1 });
  assert.deepEqual([await one.tell({ ...job, status: 'done' }), await one.read(job.id)], ['lost', job]);
  await two.tell({ ...job, status: 'cancelled' });
  assert.deepEqual([await one.running(), await one.claim(job.id), await one.tell(job)], [[], null, 'lost']);
  assert.equal((await one.read(job.id))?.status, 'cancelled');
  assert.equal(await one.enter(newJob('default')), null, 'the collection is free for another');
  await one.askToCancel('job_that_ran_out');
  for (const key of await redis.keys('assay:job:*')) assert.ok((await redis.ttl(key)) > 0, 'it is forgotten one day');
});

test('a job that Redis has lost is written to it again, unless another of its collection has begun meanwhile', {
  skip: noRedis,
}, async (t) => {
  const { redis, one, two } = await openRecords(t);
  const [lost, next] = [newJob('default'), newJob('default')];
  await one.enter(lost);
  await redis.flushdb();
  assert.equal(await one.tell(lost), 'told');
  assert.ok((await redis.ttl(`assay:job:${lost.id}`)) > 0);
  assert.deepEqual([await two.enter(next), await two.claim(lost.id)], [lost, null]);

  await redis.flushdb();
  assert.equal(await two.enter(next), null);
  assert.equal(await one.tell(lost), 'lost');
  assert.equal(await one.tell({ ...lost, status: 'done' }), 'told');
  assert.deepEqual([await one.running(), (await two.read(lost.id))?.status], [[next.id], 'done']);
});

test('if Redis has evicted the state of a job alone, nobody takes the job over, and another of its collection may begin', {
  skip: noRedis,
}, async (t) => {
  const { redis, one, two } = await openRecords(t);
  const [evicted, next] = [newJob('default'), newJob('default')];
  await one.enter(evicted);
  await redis.del(`assay:job:${evicted.id}`, `assay:lease:${evicted.id}`);
  assert.equal(await two.claim(evicted.id), null);
  assert.equal(await two.enter(next), null);
  assert.deepEqual([await two.running(), await two.read(next.id)], [[next.id], next]);
});

test('a replica that goes on long after another has ended its job does not begin it again', {
  skip: noRedis,
}, async (t) => {
  const { redis, one, two } = await openRecords(t);
  const job = newJob('default');
  await one.enter(job);
  await one.release(job.id);
  await two.claim(job.id);
  await two.tell({ ...job, status: 'done' });
  await redis.del(`assay:lease:${job.id}`); // it has run out
  assert.deepEqual([await one.tell(job), await one.running()], ['lost', []]);
  assert.equal((await one.read(job.id))?.status, 'done');
});

test('while Redis is down, two requests at once to ingest a collection start one job', async (t) => {
  const { redis, close } = await openRedis(`redis://127.0.0.1:${await freePort()}`, { onAway() {}, onBack() {} });
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  let begun = 0;
  const ingest = async () => {
    begun += 1;
    await held;
    return newJob('default').progress;
  };
  const jobs = shareJobs({ redis, ingest, logger: pino({ level: 'silent' }) });
  t.after(async () => {
    await jobs.close();
    close();
  });
  const [one, two] = await Promise.all([jobs.start('default'), jobs.start('default')]);
  release();
  assert.deepEqual([two.id, begun], [one.id, 1]);
});

test('a job that ends while Redis is away has ended for all replicas once Redis is back', {
  skip: noRedis,
}, async (t) => {
  const server = await startRedis(t);
  const back = Promise.withResolvers<void>();
  const one = await openRedis(server.url, { onAway() {}, onBack() {} });
  const two = await openRedis(server.url, { onAway() {}, onBack: back.resolve });
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const ingest = async () => {
    await held;
    return newJob('default').progress;
  };
  const jobs = shareJobs({ redis: one.redis, ingest, logger: pino({ level: 'silent' }) });
  t.after(async () => {
    await jobs.close();
    one.close();
    two.close();
  });
  const { id } = await jobs.start('default');
  await server.kill();
  release();
  await until(async () => (await jobs.get(id))?.status === 'done');
  await server.start();
  await back.promise;
  const records = createJobRecords(two.redis, { replica: 'two', leaseMs: 60_000 });
  await until(async () => (await records.read(id))?.status === 'done');
});

test('any replica can watch and cancel a job, and one that closes leaves its job to another', {
  skip: noRedis,
}, async (t) => {
  const { url } = await startRedis(t);
  const work = new EventEmitter();
  let stopped = 0;
  async function openReplica(name: string) {
    const { redis, close } = await openRedis(url, { onAway: () => {}, onBack: () => {} });
    const ingest: IngestCollection = (_collection, { signal }) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => {
          stopped += 1;
          reject(signal.reason);
        });
        work.emit(name, () => resolve(newJob('default').progress));
      });
    const jobs = shareJobs({ redis, ingest, logger: pino({ level: 'silent' }) });
    t.after(async () => {
      await jobs.close();
      close();
    });
    return { jobs, redis };
  }
  const [one, two] = await Promise.all([openReplica('one'), openReplica('two')]);
  async function statesOf(id: string) {
    const states: Job['status'][] = [];
    for await (const { status } of two.jobs.watch(id, t.signal)) states.push(status);
    return states;
  }

  const job = await one.jobs.start('default');
  assert.equal((await two.jobs.start('default')).id, job.id);
  const watched = statesOf(job.id);
  assert.equal((await two.jobs.cancel(job.id)).status, 'cancelled');
  assert.deepEqual(await watched, ['running', 'cancelled']);
  assert.deepEqual(await statesOf('none'), []);
  await assert.rejects(two.jobs.cancel('none'), { code: 'NOT_FOUND' });

  const left = await one.jobs.start('default');
  const leaseOfLeft = () => two.redis.get(`assay:lease:${left.id}`);
  const held = await leaseOfLeft();
  const takenOver = once(work, 'two');
  await one.jobs.close();
  assert.equal(stopped, 2, 'what is left is no longer done here');
  assert.notEqual(await leaseOfLeft(), held);
  await assert.rejects(one.jobs.start('default'), { code: 'NOT_READY' });
  const [end] = await takenOver;
  assert.equal((await two.jobs.get(left.id))?.status, 'running');
  end();
  assert.equal((await statesOf(left.id)).at(-1), 'done');
});

test('a job whose replicas die one after another is given up', { skip: noRedis }, async (t) => {
  const { url } = await startRedis(t);
  const { redis, close } = await openRedis(url, { onAway: () => {}, onBack: () => {} });
  const job = newJob('default');
  const died = createJobRecords(redis, { replica: 'one that died', leaseMs: 1 });
  await died.enter(job);
  await redis.hset(`assay:job:${job.id}`, 'claims', '20');
  const other = newJob('other');
  await died.enter(other);
  await redis.hset(`assay:job:${other.id}`, 'claims', '19');
  let worked = 0;
  const ingest = async () => {
    worked += 1;
    return job.progress;
  };
  const logger = pino({ level: 'silent' });
  const jobs = shareJobs({ redis, ingest, logger });
  t.after(async () => {
    await jobs.close();
    close();
  });
  await until(async () => (await jobs.get(job.id))?.status === 'failed');
  assert.equal((await jobs.get(job.id))?.error, 'INTERNAL');
  await until(async () => (await jobs.get(other.id))?.status === 'done');
  assert.equal(worked, 1, 'the other may be taken over once more');
  const next = await jobs.start('default');
  assert.notEqual(next.id, job.id, 'the collection is free for another');
  await until(async () => (await jobs.get(next.id))?.status === 'done');
});
