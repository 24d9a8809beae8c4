import { once } from 'node:events';
import { AppError } from '../errors.ts';
import { type IngestCollection, type Job, type JobRun, newJob, runJob } from './job.ts';

/**
 * Ingests in the background, one at a time for each collection. A job that is broken off is begun again by whoever wants it,
 * and goes on where it stopped, because what is unchanged is only looked at.
 */
export type Jobs = {
  /** Begins a job, or finds the one that is running for this collection. @throws AppError NOT_READY once closed */
  start(collection: string): Promise<Job>;
  get(id: string): Promise<Job | null>;
  /** The job each time it changes, until it has ended; a slow reader gets the newest state and misses those between. */
  watch(id: string, signal: AbortSignal): AsyncGenerator<Job>;
  /** Resolves when the job has stopped; what it had stored by then stays. */
  cancel(id: string): Promise<Job>;
  close(): Promise<void>;
};

/** How many ended jobs are remembered. */
const remembered = 100;

/** Jobs of this process alone, which end with it. */
export function createJobs(ingest: IngestCollection): Jobs {
  const runs = new Map<string, JobRun>();
  let closed = false;

  return {
    async start(collection) {
      if (closed) throw new AppError('NOT_READY', 'The service is stopping.');
      for (const { job } of runs.values()) if (job.collection === collection && job.status === 'running') return job;
      const run = runJob(newJob(collection), ingest);
      runs.set(run.job.id, run);
      for (const [id, { job: old }] of runs) if (runs.size > remembered && old.status !== 'running') runs.delete(id);
      return run.job;
    },

    get: async (id) => runs.get(id)?.job ?? null,

    async *watch(id, signal) {
      const { job, changes } = runs.get(id)!;
      for (;;) {
        const changed = once(changes, 'change', { signal }).catch(() => {}); // the signal ends it
        yield structuredClone(job);
        if (job.status !== 'running') return;
        await changed;
        if (signal.aborted) return;
      }
    },

    async cancel(id) {
      const { job, cancel } = runs.get(id)!;
      await cancel('The job was cancelled.');
      return job;
    },

    async close() {
      closed = true;
      await Promise.all([...runs.values()].map(({ cancel }) => cancel('The service is stopping.')));
    },
  };
}
