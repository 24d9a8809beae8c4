import { realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { AppError } from '../errors.ts';
import { execute, isDamageError, resultCodeOf, sqliteCodes, translateStoreError } from './database.ts';
import { openToRead } from './open-to-read.ts';
import { contentCounts } from './remains.ts';
import { checkReplaceable, copyMode, removeUnfinished, replaceFile, unfinishedName } from './replace-file.ts';
import { forgetStrayFullTexts } from './stray-full-texts.ts';

/** Pages (4 KiB each) copied between two reports of progress. */
const pagesAtOnce = 2_000;

/** What a backup says about itself, in a table that a store doesn't have. */
export type BackupLabel = {
  madeAt: string;
  assayVersion: string;
  embeddingModel: string | null;
  documents: number;
  passages: number;
  collections: number;
};

/**
 * Copies a store (documents, passages, vectors and full text, without the records of past asks) into one file, as of one instant,
 * while a service may go on writing. The copy is checked before it gets its name.
 * @param options.force replaces an existing file
 * @param options.onProgress is told how many of the database's pages have been copied
 * @param options.signal ends the copying, of which nothing stays
 * @returns the backup's label, and its size in bytes
 * @throws AppError BAD_INPUT where the file exists already or can't be written, NOT_READY where the store is damaged, STORAGE_FULL
 */
export async function backUpStore(options: {
  dataDir: string;
  file: string;
  assayVersion: string;
  force?: boolean;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}): Promise<BackupLabel & { bytes: number }> {
  const { dataDir, file, assayVersion, onProgress, signal } = options;
  const source = openToRead(dataDir, { olderToo: true });
  const unfinished = unfinishedName(file);
  try {
    checkPlace(dataDir, file, options.force ?? false);
    const label = { madeAt: new Date().toISOString(), assayVersion, ...contentOf(source) };
    rmSync(unfinished, { force: true });
    writeFileSync(unfinished, '', { flag: 'wx', mode: copyMode(dataDir) });
    // The source is in a transaction: otherwise every write by others would make the copying start over.
    await backup(source, unfinished, {
      rate: pagesAtOnce,
      progress({ totalPages, remainingPages }) {
        signal?.throwIfAborted();
        onProgress?.(totalPages - remainingPages, totalPages);
      },
    });
    finish(unfinished, label);
    replaceFile(unfinished, file);
    return { ...label, bytes: statSync(file).size };
  } catch (error) {
    throw translateBackupError(error, file);
  } finally {
    source.close();
    removeUnfinished(unfinished);
  }
}

function checkPlace(dataDir: string, file: string, force: boolean) {
  if (`${realpathSync(dirname(file))}${sep}`.startsWith(`${realpathSync(dataDir)}${sep}`))
    throw new AppError('BAD_INPUT', 'A backup must not lie in the data folder: what happens to that happens to it.');
  checkReplaceable(file, force);
}

/** How much a store or a backup holds, and its embedding model. */
export function contentOf(database: DatabaseSync): Omit<BackupLabel, 'madeAt' | 'assayVersion'> {
  const { documents, passages, collections, embeddingModel } = database
    .prepare(`SELECT ${contentCounts}, (SELECT value FROM meta WHERE name = 'embedding_model') AS embeddingModel`)
    .get() as Omit<BackupLabel, 'madeAt' | 'assayVersion'>;
  return { documents, passages, collections, embeddingModel };
}

/** Turns the copy into a single file without a log, labels it, and checks that it is complete. */
function finish(unfinished: string, label: BackupLabel) {
  const copy = new DatabaseSync(unfinished);
  try {
    copy.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL');
    forgetStrayFullTexts(copy);
    copy.exec('CREATE TABLE backup (label TEXT NOT NULL) STRICT');
    execute(copy.prepare('INSERT INTO backup VALUES (?)'), JSON.stringify(label));
    if (!isWhole(copy)) throw damaged();
    const content = contentOf(copy);
    for (const name of ['documents', 'passages', 'collections'] as const)
      if (content[name] !== label[name]) throw new AppError('INTERNAL', 'The copy does not hold what the store holds.');
  } finally {
    copy.close();
  }
}

/** Whether SQLite finds neither damage nor a dangling reference. */
export function isWhole(database: DatabaseSync): boolean {
  const [first] = database.prepare('PRAGMA integrity_check(1)').all();
  return first?.integrity_check === 'ok' && database.prepare('PRAGMA foreign_key_check').all().length === 0;
}

const damaged = (cause?: unknown) =>
  new AppError('NOT_READY', 'The store is damaged, so nothing was backed up. npx assay doctor --verify says where.', {
    cause,
  });

function translateBackupError(error: unknown, file: string): AppError {
  if (error instanceof AppError) return error;
  if (isDamageError(error)) return damaged(error);
  const { code = '' } = error as { code?: string };
  const result = resultCodeOf(error);
  if (result === sqliteCodes.full || code === 'ENOSPC')
    return new AppError('STORAGE_FULL', `The disk is full: there is no room for ${file}.`, { cause: error });
  if (result === sqliteCodes.readOnly || result === sqliteCodes.cannotOpen || /^E[A-Z]+$/.test(code))
    return new AppError('BAD_INPUT', `${file} can't be written there.`, { cause: error });
  return translateStoreError(error);
}
