import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { AppError } from '../errors.ts';
import { type IngestCollection, type Job, type JobRun, newJob, type OnFailed, runJob } from '../ingest/job.ts';
import type { Jobs } from '../ingest/jobs.ts';
import { createJobRecords } from './job-records.ts';

/** A replica that has not renewed the lease of its job for this many milliseconds is taken for dead. */
const leaseMs = 10_000;
/** How often it renews, and how often the others look for jobs that nobody does, in milliseconds. */
const tellEveryMs = 1_000;
const lookEveryMs = 2_000;
/** How often a watcher reads the state of another replica's job, in milliseconds. */
const readEveryMs = 500;
/** A job that was taken over more often than this is given up: it may be what its replicas die of. */
const mostClaims = 20;

/**
 * Jobs that replicas share through Redis: one of them does a job, all can read and cancel it, and if that one dies
 * another begins it anew. While Redis is away a job goes on, and a new one is done by the replica that was asked; when
 * Redis is back they are entered again.
 */
export function shareJobs({
  redis,
  ingest,
  logger,
  onFailed,
}: {
  redis: Redis;
  ingest: IngestCollection;
  logger: Logger;
  onFailed?: OnFailed;
}): Jobs {
  const records = createJobRecords(redis, { replica: randomUUID(), leaseMs });
  const stopping = new AbortController();
  const pause = (ms: number) => delay(ms, undefined, { ref: false, signal: stopping.signal }).catch(() => {});
  /** The jobs of this replica, until their end is known to the others. */
  const own = new Map<string, { run: JobRun; kept: Promise<void> }>();

  function begin(job: Job): Job {
    const run = runJob(job, ingest, onFailed);
    const kept = keep(run).finally(() => own.delete(job.id));
    own.set(job.id, { run, kept });
    return run.job;
  }

  /** Keeps the others told how far a job is, until it has ended or is another's. */
  async function keep(run: JobRun): Promise<void> {
    while (!stopping.signal.aborted) {
      const hasEnded = run.job.status !== 'running';
      const reply = await records.tell(run.job).catch(() => 'away' as const);
      if (reply === 'lost') logger.warn({ jobId: run.job.id }, 'a job is done by another replica; it stops here');
      if (reply === 'cancel' && !hasEnded)
        logger.info({ jobId: run.job.id }, 'a job is cancelled, as another replica was told');
      if (reply === 'lost' || reply === 'cancel') await run.cancel('The job was cancelled.');
      if (reply === 'lost' || (reply !== 'away' && hasEnded)) return;
      await Promise.race(hasEnded ? [pause(tellEveryMs)] : [pause(tellEveryMs), run.end]);
    }
  }

  /** Takes over running jobs whose replica is gone. */
  async function look(): Promise<void> {
    for (const id of await records.running()) {
      if (own.has(id)) continue;
      const claimed = await records.claim(id);
      if (!claimed || stopping.signal.aborted) continue;
      const { job, claims } = claimed;
      if (claims > mostClaims) {
        await records.tell({ ...job, status: 'failed', error: 'INTERNAL', endedAt: new Date().toISOString() });
        logger.error({ jobId: id }, 'a job is given up: its replicas died one after another');
        continue;
      }
      logger.warn({ jobId: id }, 'took over a job from a replica that is gone');
      begin(job);
    }
  }
  async function keepLooking() {
    while (!stopping.signal.aborted) {
      await look().catch(() => {}); // Redis is away
      await pause(lookEveryMs);
    }
  }
  const looking = keepLooking();

  const get = async (id: string) => own.get(id)?.run.job ?? records.read(id);

  return {
    async start(collection) {
      if (stopping.signal.aborted) throw new AppError('NOT_READY', 'The service is stopping.');
      const underWay = () =>
        own.values().find(({ run: { job } }) => job.collection === collection && job.status === 'running')?.run.job;
      let found = underWay();
      if (found) return found;
      const job = newJob(collection);
      try {
        found = (await records.enter(job)) ?? undefined;
      } catch {
        found = underWay(); // Redis is away; another may have been begun here meanwhile
      }
      return found ?? begin(job);
    },

    get,

    async *watch(id, signal) {
      let told = '';
      while (!signal.aborted && !stopping.signal.aborted) {
        const job = await get(id).catch(() => undefined); // Redis is away: it may be back
        if (job === null) return; // forgotten
        const state = JSON.stringify(job ?? null);
        if (job && state !== told) yield structuredClone(job);
        told = state;
        if (job && job.status !== 'running') return;
        await pause(readEveryMs);
      }
    },

    async cancel(id) {
      const mine = own.get(id);
      await (mine ? mine.run.cancel('The job was cancelled.') : records.askToCancel(id));
      for (;;) {
        const job = await get(id);
        if (!job) throw new AppError('NOT_FOUND', 'There is no job of this id.');
        if (job.status !== 'running') return job;
        if (stopping.signal.aborted) throw new AppError('NOT_READY', 'The service is stopping.');
        await pause(readEveryMs);
      }
    },

    /** Leaves the jobs under way to the other replicas, or to the next start. */
    async close() {
      stopping.abort();
      await looking;
      for (const [id, { run, kept }] of own) {
        await run.cancel('The service is stopping.');
        await kept;
        await records.release(id).catch(() => {}); // it runs out by itself
      }
    },
  };
}
