import { copyFileSync, existsSync, linkSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../errors.ts';
import type { BackupLabel } from './backup.ts';
import { checkBackup } from './check-backup.ts';
import { translateStoreError } from './database.ts';
import { holdFromAll } from './lock.ts';
import { counted } from './remains.ts';
import { replaceFile, syncPath } from './replace-file.ts';

/** What a database that is written has beside it; of another database it would be fatal, so none may stay. */
const companions = ['-wal', '-shm', '-journal'];

/** How far a restore is; after each of these a kill leaves the old store or the new one. */
export type RestoreStep = 'locked' | 'copied' | 'checked' | 'index set aside' | 'previous kept' | 'replaced' | 'done';

/**
 * Puts a backup in the place of a store that no service uses. The backup is copied beside the old database and checked there;
 * one rename is the switch, so that a kill or a power cut at any instant leaves the old store or the new one. The indexes
 * go before it, since they are the old one's: the next start makes them anew. The records of past asks stay.
 * @param options.force replaces a store that holds documents, or one that can't be read; of that the remains are kept
 * @returns what the backup says of itself
 * @throws AppError BAD_INPUT where it is no backup that can be used, NOT_READY while another process uses the store
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
    clear(dataDir);
    onStep('locked');
    const previous = settle(place, force);
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
    clear(dataDir);
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
    const mend = /in use/.test(message) ? ' Stop the service, and whatever else uses it, before a restore.' : '';
    throw new AppError('NOT_READY', `${message}${mend}`, { cause: error });
  }
}

/** Removes what this restore, or one that was interrupted, no longer needs. */
function clear(dataDir: string) {
  for (const name of readdirSync(dataDir))
    if (/^(assay\.db\.restoring|(assay\.db|index)\.before-restore)/.test(name))
      rmSync(join(dataDir, name), { recursive: true, force: true });
}

/** Brings the database that is there to rest: all of it in its one file, and nobody else has it open. */
function settle(place: string, force: boolean): 'absent' | 'whole' | 'damaged' {
  if (!existsSync(place)) return 'absent';
  const refuse = (what: string) =>
    new AppError('BAD_INPUT', `The data folder ${what}. Give --force to put the backup in its place.`);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(place, { timeout: 5000 });
    const isMade = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'documents'").get() !== undefined;
    const documents = isMade ? Number(database.prepare(`SELECT ${counted}`).get()!.documents) : 0;
    if (documents > 0 && !force) throw refuse(`holds ${documents} documents already`);
    // Only who has a database for himself may end its write-ahead log; readers of another process keep theirs open.
    database.exec('PRAGMA journal_mode = DELETE');
    return 'whole';
  } catch (error) {
    if (error instanceof AppError) throw error;
    const primary = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
    if (primary === 5)
      throw new AppError('NOT_READY', 'Another process reads the store (a backup, an export, a check): let it end.', {
        cause: error,
      });
    if (primary !== 11 && primary !== 26) throw error;
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
 * A second name for the old database, which stays in its place until the new one takes it. Its log goes now, also where the
 * database is gone already: it would be replayed onto the new one. What was kept of another one before is removed; what this one was
 * kept of, by a restore that was killed before it came to its end, is not.
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
