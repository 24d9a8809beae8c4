import { once } from 'node:events';
import { AppError } from '../errors.ts';
import { type IngestCollection, type Job, type JobRun, newJob, type OnFailed, runJob } from './job.ts';

/**
 * Background ingests, one at a time for each collection. A job whose process ends is begun anew by another replica, if there is one
 * (replicas/shared-jobs.ts); otherwise a new one must be started. Either goes on where it stopped, because unchanged files only cost a look.
 */
export type Jobs = {
  /** Starts a job, or returns the one that is running for this collection. @throws AppError NOT_READY once closed */
  start(collection: string): Promise<Job>;
  get(id: string): Promise<Job | null>;
  /** Yields the job at each change until it has ended; a slow reader gets the latest state and misses those in between. */
  watch(id: string, signal: AbortSignal): AsyncGenerator<Job>;
  /** Resolves when the job has stopped; what it had stored by then stays. */
  cancel(id: string): Promise<Job>;
  close(): Promise<void>;
};

/** How many jobs are remembered; running ones always are. */
const remembered = 100;

/** Jobs that are known to this process alone, and end with it. */
export function createJobs(ingest: IngestCollection, onFailed?: OnFailed): Jobs {
  const runs = new Map<string, JobRun>();
  let closed = false;

  return {
    async start(collection) {
      if (closed) throw new AppError('NOT_READY', 'The service is stopping.');
      for (const { job } of runs.values()) if (job.collection === collection && job.status === 'running') return job;
      const run = runJob(newJob(collection), ingest, onFailed);
      runs.set(run.job.id, run);
      for (const [id, { job: old }] of runs) if (runs.size > remembered && old.status !== 'running') runs.delete(id);
      return run.job;
    },

    get: async (id) => runs.get(id)?.job ?? null,

    async *watch(id, signal) {
      const { job, changes } = runs.get(id)!;
      while (job.status === 'running') {
        const changed = once(changes, 'change', { signal }).catch(() => {}); // the signal ends it
        yield structuredClone(job);
        await changed;
        if (signal.aborted) return;
      }
      yield structuredClone(job); // nothing changes any more that could be waited for
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
