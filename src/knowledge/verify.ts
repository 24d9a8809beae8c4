import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { askMigrations } from './asks.ts';
import { ofNewerVersion, tellsOfDamage, translateStoreError } from './database.ts';
import { createDocuments } from './documents.ts';
import { isEmptied, isStored, openToRead } from './open-to-read.ts';
import type { KnowledgeStats } from './port.ts';
import type { StoreFinding } from './store-finding.ts';
import { verifyDocuments } from './verify-documents.ts';
import { verifyFullText } from './verify-full-text.ts';
import { verifySnapshots } from './verify-snapshots.ts';

/** How much a store holds. */
type StoreCounts = Pick<KnowledgeStats, 'documents' | 'passages' | 'collections'>;

/** What comes back a backup, or else the documents themselves. */
const mendDatabase =
  'Restore a backup (npx assay restore FILE --force), or move the data folder away and ingest the documents again.';

/**
 * A quick look at a store, read-only, beside the service if one runs: what it holds, and whether it can be served with the
 * embedding model of the settings.
 * @param options.toText says in words what it holds
 * @returns findings; what keeps it from looking is one too, never thrown
 */
export function lookAtStore(options: {
  dataDir: string;
  embeddingModel: string;
  toText: (held: StoreCounts) => string;
}): StoreFinding[] {
  const { dataDir, embeddingModel, toText } = options;
  const findings = withDatabase(dataDir, (database) => [
    ...look('store', () => [{ name: 'store', ok: true, detail: toText(createDocuments(database).counts()) }]),
    ...look('store: embedding model', () => verifyModel(database, embeddingModel)),
    ...findUnwritable(dataDir),
  ]);
  return findings ?? [nothingStored, ...findUnwritable(dataDir)];
}

/**
 * Checks a whole store against itself, read-only, as of one instant, beside the service if one runs. Holds one document in
 * memory at a time.
 * @param options.embeddingModel the model that the settings name, where they are known
 * @param options.onProgress is told how many of the passages have been looked at
 * @returns a finding for each thing that was looked at; what keeps it from looking is a finding too, never thrown
 */
export async function verifyStore(options: {
  dataDir: string;
  embeddingModel?: string;
  onProgress?: (done: number, total: number) => void;
}): Promise<StoreFinding[]> {
  const { dataDir, embeddingModel } = options;
  const findings = withDatabase(dataDir, (database) => [
    ...look('store: database', () => verifyDatabase('store: database', database)),
    ...look('store: embedding model', () => verifyModel(database, embeddingModel)),
    ...look('store: documents', () => verifyDocuments(database, options.onProgress)),
    ...look('store: full text', () => verifyFullText(database)),
    ...look('store: asks', () => verifyAsks(dataDir)),
    ...look('store: left over', () => findLeftovers(dataDir)),
    ...look('store: snapshots', () => verifySnapshots(dataDir, database)),
  ]);
  return findings ?? [nothingStored, ...look('store: asks', () => verifyAsks(dataDir))];
}

const nothingStored: StoreFinding = { name: 'store', ok: true, detail: 'nothing is stored yet' };

/** What is found in the documents of a data folder, of one instant; null where there are none yet. */
function withDatabase(dataDir: string, find: (database: DatabaseSync) => StoreFinding[]): StoreFinding[] | null {
  if (isEmptied(dataDir)) return [{ name: 'store', ok: false, detail: `assay.db is empty. ${mendDatabase}` }];
  if (!isStored(dataDir)) return null;
  let database: DatabaseSync;
  try {
    database = openToRead(dataDir);
  } catch (error) {
    const detail = tellsOfDamage(error) ? `assay.db is damaged. ${mendDatabase}` : translateStoreError(error).message;
    return [{ name: 'store', ok: false, detail }];
  }
  try {
    return find(database);
  } finally {
    database.close();
  }
}

/** What can't be read at all is a finding as well. */
function look(name: string, work: () => StoreFinding[]): StoreFinding[] {
  try {
    return work();
  } catch (error) {
    const cause = (error as Error).message;
    return [{ name, ok: false, detail: `It can't be read to its end (${cause}). ${mendDatabase}` }];
  }
}

function verifyDatabase(name: string, database: DatabaseSync): StoreFinding[] {
  const problems = database
    .prepare('PRAGMA integrity_check(10)')
    .all()
    .map((row) => String(row.integrity_check));
  if (problems.join() !== 'ok')
    return [{ name, ok: false, detail: `SQLite finds it damaged: ${problems.join('; ')}. ${mendDatabase}` }];
  const dangling = database.prepare('PRAGMA foreign_key_check').all();
  const tables = [...new Set(dangling.map((row) => `${row.table} without their ${row.parent}`))].join(', ');
  if (dangling.length > 0)
    return [{ name, ok: false, detail: `${dangling.length} rows belong to nothing: ${tables}. ${mendDatabase}` }];
  return [{ name, ok: true, detail: 'whole, and every row has what it refers to' }];
}

function verifyModel(database: DatabaseSync, embeddingModel: string | undefined): StoreFinding[] {
  const name = 'store: embedding model';
  const meta = new Map(
    database
      .prepare('SELECT name, value FROM meta')
      .all()
      .map((row) => [row.name, row.value]),
  );
  const passages = createDocuments(database).counts().passages;
  const model = meta.get('embedding_model');
  const dimension = Number(meta.get('dimension'));
  if (passages === 0) return [{ name, ok: true, detail: 'no vectors yet' }];
  if (model === undefined || !Number.isInteger(dimension) || dimension < 1) {
    const missing = model === undefined ? 'which model made the vectors' : 'how long the vectors are';
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
    if (Number(version) > askMigrations.length) throw ofNewerVersion();
    const problems = database
      .prepare('PRAGMA integrity_check(10)')
      .all()
      .map((row) => String(row.integrity_check));
    if (problems.join() !== 'ok')
      return [{ name, ok: false, detail: `SQLite finds them damaged: ${problems.join('; ')}. ${mend}` }];
    return [{ name, ok: true, detail: `${database.prepare('SELECT count(*) AS n FROM asks').get()!.n} kept` }];
  } catch (error) {
    const { message } = translateStoreError(error, 'asks.db');
    return [{ name, ok: false, detail: tellsOfDamage(error) ? `They can't be read. ${mend}` : message }];
  } finally {
    database?.close();
  }
}

/** Whoever may only read the folder, or the one that it is to be made in, can't serve from it. */
function findUnwritable(dataDir: string): StoreFinding[] {
  let folder = resolve(dataDir);
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK);
    return [];
  } catch (error) {
    return [{ name: 'store: folder', ok: false, detail: translateStoreError(error).message }];
  }
}

/** What an interrupted restore leaves, and what was damaged and set aside, is harmless, but it takes up room. */
function findLeftovers(dataDir: string): StoreFinding[] {
  const left = readdirSync(dataDir).filter((name) =>
    /^(assay\.db\.|asks\.db\.|index\.)(restoring|before-restore|damaged)/.test(name),
  );
  if (left.length === 0) return [];
  return [{ name: 'store: left over', ok: true, detail: `${left.join(', ')} may be deleted` }];
}
