import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../errors.ts';
import {
  execute,
  inTransaction,
  type Migrations,
  openDatabase,
  openUndamaged,
  translateStoreError,
} from './database.ts';
import { createDocuments, documentMigrations } from './documents.ts';
import { holdFromAll, holdLock } from './lock.ts';
import { type Embed, makeMissing } from './missing-vectors.ts';
import { bringUpToDate } from './open-folder.ts';
import { isOfRemoved } from './remains.ts';

const fileName = 'reembedded.db';
const lockName = 'reembedded.lock';

/** In `meta`, `whole` is '1' once every passage that the store had has its vectors. */
const migrations: Migrations = [
  `CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE vectors (passage_id TEXT PRIMARY KEY, vectors BLOB NOT NULL) STRICT`,
];

/** The outcome: `taken` tells whether the store uses the new vectors now; otherwise a service still uses it with the old ones. */
export type Reembedded = { passages: number; taken: boolean };

/**
 * Makes all vectors of a store anew with another embedding model. They are kept in a file beside the store, by passage ids, which follow
 * from what is embedded. So a service can go on answering and writing meanwhile, and an interrupted run resumes where it stopped. Once
 * all vectors are made, they are taken into the store in one transaction if no service uses it; otherwise the next start with the new
 * model takes them (`takeReembedded`).
 * @param options.embed makes the vectors of each passage's windows, one after another
 * @throws AppError NOT_READY while another process does the same; MODEL_BAD_OUTPUT for vectors of unequal length; MODEL_REJECTED that
 * names the documents with texts that are too long for the model, after all others are done; STORAGE_FULL
 */
export async function reembed(options: {
  dataDir: string;
  embeddingModel: string;
  embed: Embed;
  onProgress?: (done: number, total: number) => void;
}): Promise<Reembedded> {
  const { dataDir, embeddingModel } = options;
  const alone = holdLock(dataDir, lockName);
  try {
    bringUpToDate(dataDir);
    const made = openMade(dataDir);
    let passages: number;
    try {
      if (made.meta('model') !== embeddingModel) made.begin(embeddingModel);
      passages = await makeMissing(made, options);
      made.setWhole();
    } finally {
      made.close();
    }
    return { passages, taken: await takeMade(options) };
  } finally {
    alone.release();
  }
}

/**
 * Takes vectors that `reembed` has made into the store, before a start with their model. Does nothing where there are none, or they are
 * of another model or incomplete.
 * @returns whether it took them; false also while another process uses them or the store
 */
export async function takeReembedded(options: {
  dataDir: string;
  embeddingModel: string;
  embed: Embed;
}): Promise<boolean> {
  if (!existsSync(join(options.dataDir, fileName))) return false;
  const alone = tryHold(() => holdLock(options.dataDir, lockName));
  try {
    return alone !== null && (await takeMade(options));
  } finally {
    alone?.release();
  }
}

/** Locks the store, makes the vectors of what has changed since, and takes all vectors into the store. */
async function takeMade(options: { dataDir: string; embeddingModel: string; embed: Embed }): Promise<boolean> {
  const { dataDir, embeddingModel } = options;
  const lock = tryHold(() => holdFromAll(dataDir));
  if (!lock) return false;
  try {
    openStoreFile(dataDir).close(); // migrates it, if it is older
    const made = openMade(dataDir);
    try {
      if (made.meta('model') !== embeddingModel || made.meta('whole') === null) return false;
      await makeMissing(made, options);
    } finally {
      made.close();
    }
    try {
      writing(() => swapVectors(dataDir, embeddingModel));
    } catch (error) {
      if ((error as AppError).code === 'MODEL_BAD_OUTPUT') removeMade(dataDir); // or the next try would find them again
      throw error;
    }
    removeMade(dataDir);
    return true;
  } finally {
    lock.release();
  }
}

/** A lock, or null where it can't be had. */
function tryHold<Lock>(hold: () => Lock): Lock | null {
  try {
    return hold();
  } catch {
    return null; // whoever opens the store next reports why
  }
}

const openStoreFile = (dataDir: string) =>
  openDatabase(join(dataDir, 'assay.db'), { migrations: documentMigrations, synchronous: 'FULL' });

/** Opens the file of new vectors; a damaged one is deleted and begun anew. */
function openMade(dataDir: string) {
  const open = () => openUndamaged(join(dataDir, fileName), { migrations, synchronous: 'NORMAL' });
  let found = open();
  if (!found) {
    removeMade(dataDir);
    found = open()!;
  }
  const database = found;
  const meta = (name: string) =>
    (database.prepare('SELECT value FROM meta WHERE name = ?').get(name)?.value as string | undefined) ?? null;
  const setMeta = (name: string, value: string) =>
    execute(database.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)'), name, value);
  const has = database.prepare('SELECT 1 FROM vectors WHERE passage_id = ?');
  const insert = database.prepare('INSERT OR REPLACE INTO vectors VALUES (?, ?)');
  const change = (work: () => void) => writing(() => inTransaction(database, work));
  return {
    meta,
    setWhole: () => writing(() => setMeta('whole', '1')),
    /** Starts over, for this model. */
    begin: (model: string) =>
      change(() => {
        database.exec('DELETE FROM vectors; DELETE FROM meta');
        setMeta('model', model);
      }),
    has: (passageId: string) => has.get(passageId) !== undefined,
    write: (vectors: Map<string, Float32Array>) =>
      change(() => {
        for (const [id, { buffer, byteOffset, byteLength }] of vectors)
          execute(insert, id, new Uint8Array(buffer, byteOffset, byteLength));
      }),
    close: () => database.close(),
  };
}

/** Runs `work`, and translates failures of SQLite and the disk. */
function writing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translateStoreError(error);
  }
}

const removeMade = (dataDir: string) => {
  for (const end of ['', '-wal', '-shm']) rmSync(join(dataDir, `${fileName}${end}`), { force: true });
};

/** Replaces the old vectors by the new ones; the caller holds the store's lock. */
function swapVectors(dataDir: string, embeddingModel: string) {
  const database = openStoreFile(dataDir);
  try {
    execute(database.prepare('ATTACH ? AS made'), join(dataDir, fileName));
    const dimension = dimensionOf(database);
    inTransaction(database, () => {
      // Without `OR ROLLBACK`, SQLite would copy what this changes to a temporary file, to undo this statement alone.
      database.exec(
        `UPDATE OR ROLLBACK passages SET vectors = (SELECT vectors FROM made.vectors WHERE passage_id = id) WHERE NOT ${isOfRemoved}`,
      );
      const documents = createDocuments(database);
      documents.setMeta('embedding_model', embeddingModel);
      documents.setMeta('store_id', randomBytes(16).toString('hex')); // so that no index of the old vectors is taken for one of these
      if (dimension !== null) documents.setMeta('dimension', String(dimension));
    });
  } finally {
    database.close();
  }
}

/** The length of the new vectors, of which a passage has one for each window (8 bytes of `windows`); null where there are none. */
function dimensionOf(database: DatabaseSync): number | null {
  const dimensions = database
    .prepare(
      `SELECT DISTINCT 1.0 * (length(made.vectors.vectors) / 4) / (length(windows) / 8) AS dimension
       FROM passages JOIN made.vectors ON passage_id = id LIMIT 2`,
    )
    .all()
    .map((row) => Number(row.dimension));
  if (dimensions.length > 1 || !Number.isInteger(dimensions[0] ?? 0))
    throw new AppError('MODEL_BAD_OUTPUT', 'The embedding model returned vectors of unequal length.');
  return dimensions[0] ?? null;
}
