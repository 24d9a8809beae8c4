import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { createDocuments } from './documents.ts';
import { openToRead } from './open-to-read.ts';
import { checkGeneration, pointedTo, snapshotFolder } from './snapshot.ts';
import type { StoreFinding } from './store-finding.ts';

/** Checks each collection's newest snapshot byte for byte, and whose it is; one that is not there yet is none to check. */
export function verifySnapshots(dataDir: string, database: DatabaseSync): StoreFinding[] {
  const storeId = database.prepare("SELECT value FROM meta WHERE name = 'store_id'").get()?.value;
  const lastPassageKey = lastPassageKeyIn(database);
  const wrong: string[] = [];
  let checked = 0;
  for (const { key, name } of createDocuments(database).collectionKeys()) {
    const folder = snapshotFolder(dataDir, key);
    if (!existsSync(join(folder, 'current'))) continue;
    checked += 1;
    const manifest = checkGeneration(folder, pointedTo(folder))?.manifest;
    const isLost = (newest: number) => manifest !== undefined && manifest.lastPassageKey > newest;
    // A service that runs beside may have stored passages, and made a snapshot of them, since this look at the database began.
    const isWrong = isLost(lastPassageKey) && isLost(lastPassageKeyNow(dataDir));
    if (!manifest || manifest.storeId !== storeId || isWrong) wrong.push(name);
  }
  const mend = 'Nothing is lost: the next start makes the index from the database, and a new snapshot after it.';
  const detail =
    wrong.length === 0
      ? `${checked} as their manifests say`
      : `damaged or foreign, of ${wrong.slice(0, 3).join(', ')}. ${mend}`;
  return [{ name: 'store: snapshots', ok: wrong.length === 0, detail }];
}

const lastPassageKeyIn = (database: DatabaseSync) =>
  Number(database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'passages'").get()?.seq ?? 0);

function lastPassageKeyNow(dataDir: string): number {
  const database = openToRead(dataDir);
  try {
    return lastPassageKeyIn(database);
  } finally {
    database.close();
  }
}
