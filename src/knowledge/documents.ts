import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { execute, type Migrations } from './database.ts';
import type { DocumentSummary, DocumentVersion, NewDocument, ShownPassage, StoredPassage, TextPart } from './port.ts';
import { contentCounts, createRemains, isRemoved } from './remains.ts';
import { toBytes, toFloats, toMetadata, toSpans, toWindows } from './stored-values.ts';

export const documentMigrations: Migrations = [
  `  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE collections (key INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL) STRICT;
  CREATE TABLE documents (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    collection_key INTEGER NOT NULL REFERENCES collections (key),
    source TEXT NOT NULL,
    title TEXT NOT NULL,
    format TEXT NOT NULL,
    metadata TEXT NOT NULL,
    text TEXT NOT NULL,
    characters INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (collection_key, source)
  ) STRICT;
  CREATE TABLE passages (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    document_key INTEGER NOT NULL REFERENCES documents (key),
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    text TEXT NOT NULL,
    windows BLOB NOT NULL,
    heading_paths TEXT NOT NULL,
    vectors BLOB NOT NULL
  ) STRICT;
  CREATE INDEX passages_of_document ON passages (document_key)`,
  `INSERT INTO meta VALUES ('store_id', lower(hex(randomblob(16))))`,
  // No change of the schema, but rows of removed collections may be there from now on (remains.ts).
  '',
  // From now on words are written to the full texts in another way (renew-words.ts).
  `INSERT OR REPLACE INTO meta SELECT 'words_to_renew', coalesce(max(key), 0) FROM passages`,
];

const digest = (...parts: (string | number)[]) =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 20);

const toSummary = (row: object) => {
  const summary = row as DocumentSummary & { metadata: unknown };
  return { ...summary, metadata: toMetadata(summary.metadata) } as DocumentSummary;
};

/** How much of a text is read at once, in bytes of UTF-8; it takes some 10 ms from a text of 20 MB. */
const textPartBytes = 512 * 1024;
const isInsideCharacter = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;

type Collection = { name: string; createdAt: string };

/** A stored passage, as its indexes take it in. */
type AddedPassage = { key: number; headings: string; text: string; vectors: Float32Array };

export type Documents = ReturnType<typeof createDocuments>;

/** Reads and writes collections, documents and passages as rows of the database; transactions are up to the caller. */
export function createDocuments(database: DatabaseSync) {
  const summary = `documents.id, collections.name AS collection, source, title, format, metadata, characters,
    content_hash AS contentHash, documents.created_at AS createdAt, updated_at AS updatedAt,
    (SELECT count(*) FROM passages WHERE document_key = documents.key) AS passages`;
  const fromDocuments = 'FROM documents JOIN collections ON collections.key = collection_key';
  const collection = 'SELECT name, created_at AS createdAt FROM collections';
  const remains = createRemains(database);
  const sql = {
    getMeta: database.prepare('SELECT value FROM meta WHERE name = ?'),
    setMeta: database.prepare('INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'),
    bySource: database.prepare(`SELECT ${summary} ${fromDocuments} WHERE collections.name = ? AND source = ?`),
    byId: database.prepare(`SELECT ${summary} ${fromDocuments} WHERE documents.id = ? AND NOT ${isRemoved}`),
    // As bytes, because SQLite counts the characters of texts from their beginning, and only to the first NUL.
    text: database.prepare(
      `SELECT substr(CAST(text AS BLOB), ? + 1, ${textPartBytes} + 1) AS bytes ${fromDocuments}
       WHERE documents.id = ? AND content_hash = ? AND NOT ${isRemoved}`,
    ),
    page: database.prepare(
      `SELECT ${summary} ${fromDocuments} WHERE collections.name = ? AND source > ? ORDER BY source LIMIT ?`,
    ),
    place: database.prepare(
      `SELECT documents.key, collections.name AS collection, documents.created_at AS createdAt ${fromDocuments}
       WHERE documents.id = ? AND NOT ${isRemoved}`,
    ),
    passagesOf: database.prepare(
      'SELECT count(*) AS n FROM passages WHERE document_key = (SELECT key FROM documents WHERE id = ?)',
    ),
    insertDocument: database.prepare(
      `INSERT INTO documents (id, collection_key, source, title, format, metadata, text, characters, content_hash,
       created_at, updated_at) VALUES (?, (SELECT key FROM collections WHERE name = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?)
       RETURNING key`,
    ),
    insertPassage: database.prepare(
      `INSERT INTO passages (id, document_key, start, "end", text, windows, heading_paths, vectors)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING key`,
    ),
    passage: database.prepare(
      `SELECT passages.key, passages.id, documents.id AS documentId, source, title, passages.text, start, "end",
       windows, heading_paths AS headingPaths, vectors
       FROM passages JOIN documents ON documents.key = document_key WHERE passages.key = ?`,
    ),
    shownPassage: database.prepare(
      `SELECT passages.id, documents.id AS documentId, source, title, passages.text, start, "end", windows
       FROM passages JOIN documents ON documents.key = document_key WHERE passages.key = ?`,
    ),
    vectors: database.prepare('SELECT vectors FROM passages WHERE key = ?'),
    vectorsOfDocument: database.prepare('SELECT key, vectors FROM passages WHERE document_key = ?'),
    lastPassageKey: database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'passages'"),
    passageKeys: database.prepare(
      `SELECT passages.key FROM passages JOIN documents ON documents.key = document_key
       WHERE collection_key = (SELECT key FROM collections WHERE name = ?)`,
    ),
    erasePassages: database.prepare('DELETE FROM passages WHERE document_key = ?'),
    eraseDocument: database.prepare('DELETE FROM documents WHERE key = ?'),
    collections: database.prepare(`${collection} WHERE NOT ${isRemoved} ORDER BY name`),
    collectionByName: database.prepare(`${collection} WHERE name = ? AND NOT ${isRemoved}`),
    countsOfCollection: database.prepare(
      `SELECT (SELECT count(*) FROM documents WHERE collection_key = own.key) AS documents,
        (SELECT count(*) FROM passages JOIN documents ON documents.key = document_key
         WHERE collection_key = own.key) AS passages
       FROM (SELECT (SELECT key FROM collections WHERE name = ?) AS key) AS own`,
    ),
    collectionKeys: database.prepare(`SELECT key, name FROM collections WHERE NOT ${isRemoved}`),
    insertCollection: database.prepare('INSERT INTO collections (name, created_at) VALUES (?, ?) RETURNING key'),
    counts: database.prepare(`SELECT ${contentCounts}`),
  };

  /**
   * The keys of a collection's passages, in ascending order. SQLite would sort in a temporary file, together with all that is read, and
   * so would need room for a copy of it.
   */
  function passageKeys(collection: string): Float64Array {
    const keys = sql.passageKeys.iterate(collection).map((row) => Number(row.key));
    return Float64Array.from(keys).sort();
  }

  const vectors = (passageKey: number) => toFloats(sql.vectors.get(passageKey)!.vectors);

  return {
    meta: (name: string) => (sql.getMeta.get(name)?.value as string | undefined) ?? null,
    setMeta: (name: string, value: string) => execute(sql.setMeta, name, value),

    /** The id of the document of this source: always the same, so that a repeated write replaces the first. */
    idOf: (collection: string, source: string) => digest(collection, source),
    findSource(collection: string, source: string): DocumentSummary | null {
      const row = sql.bySource.get(collection, source);
      return row ? toSummary(row) : null;
    },
    get(id: string): DocumentSummary | null {
      const row = sql.byId.get(id);
      return row ? toSummary(row) : null;
    },
    text({ id, contentHash }: DocumentVersion, from: number): TextPart | null {
      const row = sql.text.get(from, id, contentHash);
      if (!row) return null;
      const bytes = Buffer.from(row.bytes as Uint8Array);
      // One byte more was read, to see whether there is more.
      let end = Math.min(bytes.length, textPartBytes);
      while (isInsideCharacter(bytes[end])) end -= 1;
      return { text: bytes.toString('utf8', 0, end), next: end < bytes.length ? from + end : null };
    },
    page: (query: { collection: string; after: string | null; limit: number }): DocumentSummary[] =>
      sql.page.all(query.collection, query.after ?? '', query.limit).map(toSummary),
    /** How many passages a document has; none if it isn't there. */
    passagesOf: (id: string) => Number(sql.passagesOf.get(id)!.n),
    place: (id: string) => (sql.place.get(id) ?? null) as { key: number; collection: string; createdAt: string } | null,

    /** Writes a document at the first step, and then a passage at each step, which it yields. */
    *insert(document: NewDocument, dimension: number, createdAt: string): Generator<AddedPassage> {
      const id = digest(document.collection, document.source);
      remains.eraseDocument(id);
      const { key: documentKey } = sql.insertDocument.get(
        id,
        document.collection,
        document.source,
        document.title,
        document.format,
        JSON.stringify(document.metadata),
        document.text,
        document.text.length,
        document.contentHash,
        createdAt,
        new Date().toISOString(),
      )!;
      let offset = 0;
      for (const { start, end, headingPath, windows } of document.passages) {
        const text = document.text.slice(start, end);
        const vectors = document.vectors.subarray(offset, offset + windows.length * dimension);
        offset += vectors.length;
        const { key } = sql.insertPassage.get(
          digest(id, document.contentHash, start, end),
          Number(documentKey),
          start,
          end,
          text,
          toBytes(Int32Array.from(windows.flatMap((window) => [window.start, window.end]))),
          JSON.stringify(windows.map((window) => window.headingPath)),
          toBytes(vectors),
        )!;
        yield { key: Number(key), headings: [document.title, ...headingPath].join(' '), text, vectors };
      }
    },

    /** Deletes a document's rows. @returns the passages' keys and vectors, which its indexes still hold */
    erase(documentKey: number): Map<number, Float32Array> {
      const rows = sql.vectorsOfDocument.all(documentKey);
      execute(sql.erasePassages, documentKey);
      execute(sql.eraseDocument, documentKey);
      return new Map(rows.map((row) => [Number(row.key), toFloats(row.vectors)]));
    },

    passage(key: number): StoredPassage {
      const { windows, vectors, headingPaths, ...fields } = sql.passage.get(key)!;
      const read = { windows: toWindows(windows, headingPaths), vectors: toFloats(vectors) };
      return { ...(fields as Omit<StoredPassage, 'windows' | 'vectors'>), ...read };
    },
    /** What a search shows of a passage besides its ranking; null where it is gone. */
    shownPassage(key: number): ShownPassage | null {
      const row = sql.shownPassage.get(key);
      if (!row) return null;
      const { windows, ...fields } = row;
      return { ...(fields as Omit<ShownPassage, 'windows'>), windows: toSpans(windows) };
    },
    vectors,
    /** The highest key that any passage has ever had; keys are never used twice. */
    lastPassageKey: () => Number(sql.lastPassageKey.get()?.seq ?? 0),
    passageKeys,
    /** The vectors of a collection's passages, by their keys in ascending order. */
    *vectorsOf(collection: string): Generator<[number, Float32Array]> {
      for (const key of passageKeys(collection)) yield [key, vectors(key)];
    },

    collections: () => sql.collections.all() as Collection[],
    collection: (name: string) => (sql.collectionByName.get(name) ?? null) as Collection | null,
    /** Counts what a collection holds; slow if that is much. */
    countsOf: (name: string) => sql.countsOfCollection.get(name) as { documents: number; passages: number },
    collectionKeys: () => sql.collectionKeys.all() as { key: number; name: string }[],
    insertCollection: (name: string) => Number(sql.insertCollection.get(name, new Date().toISOString())!.key),
    removeCollection: remains.removeCollection,
    /** Erases some of what is left of removed collections. @returns whether there may be more */
    eraseRemains: remains.eraseSome,
    counts: () => sql.counts.get() as { documents: number; passages: number; collections: number },
  };
}
