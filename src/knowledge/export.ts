import { AppError } from '../errors.ts';
import type { Span } from '../sentences.ts';
import { openToRead } from './open-to-read.ts';
import { isRemoved } from './remains.ts';
import { toFloats, toMetadata, toSpans } from './stored-values.ts';

/** A passage as it is exported; offsets are in UTF-16 code units of the document's text. */
export type ExportedPassage = Span & {
  collection: string;
  documentId: string;
  source: string;
  title: string;
  metadata: Record<string, unknown>;
  passageId: string;
  text: string;
  windows: (Span & { vector?: number[] })[];
};

/** Lines are yielded together up to about this many characters: one by one, handing them on would cost more than making them. */
const charactersAtOnce = 65_536;

/**
 * All passages of a store as JSON Lines, in the order of collections, sources and positions, as of one instant, while a service may be
 * running. Holds one passage in memory at a time.
 * @param options.collection exports this collection alone
 * @param options.vectors adds each window's vector, with the nine digits that restore the same 32-bit floats
 * @throws AppError COLLECTION_NOT_FOUND; NOT_READY where the store can't be read
 */
export function* exportPassages(options: {
  dataDir: string;
  collection?: string | undefined;
  vectors?: boolean | undefined;
  onProgress?: (done: number, total: number) => void;
}): Generator<string> {
  const { collection = null, vectors = false, onProgress } = options;
  const database = openToRead(options.dataDir);
  try {
    const collections = database
      .prepare(`SELECT key, name FROM collections WHERE name = coalesce(?, name) AND NOT ${isRemoved} ORDER BY name`)
      .all(collection);
    if (collection !== null && collections.length === 0)
      throw new AppError('COLLECTION_NOT_FOUND', 'There is no collection of this name.');
    const documents = database.prepare(
      'SELECT key, id, source, title, metadata FROM documents WHERE collection_key = ? ORDER BY source',
    );
    const passages = database.prepare(
      'SELECT id, start, "end", text, windows, vectors FROM passages WHERE document_key = ? ORDER BY key',
    );
    const keys = collections.map(({ key }) => Number(key)).join(', ');
    const total = Number(
      database
        .prepare(
          `SELECT count(*) AS n FROM passages JOIN documents ON documents.key = document_key
           WHERE collection_key IN (${keys})`,
        )
        .get()!.n,
    );
    let done = 0;
    let lines = '';
    for (const { key: collectionKey, name } of collections)
      for (const document of documents.iterate(collectionKey!)) {
        const { key, id, source, title } = document;
        const about = {
          collection: name,
          documentId: id,
          source,
          title,
          metadata: toMetadata(document.metadata),
        };
        for (const { id: passageId, start, end, text, ...blobs } of passages.iterate(key!)) {
          const windows = toWindows(blobs as { windows: Uint8Array; vectors: Uint8Array }, vectors);
          lines += `${JSON.stringify({ ...about, passageId, start, end, text, windows })}\n`;
          done += 1;
          if (lines.length < charactersAtOnce) continue;
          yield lines;
          onProgress?.(done, total);
          lines = '';
        }
      }
    if (lines !== '') yield lines;
    onProgress?.(done, total);
  } finally {
    database.close();
  }
}

function toWindows(blobs: { windows: Uint8Array; vectors: Uint8Array }, withVectors: boolean) {
  const spans = toSpans(blobs.windows);
  const numbers = withVectors ? toFloats(blobs.vectors) : null;
  return spans.map((span, at): ExportedPassage['windows'][number] => {
    if (!numbers) return span;
    const dimension = numbers.length / spans.length;
    const vector = Array.from(numbers.subarray(at * dimension, (at + 1) * dimension), (value) =>
      Number(value.toPrecision(9)),
    );
    return { ...span, vector };
  });
}
