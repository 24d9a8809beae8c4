import type { DatabaseSync } from 'node:sqlite';
import { counted } from '../counted.ts';
import { fullTextTable } from './full-text.ts';
import { isRemoved } from './remains.ts';
import type { StoreFinding } from './store-finding.ts';
import { strayAndRemovedFullTexts, strayFullTexts } from './stray-full-texts.ts';

/** Whether a full text is undamaged: the table, and those in which SQLite keeps its content. */
function isSound(database: DatabaseSync, table: string): boolean {
  try {
    return ['', '_data', '_idx', '_docsize', '_config'].every(
      (part) => database.prepare(`PRAGMA integrity_check(${table}${part})`).get()?.integrity_check === 'ok',
    );
  } catch {
    return false;
  }
}

/**
 * Checks that each collection has an undamaged full-text table with exactly its passages' keys, and that there is no other one.
 * @param options.isDamaged whether there is damage in the database, so that it is worth finding out whose full text it is in
 */
export function verifyFullText(database: DatabaseSync, { isDamaged }: { isDamaged: boolean }): StoreFinding[] {
  const name = 'store: full text';
  const tables = new Set(
    database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%'")
      .all()
      .map((row) => String(row.name)),
  );
  const problems: string[] = [];
  let passages = 0;
  const collections = database.prepare(`SELECT key, name FROM collections WHERE NOT ${isRemoved} ORDER BY name`).all();
  for (const collection of collections) {
    const key = Number(collection.key);
    const table = fullTextTable(key);
    if (!tables.has(table) || (isDamaged && !isSound(database, table))) {
      problems.push(`the collection ${collection.name} has ${tables.has(table) ? 'a damaged one' : 'none'}`);
      continue;
    }
    const own = `SELECT passages.key FROM passages JOIN documents ON documents.key = document_key
                 WHERE collection_key = ${key}`;
    const words = `SELECT rowid FROM ${table}`;
    const count = (query: string) => Number(database.prepare(`SELECT count(*) AS n FROM (${query})`).get()!.n);
    const missing = count(`${own} EXCEPT ${words}`);
    const extra = count(`${words} EXCEPT ${own}`);
    if (missing > 0) problems.push(`it lacks ${missing} of the passages of the collection ${collection.name}`);
    if (extra > 0) problems.push(`it holds ${extra} that the collection ${collection.name} does not have`);
    passages += count(own);
  }
  const strays = isDamaged
    ? strayAndRemovedFullTexts(database).filter((table) => !isSound(database, table))
    : strayFullTexts(database);
  if (problems.length === 0 && strays.length > 0) {
    const detail = `${strays.join(', ')} belongs to no collection. Make a backup, which leaves that out, and restore it.`;
    return [{ name, ok: false, detail }];
  }
  if (problems.length === 0)
    return [{ name, ok: true, detail: `holds the ${counted(passages, 'passage')} and no others` }];
  const mend = 'Restore a backup, or delete these collections and ingest their documents again.';
  return [{ name, ok: false, detail: `${problems.join('; ')}. ${mend}` }];
}
