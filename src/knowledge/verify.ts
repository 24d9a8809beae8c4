import { accessSync, constants, existsSync, lstatSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { counted } from '../counted.ts';
import { askMigrations } from './asks.ts';
import { isDamageError, newerVersion, translateStoreError, unwritableFolder } from './database.ts';
import { createDocuments } from './documents.ts';
import { isEmptied, isStored, openToRead } from './open-to-read.ts';
import type { KnowledgeStats } from './port.ts';
import type { StoreFinding } from './store-finding.ts';
import { strayAndRemovedFullTexts } from './stray-full-texts.ts';
import { verifyDocuments } from './verify-documents.ts';
import { verifyFullText } from './verify-full-text.ts';
import { verifySnapshots } from './verify-snapshots.ts';

/** How much a store holds. */
type StoreCounts = Pick<KnowledgeStats, 'documents' | 'passages' | 'collections'>;

/** How to mend a damaged database. */
const mendDatabase =
  'Restore a backup (npx assay restore FILE --force), or move the data folder away and ingest the documents again.';

/**
 * Checks quickly what a store holds and whether it can be served with the settings' embedding model; read-only, also while a service
 * uses it.
 * @param options.toText puts what it holds into words
 * @returns findings; what prevents a check is a finding too, never thrown
 */
export function inspectStore(options: {
  dataDir: string;
  embeddingModel: string;
  toText: (held: StoreCounts) => string;
}): StoreFinding[] {
  const { dataDir, embeddingModel, toText } = options;
  const findings = withDatabase(dataDir, (database) => [
    ...check('store', () => [{ name: 'store', ok: true, detail: toText(createDocuments(database).counts()) }]),
    ...check('store: embedding model', () => verifyModel(database, embeddingModel)),
    ...findUnwritable(dataDir),
  ]);
  return findings ?? [nothingStored, ...findUnwritable(dataDir)];
}

/**
 * Checks everything in a store for consistency, as of one instant; read-only, also while a service uses it. Holds one document in memory
 * at a time.
 * @param options.embeddingModel the settings' model, where they are known
 * @param options.onProgress is told how many of the passages have been checked
 * @returns a finding for each check; what prevents a check is a finding too, never thrown
 */
export async function verifyStore(options: {
  dataDir: string;
  embeddingModel?: string;
  onProgress?: (done: number, total: number) => void;
}): Promise<StoreFinding[]> {
  const { dataDir, embeddingModel } = options;
  const findings = withDatabase(dataDir, (database) => {
    const whole = check('store: database', () => verifyDatabase('store: database', database));
    const isDamaged = whole.some(({ ok }) => !ok);
    return [
      ...whole,
      ...check('store: embedding model', () => verifyModel(database, embeddingModel)),
      ...check('store: documents', () => verifyDocuments(database, options.onProgress)),
      ...check('store: full text', () => verifyFullText(database, { isDamaged })),
      ...check('store: asks', () => verifyAsks(dataDir)),
      ...check('store: left over', () => findLeftovers(dataDir)),
      ...check('store: snapshots', () => verifySnapshots(dataDir, database)),
    ];
  });
  return findings ?? [nothingStored, ...check('store: asks', () => verifyAsks(dataDir))];
}

const nothingStored: StoreFinding = { name: 'store', ok: true, detail: 'nothing is stored yet' };

/** The findings about a data folder's database, as of one instant; null where nothing is stored yet. */
function withDatabase(dataDir: string, find: (database: DatabaseSync) => StoreFinding[]): StoreFinding[] | null {
  let database: DatabaseSync;
  try {
    if (isEmptied(dataDir)) return [{ name: 'store', ok: false, detail: `assay.db is empty. ${mendDatabase}` }];
    if (!isStored(dataDir)) return null;
    database = openToRead(dataDir);
  } catch (error) {
    const detail = isDamageError(error) ? `assay.db is damaged. ${mendDatabase}` : translateStoreError(error).message;
    return [{ name: 'store', ok: false, detail }];
  }
  try {
    return find(database);
  } finally {
    database.close();
  }
}

/** Runs a check; where it can't be finished, that is the finding. */
function check(name: string, work: () => StoreFinding[]): StoreFinding[] {
  try {
    return work();
  } catch (error) {
    const cause = (error as Error).message;
    return [{ name, ok: false, detail: `It can't be read to its end (${cause}). ${mendDatabase}` }];
  }
}

/** What SQLite finds damaged, not counting what is said of some tables; null if that is nothing. */
function findDamage(database: DatabaseSync, uncounted: string[] = []): string | null {
  const names = uncounted.map((table) => new RegExp(`\\b${table}\\b`));
  const found = database
    .prepare('PRAGMA integrity_check(10)')
    .all()
    .map((row) => String(row.integrity_check))
    .filter((text) => text !== 'ok' && !names.some((name) => name.test(text)));
  return found.length === 0 ? null : found.join('; ');
}

function verifyDatabase(name: string, database: DatabaseSync): StoreFinding[] {
  // The full text of a removed collection isn't whole while it is being erased.
  const damage = findDamage(database, strayAndRemovedFullTexts(database));
  if (damage !== null) return [{ name, ok: false, detail: `SQLite finds it damaged: ${damage}. ${mendDatabase}` }];
  const dangling = database.prepare('PRAGMA foreign_key_check').all();
  const tables = [...new Set(dangling.map((row) => `${row.table} without their ${row.parent}`))].join(', ');
  if (dangling.length > 0)
    return [
      {
        name,
        ok: false,
        detail: `${counted(dangling.length, 'row')} with nothing to belong to: ${tables}. ${mendDatabase}`,
      },
    ];
  return [{ name, ok: true, detail: 'whole, and every row has what it refers to' }];
}

function verifyModel(database: DatabaseSync, embeddingModel: string | undefined): StoreFinding[] {
  const name = 'store: embedding model';
  const documents = createDocuments(database);
  const model = documents.meta('embedding_model');
  const dimension = Number(documents.meta('dimension'));
  if (documents.counts().passages === 0) return [{ name, ok: true, detail: 'no vectors yet' }];
  if (model === null || !Number.isInteger(dimension) || dimension < 1) {
    const missing = model === null ? 'which model made the vectors' : 'how long the vectors are';
    return [{ name, ok: false, detail: `The store does not say ${missing}. Make them anew: npx assay reembed.` }];
  }
  if (embeddingModel !== undefined && embeddingModel !== model) {
    const mend = 'Run npx assay reembed, or set EMBEDDING_MODEL back.';
    return [
      { name, ok: false, detail: `The vectors are of ${model}, and the settings say ${embeddingModel}. ${mend}` },
    ];
  }
  return [{ name, ok: true, detail: `${model}, vectors of ${dimension} numbers` }];
}

function verifyAsks(dataDir: string): StoreFinding[] {
  const name = 'store: asks';
  const file = join(dataDir, 'asks.db');
  if (!existsSync(file)) return [{ name, ok: true, detail: 'none kept yet' }];
  const mend = `Stop the service and remove ${file}: only the records of past asks are in it.`;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
    const { user_version: version } = database.prepare('PRAGMA user_version').get()!;
    if (Number(version) > askMigrations.length) throw newerVersion();
    const damage = findDamage(database);
    if (damage !== null) return [{ name, ok: false, detail: `SQLite finds them damaged: ${damage}. ${mend}` }];
    return [{ name, ok: true, detail: `${database.prepare('SELECT count(*) AS n FROM asks').get()!.n} kept` }];
  } catch (error) {
    const { message } = translateStoreError(error, 'asks.db');
    return [{ name, ok: false, detail: isDamageError(error) ? `They can't be read. ${mend}` : message }];
  } finally {
    database?.close();
  }
}

/** A finding where the folder, or the one in which it would be made, can't be written: then it can't be served from. */
function findUnwritable(dataDir: string): StoreFinding[] {
  let folder = resolve(dataDir);
  try {
    // A link that leads nowhere is in the way of a folder, and so is a file, of which nothing is said without the dot.
    while (!lstatSync(folder, { throwIfNoEntry: false }) && folder !== dirname(folder)) folder = dirname(folder);
    accessSync(`${folder}/.`, constants.W_OK);
    return [];
  } catch (error) {
    return [{ name: 'store: folder', ok: false, detail: unwritableFolder(error).message }];
  }
}

/** Finds what interrupted restores left, and damaged files that were set aside: harmless, but taking up room. */
function findLeftovers(dataDir: string): StoreFinding[] {
  const left = readdirSync(dataDir).filter((name) =>
    /^(assay\.db\.|asks\.db\.|index\.)(restoring|before-restore|damaged)/.test(name),
  );
  if (left.length === 0) return [];
  return [{ name: 'store: left over', ok: true, detail: `${left.join(', ')} may be deleted` }];
}
