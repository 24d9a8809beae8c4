import { charset } from '../charset.ts';
import { compose, type Parts } from '../compose.ts';
import { readConfig } from '../config.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import { ingestPaths } from '../ingest/ingest-paths.ts';
import type { Job } from '../ingest/job.ts';
import { readCollectionOption, showCount, tellIngest, UsageError, withAdviceIfInUse, writeJson } from './terminal.ts';

async function withParts<T>(work: (parts: Parts) => Promise<T>) {
  const parts = await compose({ ...readConfig(), logLevel: 'warn' }, { logTo: 'terminal' }).catch(
    withAdviceIfInUse(
      'Give the documents to the service that runs on it, by POST /documents or its page, or stop it first.',
    ),
  );
  try {
    return await work(parts);
  } finally {
    await parts.close();
  }
}

/**
 * Ingests files and folders with a progress bar, and reports how it went, in words or as JSON on stdout.
 * @returns the final progress
 * @throws AppError as `ingestPaths` does; the signal's reason when it fires
 */
export async function ingestWithProgress(
  parts: Parts,
  paths: string[],
  collection: string,
  {
    json = false,
    charset,
    signal,
  }: { json?: boolean | undefined; charset?: string | undefined; signal?: AbortSignal } = {},
) {
  const bar = showCount('Ingesting');
  const progress = await ingestPaths({
    paths,
    ingestFile: (path, source) => parts.ingestFile(collection, path, source, { charset, signal }),
    onProgress: ({ done, files }) => bar.update(done, files),
    ...(signal && { signal }),
  }).finally(bar.end);
  if (json) writeJson(progress);
  else tellIngest(progress);
  return progress;
}

/**
 * Ingests `CORPUS_DIR` as a job. Of several replicas, one carries it out and the others wait for it.
 * @throws AppError with the code that the job failed with
 */
export async function ingestOnce({ jobs }: Parts, signal: AbortSignal) {
  const { id } = await jobs.start('default');
  const bar = showCount('Ingesting');
  let job: Job | undefined;
  try {
    for await (job of jobs.watch(id, signal)) bar.update(job.progress.done, job.progress.files);
  } finally {
    bar.end();
  }
  if (job?.status === 'failed')
    throw new AppError(job.error as ErrorCode, `CORPUS_DIR was not ingested to its end: ${job.error}.`);
  if (job) tellIngest(job.progress);
}

/** The encoding that `--charset` names. @throws UsageError where that is none */
function readCharsetOption(name: string | undefined): string | undefined {
  const { data, error } = charset.optional().safeParse(name);
  if (error) throw new UsageError(`--charset ${error.issues[0]!.message}`);
  return data;
}

/** `assay ingest PATH…`: ingests files and folders; the exit code is 1 if a file was skipped. */
export async function ingest(paths: string[], options: { collection: string; charset?: string; json?: boolean }) {
  const collection = readCollectionOption(options.collection);
  const encoding = readCharsetOption(options.charset);
  await withParts(async (parts) => {
    await parts.knowledge.createCollection(collection);
    const { skipped } = await ingestWithProgress(parts, paths, collection, { ...options, charset: encoding });
    if (skipped > 0) process.exitCode = 1;
  });
}
