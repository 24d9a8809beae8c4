import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { IngestProgress } from './ingest-paths.ts';

/** An ingest that goes on by itself: what it is doing, and how it ended. */
export type Job = {
  id: string;
  collection: string;
  status: 'running' | 'done' | 'failed' | 'cancelled';
  startedAt: string;
  endedAt: string | null;
  /** The code of the failure that ended it. */
  error: string | null;
  progress: IngestProgress;
};

/** How many ended jobs are remembered. */
const remembered = 100;
const nothingYet: IngestProgress = { files: 0, done: 0, added: 0, replaced: 0, unchanged: 0, skipped: 0, failed: [] };

export type Jobs = ReturnType<typeof createJobs>;

/**
 * Runs ingests in the background, one at a time for each collection. A job that the service's end breaks off is begun again by
 * whoever wants it, and goes on where it stopped, because what is unchanged is only looked at.
 * @param ingest the work: it reports progress, and stops when its signal fires
 */
export function createJobs(
  ingest: (
    collection: string,
    options: { signal: AbortSignal; onProgress: (progress: IngestProgress) => void },
  ) => Promise<IngestProgress>,
) {
  const jobs = new Map<string, { job: Job; cancel: AbortController; changes: EventEmitter; end: Promise<void> }>();

  function start(collection: string): Job {
    for (const { job } of jobs.values()) if (job.collection === collection && job.status === 'running') return job;
    const cancel = new AbortController();
    const changes = new EventEmitter().setMaxListeners(0);
    const startedAt = new Date().toISOString();
    const job: Job = {
      id: `job_${randomUUID()}`,
      collection,
      status: 'running',
      startedAt,
      endedAt: null,
      error: null,
      progress: nothingYet,
    };
    const update = (change: Partial<Job>) => {
      Object.assign(job, change);
      changes.emit('change');
    };
    const work = ingest(collection, {
      signal: cancel.signal,
      onProgress: (progress) => update({ progress: { ...progress } }),
    });
    const end = work.then(
      (progress) => update({ status: 'done', progress, endedAt: new Date().toISOString() }),
      (error) => {
        const status = cancel.signal.aborted ? 'cancelled' : 'failed';
        const code = status === 'failed' ? String(error?.code ?? 'INTERNAL') : null;
        update({ status, error: code, endedAt: new Date().toISOString() });
      },
    );
    jobs.set(job.id, { job, cancel, changes, end });
    for (const [id, { job: old }] of jobs) if (jobs.size > remembered && old.status !== 'running') jobs.delete(id);
    return job;
  }

  return {
    start,
    get: (id: string): Job | null => jobs.get(id)?.job ?? null,

    /** The job each time it changes, until it has ended; a slow reader gets the newest state and misses those between. */
    async *watch(id: string, signal: AbortSignal): AsyncGenerator<Job> {
      const { job, changes } = jobs.get(id)!;
      for (;;) {
        const changed = new Promise<void>((resolve) => {
          changes.once('change', resolve);
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
        yield structuredClone(job);
        if (job.status !== 'running') return;
        await changed;
        if (signal.aborted) return;
      }
    },

    /** Resolves when the job has stopped; what it had stored by then stays. */
    async cancel(id: string) {
      const { cancel, end } = jobs.get(id)!;
      cancel.abort(new Error('The job was cancelled.'));
      await end;
    },

    async close() {
      const running = [...jobs.values()];
      for (const { cancel } of running) cancel.abort(new Error('The service is stopping.'));
      await Promise.all(running.map(({ end }) => end));
    },
  };
}
