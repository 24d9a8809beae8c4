import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../errors.ts';
import { tellsOfDamage, translateStoreError } from './database.ts';

/** Another folder is in the place of the one that a service has open: what it wrote would be in files that nobody finds any more. */
export const folderReplaced = () =>
  new AppError(
    'NOT_READY',
    'The data folder was removed or replaced under the service: put it back, or start the service anew.',
  );

/** Held together by all who have the store open by a knowledge host, or alone by who replaces what is stored. */
const serviceLock = 'service.lock';

/**
 * Takes the data folder for this process alone, until `release` or the end of the process, however it ends: the lock is the
 * kernel's, on a file of its own, so that others may still read the databases beside it.
 * @param file another one, for those who work beside the store's owner
 * @throws AppError NOT_READY where another process holds it, or the folder can't be written
 * @returns `check`, which throws NOT_READY where the file that is held is no longer the one in the folder, and `release`
 */
export function holdLock(dataDir: string, file = 'lock.db'): { check: () => void; release: () => void } {
  const held = open(dataDir, file, () => {
    accessSync(dataDir, constants.W_OK); // on a read-only disk a lock that is there already can be had
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
 * Says that this process has the store open, for as long as it does: the lock of its host is nobody's while one that died is started
 * anew. The file is opened for reading alone, so that it keeps no disk from being made read-only.
 * @throws AppError NOT_READY while somebody replaces what is stored, or where the folder can't be written
 * @returns what ends it; more than once does no harm
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
 * Takes the data folder for who replaces what is stored: no host uses it, and nobody has it open.
 * @throws AppError NOT_READY, as `holdLock`
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
    mkdirSync(dataDir, { recursive: true });
    return work();
  } catch (error) {
    if (tellsOfDamage(error))
      throw new AppError('NOT_READY', `${file} in the data folder is damaged: remove it, nothing is kept in it.`);
    throw translateStoreError(error);
  }
}

function begin(database: DatabaseSync, statements: string): DatabaseSync {
  try {
    // A predecessor that was just killed may need a moment to let go; hence the timeout.
    database.exec(`PRAGMA busy_timeout = 5000; ${statements}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
