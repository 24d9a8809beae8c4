import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
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

/**
 * Takes the data folder for this process alone, until `release` or the end of the process, however it ends: the lock is the
 * kernel's, on a file of its own, so that others may still read the databases beside it.
 * @param file another one, for those who work beside the store's owner
 * @throws AppError NOT_READY where another process holds it, or the folder can't be written
 * @returns `check`, which throws NOT_READY where the file that is held is no longer the one in the folder, and `release`
 */
export function holdLock(dataDir: string, file = 'lock.db'): { check: () => void; release: () => void } {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK); // on a read-only disk a lock that is there already can be had
    database = new DatabaseSync(join(dataDir, file));
    // A predecessor that was just killed may need a moment to let go; hence the timeout.
    database.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (tellsOfDamage(error))
      throw new AppError('NOT_READY', `${file} in the data folder is damaged: remove it, nothing is kept in it.`);
    throw translateStoreError(error);
  }
  const held = database;
  const inode = () => statSync(join(dataDir, file), { bigint: true, throwIfNoEntry: false })?.ino;
  const own = inode();
  return {
    check() {
      if (inode() !== own) throw folderReplaced();
    },
    release: () => held.close(),
  };
}
