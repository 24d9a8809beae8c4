import { existsSync, realpathSync, rmSync, statSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { AppError } from '../errors.ts';
import { execute, translateStoreError } from './database.ts';
import { openToRead } from './open-to-read.ts';
import { counted } from './remains.ts';
import { replaceFile, unfinishedName } from './replace-file.ts';

/** Pages copied between two reports; each is 4 KiB. */
const pagesAtOnce = 2_000;

/** What a backup says of itself, in a table of its own that a store doesn't have. */
export type BackupLabel = {
  madeAt: string;
  assayVersion: string;
  embeddingModel: string | null;
  documents: number;
  passages: number;
  collections: number;
};

/**
 * Copies a store as of one instant into one file, beside the service that goes on writing: documents, passages, vectors and
 * full text. The records of past asks are not part of it. The copy is checked before it gets its name.
 * @param options.force replaces a file that is there
 * @param options.onProgress is told how many of the database's pages have been copied
 * @returns what the backup says of itself, and its size in bytes
 * @throws AppError BAD_INPUT where the file can't be written or is there already, NOT_READY where the store is damaged
 */
export async function backUpStore(options: {
  dataDir: string;
  file: string;
  assayVersion: string;
  force?: boolean;
  onProgress?: (done: number, total: number) => void;
}): Promise<BackupLabel & { bytes: number }> {
  const { dataDir, file, assayVersion, onProgress } = options;
  const source = openToRead(dataDir, { olderToo: true });
  const unfinished = unfinishedName(file);
  try {
    checkPlace(dataDir, file, options.force ?? false);
    const label = { madeAt: new Date().toISOString(), assayVersion, ...contentOf(source) };
    rmSync(unfinished, { force: true });
    // The source stands in a transaction: what others write meanwhile would else make the copying begin again, and again.
    await backup(source, unfinished, {
      rate: pagesAtOnce,
      progress: ({ totalPages, remainingPages }) => onProgress?.(totalPages - remainingPages, totalPages),
    });
    finish(unfinished, label);
    replaceFile(unfinished, file);
    return { ...label, bytes: statSync(file).size };
  } catch (error) {
    throw translateBackupError(error, file);
  } finally {
    source.close();
    rmSync(unfinished, { force: true });
    for (const end of ['-journal', '-wal', '-shm']) rmSync(unfinished + end, { force: true });
  }
}

function checkPlace(dataDir: string, file: string, force: boolean) {
  if (`${realpathSync(dirname(file))}${sep}`.startsWith(`${realpathSync(dataDir)}${sep}`))
    throw new AppError('BAD_INPUT', 'A backup must not lie in the data folder: what happens to that happens to it.');
  if (existsSync(file) && !statSync(file).isFile()) throw new AppError('BAD_INPUT', `${file} is not a file.`);
  if (existsSync(file) && !force)
    throw new AppError('BAD_INPUT', `There is a file ${file} already. Choose another name, or give --force.`);
}

/** What a store or a backup holds, counted. */
export function contentOf(database: DatabaseSync): Omit<BackupLabel, 'madeAt' | 'assayVersion'> {
  const { documents, passages, collections, embeddingModel } = database
    .prepare(`SELECT ${counted}, (SELECT value FROM meta WHERE name = 'embedding_model') AS embeddingModel`)
    .get() as Omit<BackupLabel, 'madeAt' | 'assayVersion'>;
  return { documents, passages, collections, embeddingModel };
}

/** Makes the copy one file without a log beside it, labels it, and checks that all of it has arrived. */
function finish(unfinished: string, label: BackupLabel) {
  const copy = new DatabaseSync(unfinished);
  try {
    copy.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL');
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

/** Whether SQLite finds no damage, and no row that refers to none. */
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
  const { errcode, code = '' } = error as { errcode?: number; code?: string };
  const primary = (errcode ?? 0) & 0xff; // https://sqlite.org/rescode.html
  if (primary === 11 || primary === 26) return damaged(error);
  if (primary === 13 || code === 'ENOSPC')
    return new AppError('STORAGE_FULL', `The disk is full: there is no room for ${file}.`, { cause: error });
  if ([8, 14].includes(primary) || /^E[A-Z]+$/.test(code))
    return new AppError('BAD_INPUT', `${file} can't be written there.`, { cause: error });
  return translateStoreError(error);
}
