import type { DatabaseSync } from 'node:sqlite';
import { isRemoved } from './remains.ts';
import type { StoreFinding } from './store-finding.ts';

/** Checks that the full-text table of each collection holds the keys of exactly its passages, and that no other is there. */
export function verifyFullText(database: DatabaseSync): StoreFinding[] {
  const name = 'store: full text';
  const tables = new Set(
    database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%'")
      .all()
      .map((row) => String(row.name)),
  );
  const troubles: string[] = [];
  let passages = 0;
  const collections = database.prepare(`SELECT key, name FROM collections WHERE NOT ${isRemoved} ORDER BY name`).all();
  for (const collection of collections) {
    const table = `words_${Number(collection.key)}`;
    if (!tables.delete(table)) {
      troubles.push(`the collection ${collection.name} has none`);
      continue;
    }
    const own = `SELECT passages.key FROM passages JOIN documents ON documents.key = document_key
                 WHERE collection_key = ${Number(collection.key)}`;
    const words = `SELECT rowid FROM ${table}`;
    const count = (query: string) => Number(database.prepare(`SELECT count(*) AS n FROM (${query})`).get()!.n);
    const missing = count(`${own} EXCEPT ${words}`);
    const extra = count(`${words} EXCEPT ${own}`);
    if (missing > 0) troubles.push(`it lacks ${missing} of the passages of the collection ${collection.name}`);
    if (extra > 0) troubles.push(`it holds ${extra} that the collection ${collection.name} does not have`);
    passages += count(own);
  }
  const orphans = [...tables].filter((table) => /^words_\d+$/.test(table));
  if (orphans.length > 0) troubles.push(`${orphans.join(', ')} belongs to no collection`);
  if (troubles.length === 0) return [{ name, ok: true, detail: `holds the ${passages} passages and no others` }];
  const mend = 'Restore a backup, or delete these collections and ingest their documents again.';
  return [{ name, ok: false, detail: `${troubles.join('; ')}. ${mend}` }];
}
