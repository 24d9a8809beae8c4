import { accessSync, closeSync, constants, existsSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../errors.ts';
import { isDamageError, makeDataFolder, translateStoreError } from './database.ts';

/** The refusal when another folder is in the place of the one that is open: what was written would go into files that nobody finds. */
export const folderReplaced = () =>
  new AppError(
    'NOT_READY',
    'The data folder was removed or replaced under the service: put it back, or start the service anew.',
  );

/** Shared by all services that have the store open, or held exclusively while the store's content is replaced. */
const serviceLock = 'service.lock';

/**
 * Takes the data folder for this process alone, until `release` or the end of the process, however it ends: the kernel holds the lock,
 * on a file of its own, so that other processes can still read the databases.
 * @param file the lock's file; another than the default for work that may go on beside the store's owner
 * @returns `check`, which throws NOT_READY where the held file is no longer the one in the folder, and `release`
 * @throws AppError NOT_READY where another process holds the lock, or the folder can't be written
 */
export function holdLock(dataDir: string, file = 'lock.db'): { check: () => void; release: () => void } {
  const held = open(dataDir, file, () => {
    accessSync(dataDir, constants.W_OK); // on a read-only disk, an existing lock file could still be locked
    return begin(new DatabaseSync(join(dataDir, file)), 'PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  });
  const inode = () => statSync(join(dataDir, file), { bigint: true, throwIfNoEntry: false })?.ino;
  const own = inode();
  return {
    check() {
      if (inode() !== own) throw folderReplaced();
    },
    release: () => held.close(),
  };
}

/**
 * Marks the store as open by this process, also during a restart of its host, when nobody holds the folder's lock. The file is opened
 * for reading alone, so that the disk can still be made read-only.
 * @returns a function that ends this; it may be called more than once
 * @throws AppError NOT_READY while the store's content is being replaced, or where the folder can't be written
 */
export function holdOpen(dataDir: string): () => void {
  const place = join(dataDir, serviceLock);
  const held = open(dataDir, serviceLock, () => {
    if (!existsSync(place)) closeSync(openSync(place, 'a'));
    return begin(new DatabaseSync(place, { readOnly: true }), 'BEGIN; SELECT count(*) FROM sqlite_schema');
  });
  return () => {
    if (held.isOpen) held.close();
  };
}

/**
 * Takes the data folder in order to replace the store's content: no host may be using it, and nobody may have it open.
 * @throws AppError NOT_READY, as `holdLock` does
 */
export function holdFromAll(dataDir: string): { release: () => void } {
  const service = holdLock(dataDir, serviceLock);
  try {
    const folder = holdLock(dataDir);
    return {
      release() {
        folder.release();
        service.release();
      },
    };
  } catch (error) {
    service.release();
    throw error;
  }
}

function open(dataDir: string, file: string, work: () => DatabaseSync): DatabaseSync {
  try {
    makeDataFolder(dataDir);
    return work();
  } catch (error) {
    if (isDamageError(error))
      throw new AppError('NOT_READY', `${file} in the data folder is damaged: remove it, nothing is kept in it.`);
    throw translateStoreError(error);
  }
}

function begin(database: DatabaseSync, statements: string): DatabaseSync {
  try {
    // A predecessor that was just killed may hold the lock for another moment.
    database.exec(`PRAGMA busy_timeout = 5000; ${statements}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
