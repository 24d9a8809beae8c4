import { join } from 'node:path';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { inTransaction, openDatabase } from './database.ts';
import type { AskRecord } from './port.ts';

/** A record on its way to the disk: its reply is bytes, which only the port's client makes and reads. */
export type PackedAsk = Omit<AskRecord, 'reply'> & { reply: Uint8Array };

const migrations = [
  `CREATE TABLE asks (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    collection TEXT NOT NULL,
    key_name TEXT,
    created_at TEXT NOT NULL,
    reply BLOB NOT NULL
  ) STRICT`,
  // Replies were JSON.
  'DELETE FROM asks',
];

/** How many records are kept; older ones go first. */
const kept = 100_000;

/** Texts take a third of their room when packed, and packing them harder saves little more. */
const pack = (reply: Uint8Array) => zstdCompressSync(reply, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });

/** The records of past asks, in a file of their own: they may be lost with the power, so that no ask waits for the disk. */
export function openAsks(dataDir: string) {
  const database = openDatabase(join(dataDir, 'asks.db'), { migrations, synchronous: 'NORMAL' });
  const insert = database.prepare(
    'INSERT OR REPLACE INTO asks (id, collection, key_name, created_at, reply) VALUES (?, ?, ?, ?, ?)',
  );
  const trim = database.prepare('DELETE FROM asks WHERE number <= ?');
  const select = database.prepare(
    'SELECT id, collection, key_name AS keyName, created_at AS createdAt, reply FROM asks WHERE id = ?',
  );

  return {
    /** Keeps records, all or none. */
    save(records: PackedAsk[]) {
      inTransaction(database, () => {
        for (const { id, collection, keyName, createdAt, reply } of records) {
          const { lastInsertRowid } = insert.run(id, collection, keyName, createdAt, pack(reply));
          if (Number(lastInsertRowid) % 1000 === 0) trim.run(Number(lastInsertRowid) - kept);
        }
      });
    },
    get(id: string): PackedAsk | null {
      const row = select.get(id) as PackedAsk | undefined;
      return row ? { ...row, reply: zstdDecompressSync(row.reply) } : null;
    },
    close: () => database.close(),
  };
}
