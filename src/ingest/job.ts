import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { AppError } from '../errors.ts';
import type { IngestProgress } from './ingest-paths.ts';

/** A background ingest: what it is doing, and how it ended. */
export type Job = {
  id: string;
  collection: string;
  status: 'running' | 'done' | 'failed' | 'cancelled';
  startedAt: string;
  endedAt: string | null;
  /** The code of the failure that ended it, or null. */
  error: string | null;
  progress: IngestProgress;
};

/** A job's work, which reports progress, and stops when its signal fires. */
export type IngestCollection = (
  collection: string,
  options: { signal: AbortSignal; onProgress: (progress: IngestProgress) => void },
) => Promise<IngestProgress>;

/** Is told of a job that has failed, and why. */
export type OnFailed = (job: Job, failure: AppError) => void;

/** A job that is under way in this process. */
export type JobRun = ReturnType<typeof runJob>;

const nothingYet: IngestProgress = { files: 0, done: 0, added: 0, replaced: 0, unchanged: 0, skipped: 0, failed: [] };

export function newJob(collection: string): Job {
  const startedAt = new Date().toISOString();
  return {
    id: `job_${randomUUID()}`,
    collection,
    status: 'running',
    startedAt,
    endedAt: null,
    error: null,
    progress: nothingYet,
  };
}

/** Runs a job from its beginning. The returned `job` is kept up to date, and `changes` emits `change` whenever it changes. */
export function runJob(begun: Job, ingest: IngestCollection, onFailed: OnFailed = () => {}) {
  const job: Job = { ...begun, progress: nothingYet };
  const cancelled = new AbortController();
  const changes = new EventEmitter().setMaxListeners(0);
  const update = (change: Partial<Job>) => {
    Object.assign(job, change);
    changes.emit('change');
  };
  const work = ingest(job.collection, {
    signal: cancelled.signal,
    onProgress: (progress) => update({ progress: { ...progress } }),
  });
  const end = work.then(
    (progress) => update({ status: 'done', progress, endedAt: new Date().toISOString() }),
    (error) => {
      const endedAt = new Date().toISOString();
      if (cancelled.signal.aborted) return update({ status: 'cancelled', endedAt });
      const failure =
        error instanceof AppError ? error : new AppError('INTERNAL', 'Unexpected failure', { cause: error });
      update({ status: 'failed', error: failure.code, endedAt });
      onFailed(job, failure);
    },
  );
  return {
    job,
    changes,
    /** Resolves when the job has stopped, however it ended. */
    end,
    /** Resolves when the job has stopped; what it had stored by then stays. */
    cancel(reason: string) {
      cancelled.abort(new Error(reason));
      return end;
    },
  };
}
