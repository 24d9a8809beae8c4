import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../errors.ts';
import { damagedFile, newerVersion, translateStoreError } from './database.ts';
import { documentMigrations } from './documents.ts';

const cutOff =
  'A restore was cut off before the store could be read again: start the service, which brings it to rest, or repeat the restore.';

/** Up to this size in bytes, SQLite takes a file for a new database: it writes a single byte first (`unixFileSize` in os_unix.c). */
const LARGEST_EMPTY = 1;

/**
 * Whether there is a database to read: a start that found no room on the disk leaves an empty file.
 * @throws AppError NOT_READY where the folder may not even be looked into
 */
export function isStored(dataDir: string) {
  try {
    return (statSync(join(dataDir, 'assay.db'), { throwIfNoEntry: false })?.size ?? 0) > LARGEST_EMPTY;
  } catch (error) {
    throw translateStoreError(error);
  }
}

/** Whether the database was truncated to nothing: it is empty, yet `asks.db`, which is made after it, exists. SQLite would start afresh. */
export const isEmptied = (dataDir: string) =>
  !isStored(dataDir) && existsSync(join(dataDir, 'assay.db')) && existsSync(join(dataDir, 'asks.db'));

/**
 * Opens the documents of a data folder for reading, also while a service writes them. Everything is read as of this instant, however
 * long the reading takes; the write-ahead log grows meanwhile, so close the database soon.
 * @param options.olderToo accepts a database of an older version too, for a caller that copies it as it is
 * @throws AppError NOT_READY where nothing is stored, or it is damaged, of another version, or left by a restore that was cut off
 */
export function openToRead(dataDir: string, options: { olderToo?: boolean } = {}): DatabaseSync {
  const file = join(dataDir, 'assay.db');
  if (isEmptied(dataDir)) throw damagedFile('assay.db');
  if (!isStored(dataDir)) throw new AppError('NOT_READY', `Nothing is stored in ${dataDir} yet.`);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
    database.exec('BEGIN');
    const version = Number(database.prepare('PRAGMA user_version').get()!.user_version);
    database.prepare('SELECT count(*) FROM sqlite_schema').get(); // a transaction begins with its first look at the data
    if (version > documentMigrations.length) throw newerVersion();
    if (version < documentMigrations.length && !options.olderToo)
      throw new AppError('NOT_READY', 'The data folder is of an older version of Assay: start the service once.');
    return database;
  } catch (error) {
    database?.close();
    // SQLITE_READONLY_ROLLBACK: a journal must be rolled back first, which takes a connection that may write.
    if ((error as { errcode?: number }).errcode === 776) throw new AppError('NOT_READY', cutOff, { cause: error });
    throw translateStoreError(error);
  }
}
