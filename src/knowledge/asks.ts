import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { openDatabase } from './database.ts';
import type { AskRecord } from './port.ts';

const migrations = [
  `CREATE TABLE asks (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    collection TEXT NOT NULL,
    key_name TEXT,
    created_at TEXT NOT NULL,
    reply BLOB NOT NULL
  ) STRICT`,
];

/** How many records are kept; older ones go first. */
const kept = 100_000;

/** A trace tells its passages again in every step: packed, it takes a tenth. */
const pack = (reply: unknown) => zstdCompressSync(JSON.stringify(reply));

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
    save({ id, collection, keyName, createdAt, reply }: AskRecord) {
      const { lastInsertRowid } = insert.run(id, collection, keyName, createdAt, pack(reply));
      if (Number(lastInsertRowid) % 1000 === 0) trim.run(Number(lastInsertRowid) - kept);
    },
    get(id: string): AskRecord | null {
      const row = select.get(id) as (AskRecord & { reply: Uint8Array }) | undefined;
      return row ? { ...row, reply: JSON.parse(zstdDecompressSync(row.reply).toString()) } : null;
    },
    close: () => database.close(),
  };
}
