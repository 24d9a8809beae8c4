import { readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Damages an SQLite file that nobody has open: overwrites the first page of a table or an index. */
export function overwritePage(file: string, name: string) {
  const database = new DatabaseSync(file, { readOnly: true });
  const { rootpage } = database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(name)!;
  const size = Number(database.prepare('PRAGMA page_size').get()!.page_size);
  database.close();
  writeFileSync(file, readFileSync(file).fill(0xa5, (Number(rootpage) - 1) * size, Number(rootpage) * size));
}
