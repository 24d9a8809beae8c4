import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../errors.ts';
import { type BackupLabel, contentOf, isWhole } from './backup.ts';
import { resultCodeOf, sqliteCodes } from './database.ts';
import { documentMigrations } from './documents.ts';

/** Tables that a store may have besides those of its schema: the full text of collections. */
const furtherTables =
  /^CREATE VIRTUAL TABLE "?words_\d+"? USING fts5\(|^CREATE TABLE 'words_\d+_(data|idx|docsize|config|content)'/;

/**
 * Checks a copy of a backup, and turns it into a store. It must be undamaged, of this version or an older one, hold what its label
 * says, and have a store's tables and nothing else: a trigger or a view would be somebody's program.
 * @returns its label, which is taken out of it; the store gets a new identity
 * @throws AppError BAD_INPUT saying what is wrong
 */
export function checkBackup(file: string): BackupLabel {
  const refuse = (what: string, cause?: unknown) =>
    new AppError('BAD_INPUT', `The backup can't be used: ${what}. The store was left as it is.`, { cause });
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA synchronous = FULL');
    const version = Number(database.prepare('PRAGMA user_version').get()!.user_version);
    const hasLabel = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'backup'").get() !== undefined;
    if (!hasLabel || version < 1) throw refuse('it was not made by assay backup');
    if (version > documentMigrations.length) throw refuse('a newer version of Assay made it');
    if (!hasTablesOfStore(database, version)) throw refuse('its tables are not those of a store');
    if (!isWhole(database)) throw refuse('it is damaged');
    const label = JSON.parse(String(database.prepare('SELECT label FROM backup').get()?.label)) as BackupLabel;
    const content = contentOf(database);
    for (const name of ['documents', 'passages', 'collections'] as const)
      if (content[name] !== label[name]) throw refuse(`it holds ${content[name]} ${name}, and not ${label[name]}`);
    // Indexes made, or still being made, from the store that was backed up must not be taken for this one's.
    database.exec("UPDATE meta SET value = lower(hex(randomblob(16))) WHERE name = 'store_id'");
    database.exec('DROP TABLE backup; PRAGMA journal_mode = DELETE');
    return { ...label, ...content };
  } catch (error) {
    if (error instanceof AppError) throw error;
    const result = resultCodeOf(error);
    if (result === sqliteCodes.notADatabase) throw refuse('it was not made by assay backup', error);
    if (result === sqliteCodes.corrupt || error instanceof SyntaxError) throw refuse('it is damaged', error);
    throw error;
  } finally {
    database?.close();
  }
}

/** Compares a database's schema with the one that the migrations make. */
function hasTablesOfStore(database: DatabaseSync, version: number): boolean {
  const partsOf = (each: DatabaseSync) =>
    each
      .prepare(
        "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT IN ('backup', 'sqlite_sequence')",
      )
      .all()
      .map((row) => String(row.sql));
  const empty = new DatabaseSync(':memory:');
  try {
    for (const step of documentMigrations.slice(0, version)) empty.exec(step);
    const expected = partsOf(empty).sort();
    const own = partsOf(database).filter((sql) => !furtherTables.test(sql));
    return own.sort().join('\n') === expected.join('\n');
  } finally {
    empty.close();
  }
}
