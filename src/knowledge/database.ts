import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { AppError } from '../errors.ts';

/**
 * Opens an SQLite file, made with `schema` when it isn't there. One process at a time: the lock is the kernel's, so it goes
 * with the process however that ends.
 * @param options.synchronous FULL: a commit is on the disk when it returns; NORMAL: the last commits may be lost with the power
 * @throws AppError NOT_READY where another process holds the file, a newer version wrote it, or it can't be used
 */
export function openDatabase(
  file: string,
  options: { schema: string; version: number; synchronous: 'FULL' | 'NORMAL' },
) {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true });
    database = new DatabaseSync(file);
    // A predecessor that was just killed may need a moment to let go; hence the timeout.
    database.exec('PRAGMA busy_timeout = 5000; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL');
    database.exec(`PRAGMA synchronous = ${options.synchronous}; PRAGMA foreign_keys = ON`);
    database.exec('BEGIN IMMEDIATE'); // the first write takes the lock for good
    const found = Number(database.prepare('PRAGMA user_version').get()?.user_version);
    if (found > options.version)
      throw new AppError('NOT_READY', 'The data folder was written by a newer version of Assay.');
    if (found === 0) database.exec(`${options.schema}; PRAGMA user_version = ${options.version}`);
    database.exec('COMMIT');
    return database;
  } catch (error) {
    database?.close();
    throw translateStoreError(error);
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

/** A failure of SQLite or of the disk beneath it, in words that a caller can act on; an AppError stays what it is. */
export function translateStoreError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { errcode, code } = error as { errcode?: number; code?: string };
  const primary = (errcode ?? 0) & 0xff; // https://sqlite.org/rescode.html
  if (primary === 5 || primary === 6)
    return new AppError('NOT_READY', 'The data folder is in use by another Assay process.', { cause: error });
  if (primary === 13 || code === 'ENOSPC')
    return new AppError('STORAGE_FULL', 'The disk that holds the data folder is full.', { cause: error });
  if (primary === 8 || primary === 14 || ['EACCES', 'EROFS', 'EEXIST', 'ENOTDIR', 'EPERM'].includes(code ?? ''))
    return new AppError('NOT_READY', "The data folder can't be written.", { cause: error });
  if (primary === 11 || primary === 26)
    return new AppError('NOT_READY', 'The database in the data folder is damaged.', { cause: error });
  return new AppError('INTERNAL', 'The store failed.', { cause: error });
}
