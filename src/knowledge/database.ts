import { mkdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { AppError } from '../errors.ts';

/** How a database came to be what it is: each step brings it from one version to the next; the first makes it. */
export type Migrations = string[];

/**
 * Opens an SQLite file for writing, made where it isn't there and brought up to date where it is older. Whoever writes holds
 * the data folder's lock (lock.ts).
 * @param options.synchronous FULL: a commit is on the disk when it returns; NORMAL: the last commits may be lost with the power
 * @throws AppError NOT_READY where a newer version wrote it, or it can't be used
 */
export function openDatabase(file: string, options: { migrations: Migrations; synchronous: 'FULL' | 'NORMAL' }) {
  const { migrations, synchronous } = options;
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true });
    database = new DatabaseSync(file);
    database.exec(`PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
    database.exec('PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864');
    foldLogIn(database);
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
    if (version > migrations.length) throw ofNewerVersion();
    for (const [at, step] of migrations.entries())
      if (at >= version) inTransaction(database, () => database!.exec(`${step}; PRAGMA user_version = ${at + 1}`));
    return database;
  } catch (error) {
    database?.close();
    throw translateStoreError(error, basename(file));
  }
}

/** What a database says that only a later Assay knows how to read. */
export const ofNewerVersion = () =>
  new AppError('NOT_READY', 'The data folder was written by a newer version of Assay.');

/** What is said of a file that can't be used any more. */
export const ofDamage = (file: string, cause?: unknown) =>
  new AppError('NOT_READY', `${file} in the data folder is damaged; npx assay doctor --verify says where.`, { cause });

/** Folds in what a predecessor left in the log, and cuts back one that long readers made grow; reading does without. */
function foldLogIn(database: DatabaseSync) {
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (error) {
    if (translateStoreError(error).code !== 'STORAGE_FULL') throw error;
  }
}

/**
 * Carries out a statement for its effect. `run()` would also report the connection's last row id, which FTS5 sets to numbers
 * beyond 2^53 when it merges, and then throws.
 */
export function execute(statement: StatementSync, ...values: SQLInputValue[]): void {
  statement.all(...values);
}

/** Runs `work` as one transaction: all of it is stored, or nothing. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Whether SQLite found a file damaged, or to be no database. */
export function tellsOfDamage(error: unknown): boolean {
  const { errcode = 0 } = ((error instanceof AppError ? error.cause : error) ?? {}) as { errcode?: number };
  return [11, 26].includes(errcode & 0xff); // https://sqlite.org/rescode.html
}

/**
 * A failure of SQLite or of the disk beneath it, in words that a caller can act on; an AppError stays what it is.
 * @param file the name of the file that was worked on
 */
export function translateStoreError(error: unknown, file = 'assay.db'): AppError {
  if (error instanceof AppError) return error;
  const { errcode, code } = error as { errcode?: number; code?: string };
  const primary = (errcode ?? 0) & 0xff; // https://sqlite.org/rescode.html
  if (primary === 5 || primary === 6)
    return new AppError('NOT_READY', 'The data folder is in use by another Assay process.', { cause: error });
  // SQLITE_FULL, or a write refused for a limit on sizes or a quota (SQLITE_IOERR_WRITE, SQLITE_IOERR_SHMSIZE).
  if (primary === 13 || errcode === 778 || errcode === 4874 || code === 'ENOSPC')
    return new AppError('STORAGE_FULL', 'The disk that holds the data folder is full.', { cause: error });
  if (primary === 8 || primary === 14 || ['EACCES', 'EROFS', 'EEXIST', 'ENOTDIR', 'EPERM'].includes(code ?? ''))
    return new AppError('NOT_READY', "The data folder can't be written.", { cause: error });
  if (tellsOfDamage(error)) return ofDamage(file, error);
  return new AppError('INTERNAL', 'The store failed.', { cause: error });
}
