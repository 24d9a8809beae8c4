import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { createDocuments } from './documents.ts';
import { openToRead } from './open-to-read.ts';
import { checkGeneration, pointedTo, snapshotFolder } from './snapshot.ts';
import type { StoreFinding } from './store-finding.ts';

/** Checks each collection's newest snapshot, if it has one, byte by byte, and whether it is of this store. */
export function verifySnapshots(dataDir: string, database: DatabaseSync): StoreFinding[] {
  const documents = createDocuments(database);
  const storeId = documents.meta('store_id');
  const lastPassageKey = documents.lastPassageKey();
  const wrong: string[] = [];
  let checked = 0;
  for (const { key, name } of documents.collectionKeys()) {
    const folder = snapshotFolder(dataDir, key);
    if (!existsSync(join(folder, 'current'))) continue;
    checked += 1;
    const manifest = checkGeneration(folder, pointedTo(folder))?.manifest;
    const isNewerThan = (newest: number) => manifest !== undefined && manifest.lastPassageKey > newest;
    // A running service may have stored passages, and made a snapshot of them, since the database was opened here.
    const hasLostPassages = isNewerThan(lastPassageKey) && isNewerThan(lastPassageKeyNow(dataDir));
    if (!manifest || manifest.storeId !== storeId || hasLostPassages) wrong.push(name);
  }
  const mend = 'Nothing is lost: the next start makes the index from the database, and a new snapshot after it.';
  const detail =
    wrong.length === 0
      ? `${checked} as their manifests say`
      : `damaged or foreign, of ${wrong.slice(0, 3).join(', ')}. ${mend}`;
  return [{ name: 'store: snapshots', ok: wrong.length === 0, detail }];
}

function lastPassageKeyNow(dataDir: string): number {
  const database = openToRead(dataDir);
  try {
    return createDocuments(database).lastPassageKey();
  } finally {
    database.close();
  }
}
