import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { damagedFile, inTransaction, openDatabase } from './database.ts';
import { createDocuments, documentMigrations } from './documents.ts';
import { folderReplaced, holdLock } from './lock.ts';
import { isEmptied, isStored, openToRead } from './open-to-read.ts';

/**
 * Takes a data folder for this process alone, and opens its documents for writing.
 * @param options.storeId the store that must be there; by default, whichever is there or else a new one
 * @throws AppError NOT_READY where the folder is in use or damaged, or holds another store; STORAGE_FULL
 */
export function openFolder({ dataDir, storeId: expected }: { dataDir: string; storeId?: string }) {
  const file = join(dataDir, 'assay.db');
  if (expected !== undefined && !existsSync(file)) throw folderReplaced();
  if (isEmptied(dataDir)) throw damagedFile('assay.db');
  const lock = holdLock(dataDir);
  const wasStored = isStored(dataDir);
  clearAway(dataDir, { keepPrevious: true }); // it may take the room that opening needs
  const database = openDatabase(file, { migrations: documentMigrations, synchronous: 'FULL' });
  const documents = createDocuments(database);
  const storeId = documents.meta('store_id')!;
  if (expected !== undefined && expected !== storeId) throw folderReplaced();
  clearAway(dataDir, { keepPrevious: !wasStored });
  return {
    database,
    documents,
    storeId,
    /** @throws AppError NOT_READY where the folder is no longer the one that was opened */
    check: lock.check,
    /** Carries out a change as one transaction, all or nothing. @throws AppError as `check` */
    changing<T>(work: () => T): T {
      lock.check();
      return inTransaction(database, work);
    },
    close() {
      database.close();
      lock.release();
    },
  };
}

/**
 * Brings a store that an older version wrote up to date, so that it can be read.
 * @throws AppError NOT_READY as `openToRead`, and where it is older and in use; STORAGE_FULL
 */
export function bringUpToDate(dataDir: string): void {
  const database = openToRead(dataDir, { olderToo: true });
  const version = Number(database.prepare('PRAGMA user_version').get()!.user_version);
  database.close();
  if (version < documentMigrations.length) openFolder({ dataDir }).close();
}

/** What can't be removed keeps nobody from the store; verify names it. */
function clearAway(dataDir: string, options: { keepPrevious: boolean }) {
  try {
    removeRestoreLeftovers(dataDir, options);
  } catch {}
}

/**
 * Removes what a restore no longer needs, or one that was killed has left; the caller holds the folder's lock.
 * @param options.keepPrevious keeps the database that was to be replaced, while it is not known whether there is another
 */
export function removeRestoreLeftovers(dataDir: string, { keepPrevious = false } = {}): void {
  const left = keepPrevious
    ? /^(assay\.db\.restoring(-wal|-shm|-journal)?|index\.before-restore)$/
    : /^(assay\.db\.(restoring|before-restore)(-wal|-shm|-journal)?|index\.before-restore)$/;
  for (const name of readdirSync(dataDir))
    if (left.test(name)) rmSync(join(dataDir, name), { recursive: true, force: true });
}
