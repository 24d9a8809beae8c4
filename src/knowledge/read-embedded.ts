import { createDocuments } from './documents.ts';
import { openToRead } from './open-to-read.ts';
import type { NewDocument } from './port.ts';
import type { StoreReader } from './store-reader.ts';
import { sharedPath, toFloats, toWindows } from './stored-values.ts';

const documentsAtOnce = 100;

/**
 * Reads the embedded store as of the instant of this call, also while a service uses it.
 * @throws AppError NOT_READY where nothing is stored in the folder, or it can't be read
 */
export function readEmbedded(dataDir: string): StoreReader {
  const database = openToRead(dataDir);
  const documents = createDocuments(database);
  const passagesOf = database.prepare(
    `SELECT start, "end", windows, heading_paths AS headingPaths, vectors FROM passages
     WHERE document_key = (SELECT key FROM documents WHERE id = ?) ORDER BY key`,
  );

  const textOf = database.prepare('SELECT text FROM documents WHERE id = ?');

  function readWhole(id: string): NewDocument | null {
    const document = documents.get(id);
    if (!document) return null;
    const { collection, source, title, format, metadata, contentHash } = document;
    const text = String(textOf.get(id)!.text);
    const rows = passagesOf.all(id);
    const passages = rows.map((row) => {
      const windows = toWindows(row.windows, row.headingPaths);
      const headingPath = sharedPath(windows.map((window) => window.headingPath));
      return { start: Number(row.start), end: Number(row.end), headingPath, windows };
    });
    const vectors = toFloats(Uint8Array.from(Buffer.concat(rows.map((row) => row.vectors as Uint8Array))));
    return { collection, source, title, format, metadata, text, contentHash, passages, vectors };
  }

  return {
    embeddingModel: documents.meta('embedding_model'),
    collections: async () => documents.collections().map(({ name }) => name),
    async *documents(collection) {
      for (let after: string | null = null; ; ) {
        const page = documents.page({ collection, after, limit: documentsAtOnce });
        for (const { id, source, contentHash, passages } of page)
          yield { source, contentHash, passages, read: async () => readWhole(id) };
        if (page.length < documentsAtOnce) return;
        after = page.at(-1)!.source;
      }
    },
    async close() {
      database.close();
    },
  };
}
