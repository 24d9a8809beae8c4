import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../errors.ts';
import { ofDamage, ofNewerVersion, translateStoreError } from './database.ts';
import { documentMigrations } from './documents.ts';

const cutOff =
  'A restore was cut off before the store could be read again: start the service, which brings it to rest, or repeat the restore.';

/** What SQLite takes for a new database: nothing, or the one byte that it writes first (`unixFileSize` in its os_unix.c). */
const LARGEST_EMPTY = 1;

/** Whether there are documents to be read, or at least a place for them: a start that finds no room leaves an empty file. */
export const isStored = (dataDir: string) =>
  (statSync(join(dataDir, 'assay.db'), { throwIfNoEntry: false })?.size ?? 0) > LARGEST_EMPTY;

/** Whether the documents were cut off to nothing: records of asks, which come after them, are there. SQLite would begin anew. */
export const isEmptied = (dataDir: string) =>
  !isStored(dataDir) && existsSync(join(dataDir, 'assay.db')) && existsSync(join(dataDir, 'asks.db'));

/**
 * Opens the documents of a data folder for reading, also beside the service that writes them. Whatever is read is of one
 * instant, this one, however long the reading takes; the write-ahead log grows meanwhile, so close it in good time.
 * @param options.olderToo opens one of an older version as well: for those who copy it and don't look into it
 * @throws AppError NOT_READY where nothing is stored, or it is damaged, of another version, or to be brought to rest first
 */
export function openToRead(dataDir: string, options: { olderToo?: boolean } = {}): DatabaseSync {
  const file = join(dataDir, 'assay.db');
  if (isEmptied(dataDir)) throw ofDamage('assay.db');
  if (!isStored(dataDir)) throw new AppError('NOT_READY', `Nothing is stored in ${dataDir} yet.`);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
    database.exec('BEGIN');
    const version = Number(database.prepare('PRAGMA user_version').get()!.user_version);
    database.prepare('SELECT count(*) FROM sqlite_schema').get(); // a transaction begins with its first look at the data
    if (version > documentMigrations.length) throw ofNewerVersion();
    if (version < documentMigrations.length && !options.olderToo)
      throw new AppError('NOT_READY', 'The data folder is of an older version of Assay: start the service once.');
    return database;
  } catch (error) {
    database?.close();
    // SQLITE_READONLY_ROLLBACK: a journal must be rolled back first, which is for one who may write.
    if ((error as { errcode?: number }).errcode === 776) throw new AppError('NOT_READY', cutOff, { cause: error });
    throw translateStoreError(error);
  }
}
