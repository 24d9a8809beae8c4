import { copyFileSync, existsSync, linkSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { counted } from '../counted.ts';
import { AppError } from '../errors.ts';
import type { BackupLabel } from './backup.ts';
import { checkBackup } from './check-backup.ts';
import { isDamageError, resultCodeOf, sqliteCodes, translateStoreError } from './database.ts';
import { holdFromAll } from './lock.ts';
import { removeRestoreLeftovers } from './open-folder.ts';
import { contentCounts } from './remains.ts';
import { replaceFile, syncPath } from './replace-file.ts';

/** Files beside a database in use. Beside another database they would corrupt it, so none may stay. */
const companions = ['-wal', '-shm', '-journal'];

/** The steps of a restore; killed after any of them, it leaves either the old store or the new one. */
export type RestoreStep = 'locked' | 'copied' | 'checked' | 'index set aside' | 'previous kept' | 'replaced' | 'done';

/**
 * Replaces a store that no service uses by a backup. The backup is copied beside the old database and checked there; then one rename
 * switches over, so that a kill or a power cut at any instant leaves either the old store or the new one. The indexes, which are the
 * old store's, are moved away first; the next start makes new ones. The records of past asks stay.
 * @param options.force replaces a store that holds documents, or one that can't be read, whose files are then kept
 * @returns the backup's label, and where the files of an unreadable store are kept
 * @throws AppError BAD_INPUT where the backup can't be used, NOT_READY while another process uses the store, STORAGE_FULL
 */
export function restoreStore(options: {
  dataDir: string;
  file: string;
  force?: boolean;
  onStep?: (step: RestoreStep) => void;
}): BackupLabel & { remains: string | null } {
  const { dataDir, file, force = false, onStep = () => {} } = options;
  if (!existsSync(file) || !statSync(file).isFile())
    throw new AppError('BAD_INPUT', `There is no file ${file} to restore.`);
  const place = join(dataDir, 'assay.db');
  const incoming = join(dataDir, 'assay.db.restoring');
  const lock = holdLockAlone(dataDir);
  try {
    removeRestoreLeftovers(dataDir);
    onStep('locked');
    const previous = bringToRest(place, force);
    copyFileSync(file, incoming);
    onStep('copied');
    const label = checkBackup(incoming);
    onStep('checked');
    setIndexAside(dataDir);
    onStep('index set aside');
    const kept = join(dataDir, previous === 'damaged' ? 'assay.db.damaged' : 'assay.db.before-restore');
    keepPrevious(place, kept);
    onStep('previous kept');
    replaceFile(incoming, place);
    onStep('replaced');
    removeRestoreLeftovers(dataDir);
    onStep('done');
    return { ...label, remains: previous === 'damaged' ? kept : null };
  } catch (error) {
    throw translateStoreError(error);
  } finally {
    rmSync(incoming, { force: true });
    lock.release();
  }
}

function holdLockAlone(dataDir: string) {
  try {
    return holdFromAll(dataDir);
  } catch (error) {
    const { message } = translateStoreError(error);
    const advice = /in use/.test(message) ? ' Stop the service, and whatever else uses it, before a restore.' : '';
    throw new AppError('NOT_READY', `${message}${advice}`, { cause: error });
  }
}

/** Folds the existing database's log into its file, which makes sure that nobody else has it open. */
function bringToRest(place: string, force: boolean): 'absent' | 'whole' | 'damaged' {
  if (!existsSync(place)) return 'absent';
  const refuse = (what: string) =>
    new AppError('BAD_INPUT', `The data folder ${what}. Give --force to put the backup in its place.`);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(place, { timeout: 5000 });
    const isMade = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'documents'").get() !== undefined;
    const documents = isMade ? Number(database.prepare(`SELECT ${contentCounts}`).get()!.documents) : 0;
    if (documents > 0 && !force) throw refuse(`holds ${counted(documents, 'document')} already`);
    // SQLite ends a write-ahead log only for the sole user of the database; a reader in another process prevents it.
    database.exec('PRAGMA journal_mode = DELETE');
    return 'whole';
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (resultCodeOf(error) === sqliteCodes.busy)
      throw new AppError('NOT_READY', 'Another process reads the store (a backup, an export, a check): let it end.', {
        cause: error,
      });
    if (!isDamageError(error)) throw error;
    if (!force) throw refuse("holds a database that can't be read");
    return 'damaged';
  } finally {
    database?.close();
  }
}

function setIndexAside(dataDir: string) {
  const index = join(dataDir, 'index');
  if (existsSync(index)) renameSync(index, join(dataDir, 'index.before-restore'));
  syncPath(dataDir);
}

/**
 * Gives the old database a second name; it also stays in its place until the new one takes that. Its log is moved now, even where the
 * database itself is gone: it would be replayed onto the new one. What an earlier restore kept of another database is removed, but not
 * what a restore that was killed has already kept of this one.
 */
function keepPrevious(place: string, kept: string) {
  const isLinked = existsSync(kept) && existsSync(place) && statSync(kept).ino === statSync(place).ino;
  const isBegun = !existsSync(kept) && companions.some((companion) => existsSync(kept + companion));
  if (!isLinked && !isBegun) for (const end of ['', ...companions]) rmSync(kept + end, { force: true });
  for (const companion of companions)
    if (existsSync(place + companion)) renameSync(place + companion, kept + companion);
  if (existsSync(place) && !isLinked)
    try {
      linkSync(place, kept);
    } catch {
      copyFileSync(place, kept); // a file system without hard links
    }
  syncPath(join(place, '..'));
}
