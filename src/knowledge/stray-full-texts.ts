import type { DatabaseSync } from 'node:sqlite';
import { execute } from './database.ts';
import { isRemoved } from './remains.ts';

const fullTextsBeside = (database: DatabaseSync, collections: string): string[] =>
  database
    .prepare(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%' AND name GLOB 'words_[0-9]*'
       AND name NOT IN (SELECT 'words_' || key FROM ${collections})`,
    )
    .all()
    .map((row) => String(row.name));

/** The names of full-text tables of no collection: one that is damaged stays when its collection is erased (remains.ts). */
export const strayFullTexts = (database: DatabaseSync): string[] => fullTextsBeside(database, 'collections');

/** Those of removed collections as well, which may be erased in part. */
export const strayAndRemovedFullTexts = (database: DatabaseSync): string[] =>
  fullTextsBeside(database, `collections WHERE NOT ${isRemoved}`);

/**
 * Takes stray full texts out of a copy of a store that nobody else has open. SQLite can't drop what is damaged, so their names are
 * removed from its list of tables, and then all that is still in that list is written anew.
 */
export function forgetStrayFullTexts(copy: DatabaseSync): void {
  const strays = strayAndRemovedFullTexts(copy);
  if (strays.length === 0) return;
  copy.enableDefensive(false);
  copy.exec('PRAGMA writable_schema = ON');
  const forget = copy.prepare("DELETE FROM sqlite_schema WHERE tbl_name = ? OR tbl_name GLOB ? || '_*'");
  for (const name of strays) execute(forget, name, name);
  copy.exec('PRAGMA writable_schema = RESET; VACUUM');
  copy.enableDefensive(true);
}
