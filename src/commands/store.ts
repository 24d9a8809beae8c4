import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import packageJson from '../../package.json' with { type: 'json' };
import { embeddedDataDir, readConfig } from '../config.ts';
import { counted } from '../counted.ts';
import { AppError } from '../errors.ts';
import { backUpStore } from '../knowledge/backup.ts';
import { exportPassages } from '../knowledge/export.ts';
import {
  checkReplaceable,
  copyMode,
  removeUnfinished,
  replaceFile,
  unfinishedName,
} from '../knowledge/replace-file.ts';
import { restoreStore } from '../knowledge/restore.ts';
import { interruptible, showCount, tell, writeJson } from './terminal.ts';

/** `assay backup FILE`: copies the store into one file, also while a service runs. */
export async function backUp(file: string, { json, ...options }: { force?: boolean; json?: boolean }) {
  const dataDir = embeddedDataDir(readConfig());
  const bar = showCount('Copying pages');
  const made = await interruptible((signal) =>
    backUpStore({
      ...options,
      dataDir,
      file: resolve(file),
      assayVersion: packageJson.version,
      onProgress: bar.update,
      signal,
    }).finally(bar.end),
  );
  if (json) return writeJson({ file: resolve(file), ...made });
  const size = `${(made.bytes / 2 ** 20).toFixed(1)} MiB`;
  tell(
    `Backed up ${counted(made.documents, 'document')} and ${counted(made.passages, 'passage')}, ${size}, to ${file}.`,
  );
}

/** `assay restore FILE`: replaces the store by a backup; no service may be running. */
export function restore(file: string, { json, ...options }: { force?: boolean; json?: boolean }) {
  const restored = restoreStore({ ...options, dataDir: embeddedDataDir(readConfig()), file: resolve(file) });
  if (json) return writeJson(restored);
  const { documents, passages, madeAt, embeddingModel, remains } = restored;
  const content = `${counted(documents, 'document')} and ${counted(passages, 'passage')}`;
  const model = passages > 0 ? ` with vectors of ${embeddingModel}` : '';
  tell(`Restored ${content}${model}, as of ${madeAt}. The next start makes their indexes anew.`);
  if (remains !== null) tell(`What was there before could not be read, and is kept as ${remains}.`);
}

/** `assay export FILE`: writes all passages as JSON Lines, to a file (completely or not at all) or to stdout. Reports on stderr alone. */
export async function exportTo(
  file: string,
  { json, ...options }: { collection?: string; vectors?: boolean; force?: boolean; json?: boolean },
) {
  const dataDir = embeddedDataDir(readConfig());
  const bar = showCount('Exporting');
  let passages = 0;
  const onProgress = (done: number, total: number) => {
    passages = done;
    bar.update(done, total);
  };
  const lines = Readable.from(exportPassages({ ...options, dataDir, onProgress }));
  const summarise = () => tell(JSON.stringify({ file: file === '-' ? null : resolve(file), passages }));
  if (file === '-') {
    await writeToStdout(lines).finally(bar.end);
    if (json) summarise();
    return;
  }
  checkReplaceable(file, options.force ?? false);
  await interruptible((signal) => exportToFile(lines, { file, mode: copyMode(dataDir), signal }).finally(bar.end));
  if (json) summarise();
  else tell(`Exported ${counted(passages, 'passage')} to ${file}.`);
}

/** Writes a file completely or, where that fails or is aborted, not at all. */
async function exportToFile(lines: Readable, options: { file: string; mode: number; signal: AbortSignal }) {
  const { file, mode, signal } = options;
  const unfinished = unfinishedName(file);
  try {
    await pipeline(lines, createWriteStream(unfinished, { mode }), { signal });
    replaceFile(unfinished, file);
  } catch (error) {
    if (error instanceof AppError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
      throw new AppError('STORAGE_FULL', `The disk is full: there is no room for ${file}.`, { cause: error });
    throw new AppError('BAD_INPUT', `${file} can't be written there.`, { cause: error });
  } finally {
    removeUnfinished(unfinished);
  }
}

/** Writes to stdout as fast as it is read. Failures to write are reported by `orTellFailure` (terminal.ts). */
async function writeToStdout(lines: Readable) {
  try {
    await pipeline(lines, process.stdout, { end: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== 'write') throw error;
  }
}
