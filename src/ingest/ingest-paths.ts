import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { AppError } from '../errors.ts';
import type { Ingested } from './ingest.ts';

/** How far an ingest of files has come. A file that failed is named with what was wrong with it; the others go on. */
export type IngestProgress = {
  files: number;
  done: number;
  added: number;
  replaced: number;
  unchanged: number;
  failed: { source: string; code: string; message: string }[];
};

/**
 * Ingests files, and folders with all that is in them but hidden files. A file's source is its path from the folder that was
 * named, with `/` on every system, or its name where it was named itself.
 * @returns the final progress; one bad file is reported in it, never thrown
 * @throws AppError BAD_INPUT where a path isn't there
 */
export async function ingestPaths(options: {
  paths: string[];
  ingestFile: (path: string, source: string) => Promise<Ingested>;
  onProgress?: (progress: IngestProgress) => void;
}): Promise<IngestProgress> {
  const files = (await Promise.all(options.paths.map(filesUnder))).flat();
  const progress: IngestProgress = { files: files.length, done: 0, added: 0, replaced: 0, unchanged: 0, failed: [] };
  options.onProgress?.(progress);
  for (const { path, source } of files) {
    try {
      const { unchanged, replaced } = await options.ingestFile(path, source);
      progress[unchanged ? 'unchanged' : replaced ? 'replaced' : 'added'] += 1;
    } catch (error) {
      const { code, message } = error instanceof AppError ? error : { code: 'INTERNAL', message: 'unexpected failure' };
      progress.failed.push({ source, code, message });
      // Nothing else will go better when the store or the model server is the trouble.
      if (code === 'NOT_READY' || code === 'STORAGE_FULL' || code === 'COLLECTION_NOT_FOUND') throw error;
    }
    progress.done += 1;
    options.onProgress?.(progress);
  }
  return progress;
}

async function filesUnder(path: string): Promise<{ path: string; source: string }[]> {
  const found = await stat(path).catch((cause) => {
    throw new AppError('BAD_INPUT', `There is no file or folder ${path}.`, { cause });
  });
  if (!found.isDirectory()) return [{ path, source: basename(path) }];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: file, source: relative(path, file).split(sep).join('/') }))
    .filter(({ source }) => !source.split('/').some((part) => part.startsWith('.')))
    .sort((one, other) => (one.source < other.source ? -1 : 1));
}
