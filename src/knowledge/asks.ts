import { existsSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { emptyLog, execute, inTransaction, isLastingDamage, openDatabase } from './database.ts';
import type { AskRecord } from './port.ts';

/** A record without its reply: what can be read of it without unpacking anything. */
export type AskHeader = Omit<AskRecord, 'reply'>;
/**
 * A record, and the bytes that hold its reply; only the port's client writes and reads these. They are a list of replies, and the
 * record's own is the one at `place`. A null `place` marks a record of an earlier version, whose bytes are its reply alone.
 */
export type PackedAsk = { header: AskHeader; replies: Uint8Array; place: number | null };

/** The schema of `asks.db`, version by version. */
export const askMigrations = [
  `CREATE TABLE asks (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    collection TEXT NOT NULL,
    key_name TEXT,
    created_at TEXT NOT NULL,
    reply BLOB NOT NULL
  ) STRICT`,
  // Replies used to be JSON.
  'DELETE FROM asks',
  // Replies used to be packed one by one.
  `CREATE TABLE packs (number INTEGER PRIMARY KEY, replies BLOB NOT NULL) STRICT;
  INSERT INTO packs SELECT number, reply FROM asks;
  CREATE TABLE packed_asks (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    collection TEXT NOT NULL,
    key_name TEXT,
    created_at TEXT NOT NULL,
    pack INTEGER NOT NULL,
    begins INTEGER NOT NULL,
    ends INTEGER
  ) STRICT;
  INSERT INTO packed_asks SELECT number, id, collection, key_name, created_at, number, 0, NULL FROM asks;
  DROP TABLE asks;
  ALTER TABLE packed_asks RENAME TO asks`,
  // Each reply used to have its own bytes, from `begins` to `ends`.
  'ALTER TABLE asks ADD COLUMN place INTEGER',
  // Records used to be looked at in the order in which they were stored, as if the clock were never set back.
  `CREATE INDEX asks_by_time ON asks (created_at);
  CREATE INDEX asks_of_pack ON asks (pack);
  DELETE FROM packs WHERE number NOT IN (SELECT pack FROM asks)`,
];

/** How many records are kept; older ones go first, this many at a time. */
const kept = 100_000;
const trimmedTogether = 100;

/** Compressed, texts take a fifth of the room; a higher level saves little more. One call for many replies costs less than a call for each. */
const pack = (replies: Uint8Array) =>
  zstdCompressSync(replies, { params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 } });

/** @returns null where the bytes are damaged */
function unpack(packed: Uint8Array): Uint8Array | null {
  try {
    return zstdDecompressSync(packed);
  } catch {
    return null;
  }
}

/** How often records that are too old are looked for, and how many are deleted in one go. */
const sweepEveryMs = 60_000;
const sweepRows = 100;

/**
 * The records of past asks, in a file of their own. A power cut may cost the latest ones, so that no ask has to wait for the disk.
 * Nothing else needs them: a file that can't be opened doesn't keep the store from opening, and a damaged one is set aside and a new
 * one begun.
 * @param options.retentionMs how long a record can be read; after that it is not found, whether or not it has been deleted yet
 * @param options.onSetAside is told the new name of a file that was damaged
 */
export function openAsks(
  dataDir: string,
  options: { retentionMs: number; onSetAside?: ((name: string) => void) | undefined },
) {
  const file = join(dataDir, 'asks.db');
  let records: Records | undefined;

  function use<Result>(work: (records: Records) => Result): Result {
    try {
      records ??= openRecords(file, options.retentionMs);
      return work(records);
    } catch (error) {
      if (!isLastingDamage(error)) throw error;
      records?.close();
      records = undefined; // if no new file can be opened now, the next call tries again
      const aside = `${file}.damaged`;
      for (const end of ['', '-wal', '-shm']) {
        rmSync(aside + end, { force: true });
        if (existsSync(file + end)) renameSync(file + end, aside + end);
      }
      options.onSetAside?.(basename(aside));
      records = openRecords(file, options.retentionMs);
      return work(records);
    }
  }

  let sweeping: NodeJS.Timeout;
  let isLogToEmpty = false;
  /** Deletes records that are too old, a few at a time, so that no search waits long. */
  function sweep() {
    let deleted = 0;
    try {
      deleted = use(({ eraseOld }) => eraseOld());
      if (deleted > 0) isLogToEmpty = true;
      else if (isLogToEmpty) isLogToEmpty = !use(({ emptyLog }) => emptyLog());
    } catch {
      // A full disk may have room by the next round, and until then `get` doesn't return old records. Where the file can't be opened
      // at all, whoever saves or reads records is told; documents are served all the same.
    }
    sweeping = setTimeout(sweep, deleted > 0 ? 10 : sweepEveryMs).unref();
  }
  sweep();

  return {
    /** Stores records, all or none; `replies` is the packed list of their replies, in the same order. */
    save: (headers: AskHeader[], replies: Uint8Array) => use(({ save }) => save(headers, replies)),
    /** @returns null where there is no record of this id, or its reply is damaged */
    get: (id: string) => use(({ get }) => get(id)),
    close() {
      clearTimeout(sweeping);
      records?.close();
    },
  };
}

type Records = ReturnType<typeof createRecords>;

function openRecords(file: string, retentionMs: number): Records {
  const database = openDatabase(file, { migrations: askMigrations, synchronous: 'NORMAL' });
  try {
    return createRecords(database, retentionMs);
  } catch (error) {
    database.close(); // left to the garbage collector, it would later remove the log by name, which may be another file's by then
    throw error;
  }
}

function createRecords(database: DatabaseSync, retentionMs: number) {
  const insertPack = database.prepare('INSERT INTO packs (replies) VALUES (?)');
  const insert = database.prepare(
    'INSERT OR REPLACE INTO asks (id, collection, key_name, created_at, pack, begins, place) VALUES (?, ?, ?, ?, ?, 0, ?)',
  );
  const trim = database.prepare('DELETE FROM asks WHERE number <= ? RETURNING pack');
  const select = database.prepare(
    `SELECT id, collection, key_name AS keyName, created_at AS createdAt, begins, ends, place, replies
    FROM asks JOIN packs ON packs.number = pack WHERE id = ? AND created_at > ?`,
  );
  const eraseOld = database.prepare(
    `DELETE FROM asks WHERE number IN (SELECT number FROM asks WHERE created_at <= ? ORDER BY created_at LIMIT ?)
    RETURNING pack`,
  );
  const erasePackOf = database.prepare('DELETE FROM packs WHERE number = (SELECT pack FROM asks WHERE id = ?)');
  const eraseEmptied = database.prepare(
    'DELETE FROM packs WHERE number = ? AND NOT EXISTS (SELECT 1 FROM asks WHERE pack = packs.number)',
  );
  /** Erases the packs of deleted records, except those that hold others. @returns how many records these were */
  function erasePacks(deleted: { pack?: SQLOutputValue }[]): number {
    for (const pack of new Set(deleted.map((row) => row.pack!))) execute(eraseEmptied, pack);
    return deleted.length;
  }
  const oldest = () => new Date(Date.now() - retentionMs).toISOString();

  return {
    save(headers: AskHeader[], replies: Uint8Array) {
      inTransaction(database, () => {
        // Records whose host was killed before it could say that it had them come once more, all together.
        execute(erasePackOf, headers[0]?.id ?? null);
        const { lastInsertRowid: number } = insertPack.run(pack(replies));
        for (const [place, { id, collection, keyName, createdAt }] of headers.entries()) {
          const { lastInsertRowid } = insert.run(id, collection, keyName, createdAt, number, place);
          if (Number(lastInsertRowid) % trimmedTogether === 0) erasePacks(trim.all(Number(lastInsertRowid) - kept));
        }
      });
    },
    get(id: string): PackedAsk | null {
      type Row = AskHeader & { begins: number; ends: number | null; place: number | null; replies: Uint8Array };
      const row = select.get(id, oldest()) as Row | undefined;
      const unpacked = row && unpack(row.replies);
      if (!unpacked) return null;
      const { begins, ends, place, replies, ...header } = row;
      return { header, replies: unpacked.subarray(begins, ends ?? undefined), place };
    },
    /** Deletes some of the records that are too old. @returns how many */
    eraseOld: () => inTransaction(database, () => erasePacks(eraseOld.all(oldest(), sweepRows))),
    /** Takes the deleted records out of the log too. @returns whether nobody reads it, so that this was possible */
    emptyLog: () => emptyLog(database),
    close: () => database.close(),
  };
}
