import { mkdirSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { AppError } from '../errors.ts';

/** A database's schema, version by version: each step leads from one version to the next, the first makes it. */
export type Migrations = string[];

/** SQLite's primary result codes, as far as they are told apart here (https://sqlite.org/rescode.html). */
export const sqliteCodes = {
  error: 1,
  busy: 5,
  locked: 6,
  readOnly: 8,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

/** The primary result code of an error of SQLite; 0 for any other error. */
export const resultCodeOf = (error: unknown): number => ((error as { errcode?: number } | null)?.errcode ?? 0) & 0xff;

/**
 * Makes a data folder if there is none: for its user alone, since all documents will be in it. The folders above it that are missing
 * are made as usual. (Node's own `recursive` tries for ever where a file system refuses new folders with ENOENT, as /proc does.)
 */
export function makeDataFolder(folder: string, mode = 0o700): void {
  const isThere = () => statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (isThere()) return;
  if (dirname(folder) !== folder) makeDataFolder(dirname(folder), 0o777);
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    if (!isThere()) throw error; // otherwise another process has just made it
  }
}

/** FULL: a commit is on the disk when it returns; NORMAL: a power cut may lose the last commits. */
type Synchronous = 'FULL' | 'NORMAL';

/** Connects to an SQLite file for writing, as it is. The caller holds the data folder's lock (lock.ts). */
export function connect(file: string, synchronous: Synchronous): DatabaseSync {
  const database = new DatabaseSync(file);
  try {
    database.exec(`PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
    // What is deleted is overwritten: left as it is, it would be in the file, and in every backup, for as long as nothing takes its room.
    database.exec('PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864; PRAGMA secure_delete = ON');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Opens an SQLite file for writing; a missing one is made, an older one brought up to date. The caller holds the data folder's
 * lock (lock.ts).
 * @throws AppError NOT_READY where a newer version wrote the file, or it can't be used; STORAGE_FULL
 */
export function openDatabase(file: string, options: { migrations: Migrations; synchronous: Synchronous }) {
  const { migrations, synchronous } = options;
  let database: DatabaseSync | undefined;
  try {
    makeDataFolder(dirname(file));
    database = connect(file, synchronous);
    foldLogIn(database);
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
    if (version > migrations.length) throw newerVersion();
    for (const [at, step] of migrations.entries())
      if (at >= version) inTransaction(database, () => database!.exec(`${step}; PRAGMA user_version = ${at + 1}`));
    return database;
  } catch (error) {
    database?.close();
    throw translateStoreError(error, basename(file));
  }
}

/**
 * Opens an SQLite file as `openDatabase` does, and looks at all of it.
 * @returns null where it is damaged
 * @throws AppError as `openDatabase`, also where the disk fails to read the file
 */
export function openUndamaged(file: string, options: Parameters<typeof openDatabase>[1]): DatabaseSync | null {
  let database: DatabaseSync | undefined;
  try {
    database = openDatabase(file, options);
    if (database.prepare('PRAGMA quick_check(1)').get()?.quick_check === 'ok') return database;
  } catch (error) {
    if (!isLastingDamage(error)) {
      database?.close();
      throw translateStoreError(error, basename(file));
    }
  }
  database?.close();
  return null;
}

/** The refusal of a database that a later Assay wrote. */
export const newerVersion = () => new AppError('NOT_READY', 'The data folder was written by a newer version of Assay.');

/** The refusal of a file that is damaged. */
export const damagedFile = (file: string, cause?: unknown) =>
  new AppError('NOT_READY', `${file} in the data folder is damaged; npx assay doctor --verify says where.`, { cause });

/** The refusal of a data folder that can't be made or written. */
export const unwritableFolder = (cause: unknown) =>
  new AppError(
    'NOT_READY',
    "The data folder can't be written: DATA_DIR must name a folder that Assay's user may read and write.",
    { cause },
  );

/** Empties a log that a predecessor left, or that long readers made grow. On a full disk it stays: reading doesn't need this. */
function foldLogIn(database: DatabaseSync) {
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (error) {
    if (translateStoreError(error).code !== 'STORAGE_FULL') throw error;
  }
}

/**
 * Empties the log, which still holds what has been deleted, unless somebody reads the database as it was before.
 * @returns whether it is empty now
 */
export function emptyLog(database: DatabaseSync): boolean {
  database.exec('PRAGMA busy_timeout = 0'); // searches would wait as well
  try {
    return database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.busy === 0;
  } finally {
    database.exec('PRAGMA busy_timeout = 5000');
  }
}

/**
 * Carries out a statement for its effect. `run()` also reports the connection's last row id, and throws where FTS5 has set that to
 * a number beyond 2^53, as it does when it marks a passage as removed.
 */
export function execute(statement: StatementSync, ...values: SQLInputValue[]): void {
  statement.all(...values);
}

/** Runs `work` as one transaction: everything it writes is stored, or nothing. */
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

const causeOf = (error: unknown) => (error instanceof AppError ? error.cause : error);

/** Whether an error, or the cause of an AppError, says that a file is damaged or no SQLite database, so that it may be given up. */
export function isLastingDamage(error: unknown): boolean {
  const result = resultCodeOf(causeOf(error));
  return result === sqliteCodes.corrupt || result === sqliteCodes.notADatabase;
}

/** The same, or that the disk failed to read it, which may pass. */
export function isDamageError(error: unknown): boolean {
  const isUnreadable = (causeOf(error) as { errcode?: number } | null)?.errcode === 266; // SQLITE_IOERR_READ
  return isUnreadable || isLastingDamage(error);
}

/**
 * Turns a failure of SQLite or of the disk into one that says what to do: NOT_READY, STORAGE_FULL or INTERNAL. An AppError is
 * returned as it is.
 * @param file the name of the database's file
 */
export function translateStoreError(error: unknown, file = 'assay.db'): AppError {
  if (error instanceof AppError) return error;
  const { errcode, code, syscall } = error as { errcode?: number; code?: string; syscall?: string };
  const result = resultCodeOf(error);
  if (result === sqliteCodes.busy || result === sqliteCodes.locked)
    return new AppError('NOT_READY', 'The data folder is in use by another Assay process.', { cause: error });
  // The disk is full, or a quota or a size limit refused the write (SQLITE_IOERR_WRITE, SQLITE_IOERR_SHMSIZE).
  if (result === sqliteCodes.full || errcode === 778 || errcode === 4874 || code === 'ENOSPC')
    return new AppError('STORAGE_FULL', 'The disk that holds the data folder is full.', { cause: error });
  if (
    result === sqliteCodes.readOnly ||
    result === sqliteCodes.cannotOpen ||
    // What Node says of a folder that it would have to make on a read-only disk.
    (code === 'ENOENT' && syscall === 'mkdir') ||
    ['EACCES', 'EROFS', 'EEXIST', 'ENOTDIR', 'EPERM', 'ELOOP', 'ENAMETOOLONG'].includes(code ?? '')
  )
    return unwritableFolder(error);
  if (errcode === 6410)
    // SQLITE_IOERR_GETTEMPPATH
    return new AppError('NOT_READY', 'No temporary file can be made: set TMPDIR to a folder that can be written.', {
      cause: error,
    });
  if (isDamageError(error)) return damagedFile(file, error);
  return new AppError('INTERNAL', 'The store failed.', { cause: error });
}
