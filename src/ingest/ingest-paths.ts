import { opendir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { AppError, type ErrorCode, isTooLongForModel } from '../errors.ts';
import type { Ingested } from './ingest.ts';

/**
 * The progress of an ingest: `done` of `files`. The first `failuresKept` files that were skipped are in `failed`, each with what was
 * wrong with it.
 */
export type IngestProgress = {
  files: number;
  done: number;
  added: number;
  replaced: number;
  unchanged: number;
  skipped: number;
  failed: { source: string; code: string; message: string }[];
};

/** A file to ingest, with its source; or a link or folder that is skipped, and why. */
type SourceFile = { path: string; source: string; whyNot?: string };

/** Where npm keeps other people's packages, whose documents would swamp the project's own. */
const PACKAGES = 'node_modules';
const LINK_REFUSED = 'The link leads out of the folder, to nothing or back.';
/** Trouble in the store or the model server, with which no further file would fare better. */
const troubleForAll = new Set<ErrorCode>([
  'NOT_READY',
  'STORAGE_FULL',
  'COLLECTION_NOT_FOUND',
  'MODEL_REJECTED',
  'MODEL_UNAVAILABLE',
]);
/** How many failures are described; further ones are only counted. */
const failuresKept = 1000;
/** How many files are in work at once, so that both the parser and the embedding model are kept busy. */
const filesAtOnce = 4;

/**
 * Ingests files and whole folders, except hidden files and `node_modules`, in bounded memory (of several paths, the names of all files are
 * kept). A file's source is its path relative to the given folder, with `/` on every system, or its name if the file itself was given.
 * A link is followed where it stays within its folder; any other counts as a file that can't be read, and so does a folder that can't be.
 * An unchanged file only costs a look, so an interrupted ingest that is run again goes on where it stopped.
 * @returns the final progress; a bad file is reported in it, never thrown
 * @throws AppError BAD_INPUT, before anything is stored, where a path doesn't exist or two files would get the same source
 * @throws AppError a failure of the store or a model, which every further file would meet too
 * @throws the signal's reason when it fires
 */
export async function ingestPaths(options: {
  paths: string[];
  ingestFile: (path: string, source: string) => Promise<Ingested>;
  onProgress?: (progress: IngestProgress) => void;
  signal?: AbortSignal;
}): Promise<IngestProgress> {
  const { ingestFile, onProgress, signal } = options;
  const progress: IngestProgress = { files: 0, done: 0, added: 0, replaced: 0, unchanged: 0, skipped: 0, failed: [] };
  await Promise.all(options.paths.map(assertExists));
  for await (const _ of filesOf(options.paths)) progress.files += 1;
  onProgress?.(progress);
  const files = filesOf(options.paths);
  let broken: unknown;

  async function work() {
    for (let next = await files.next(); !next.done && !broken; next = await files.next()) {
      signal?.throwIfAborted();
      const { path, source, whyNot } = next.value;
      try {
        if (whyNot) throw new AppError('BAD_INPUT', whyNot);
        const { unchanged, replaced } = await ingestFile(path, source);
        progress[unchanged ? 'unchanged' : replaced ? 'replaced' : 'added'] += 1;
      } catch (error) {
        signal?.throwIfAborted();
        const { code, message } =
          error instanceof AppError ? error : { code: 'INTERNAL', message: 'it could not be read' };
        if (isForAll(error)) {
          broken = error;
          throw error;
        }
        progress.skipped += 1;
        if (progress.failed.length < failuresKept) progress.failed.push({ source, code, message });
      }
      progress.done += 1;
      onProgress?.(progress);
    }
  }

  const workers = await Promise.allSettled(Array.from({ length: filesAtOnce }, work));
  await files.return(undefined); // closes the folder that was being read
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
  return progress;
}

/** Whether a failure would be met by every further file, too. */
const isForAll = (error: unknown) =>
  error instanceof AppError && troubleForAll.has(error.code) && !isTooLongForModel(error);

async function assertExists(path: string) {
  await stat(path).catch((cause) => {
    throw new AppError('BAD_INPUT', `There is no file or folder ${path}.`, { cause });
  });
}

/** The files at several paths, each once, found as they are asked for. */
async function* filesOf(paths: string[]): AsyncGenerator<SourceFile> {
  // Within one folder, no two files can have the same source.
  const pathOf = paths.length > 1 ? new Map<string, string>() : null;
  for (const named of paths) {
    for await (const file of filesAt(named)) {
      const { path, source } = file;
      const other = pathOf?.get(source);
      if (other === undefined) {
        pathOf?.set(source, path);
        yield file;
      } else if (resolve(other) !== resolve(path)) {
        const way = 'Ingest a folder that holds both, or each into a collection of its own.';
        throw new AppError('BAD_INPUT', `Both ${other} and ${path} would be stored as ${source}. ${way}`);
      }
    }
  }
}

async function* filesAt(path: string): AsyncGenerator<SourceFile> {
  if (!(await stat(path)).isDirectory()) yield { path, source: basename(path) };
  else
    for await (const file of filesUnder(path, await realpath(path)))
      yield { ...file, source: relative(path, file.path).split(sep).join('/') || basename(resolve(path)) };
}

/** The files in a folder and its subfolders. Links must stay within `root`; within a linked folder, no further linked folder is followed. */
async function* filesUnder(folder: string, root: string, isLink = false): AsyncGenerator<Omit<SourceFile, 'source'>> {
  const folders: { path: string; isLink: boolean }[] = [];
  const entries = await opendir(folder).catch(
    ({ code }: NodeJS.ErrnoException) => `The folder can't be read (${code}).`,
  );
  if (typeof entries === 'string') {
    yield { path: folder, whyNot: entries };
    return;
  }
  for await (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name === PACKAGES) continue;
    const path = join(folder, entry.name);
    const found = entry.isSymbolicLink() ? await followed(path, root) : entry;
    if (!found || (found !== entry && isLink && found.isDirectory())) yield { path, whyNot: LINK_REFUSED };
    else if (found.isDirectory()) folders.push({ path, isLink: isLink || found !== entry });
    else if (found.isFile()) yield { path };
  }
  for (const each of folders) yield* filesUnder(each.path, root, each.isLink);
}

/** What a link leads to; null where that is outside of `root`, doesn't exist, or contains the link. */
async function followed(link: string, root: string) {
  try {
    const [target, from] = [await realpath(link), await realpath(dirname(link))];
    return holds(root, target) && !holds(target, from) ? await stat(target) : null;
  } catch {
    return null;
  }
}

function holds(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
