import { createHash } from 'node:crypto';
import { AppError, isTooLongForModel } from '../errors.ts';
import type { FaissStoreEntry, FaissStoreFolder } from './faiss-store-folder.ts';
import type { Knowledge, NewDocument } from './port.ts';

/** How many entries are stored together, all or none. */
const entriesAtOnce = 64;

/** An entry's name in the store, its title, and the metadata that is kept. */
export type EntryDescription = Pick<NewDocument, 'source' | 'title' | 'metadata'>;

export type ImportResult = {
  entries: number;
  added: number;
  replaced: number;
  unchanged: number;
  failed: { id: string; message: string }[];
};

/**
 * Takes over what a FaissStore held: each entry becomes a document of one passage with one window. Entries are stored batch by batch;
 * when the import is interrupted or repeated, those that are there already are left alone, and those that have changed are replaced.
 * @param options.describe names an entry; if it throws BAD_DOCUMENT, that entry is left out for the reason given
 * @param options.embed makes the texts' unit vectors; null where the folder's own vectors are of the store's model
 * @param options.dimension the length of the vectors of the store's model
 * @returns how many entries were added, replaced, unchanged or left out; a bad entry is reported, never thrown
 * @throws AppError BAD_INPUT where the folder's vectors can't be of the store's model; failures of the store or the embedding model
 */
export async function importFaissStore(options: {
  saved: FaissStoreFolder;
  collection: string;
  dimension: number;
  knowledge: Pick<Knowledge, 'createCollection' | 'findSource' | 'put'>;
  describe: (entry: FaissStoreEntry) => EntryDescription;
  embed: ((documents: { title: string; text: string }[]) => Promise<Float32Array[]>) | null;
  onProgress?: (done: number, total: number) => void;
}): Promise<ImportResult> {
  const { saved, collection, dimension, knowledge, describe, embed, onProgress } = options;
  const { entries, vectors } = saved;
  if (!embed && vectors?.dimension !== dimension)
    throw new AppError(
      'BAD_INPUT',
      `The folder's vectors have ${vectors?.dimension} numbers, and the store's model makes ${dimension}: they are of another model.`,
    );
  await knowledge.createCollection(collection);
  const result: ImportResult = { entries: entries.length, added: 0, replaced: 0, unchanged: 0, failed: [] };
  const sources = new Set<string>();
  const idOf = new WeakMap<NewDocument, string>();

  /** An entry as a document, without its vector where that is still to be made. */
  function toDocument(entry: FaissStoreEntry, place: number): NewDocument {
    const { text } = entry;
    if (text.trim() === '') throw new AppError('BAD_DOCUMENT', 'it has no text');
    if (text.includes('\0') || !text.isWellFormed())
      throw new AppError('BAD_DOCUMENT', 'its text holds NUL characters or lone surrogates');
    const about = describe(entry);
    if (sources.has(about.source)) throw new AppError('BAD_DOCUMENT', `another entry is called ${about.source} too`);
    sources.add(about.source);
    const vector = embed ? new Float32Array() : toUnitLength(vectors!.vector(place));
    const contentHash = createHash('sha256')
      .update(JSON.stringify(['faiss-store', about.title, about.metadata, text]))
      .update(new Uint8Array(vector.buffer))
      .digest('base64url');
    const span = { start: 0, end: text.length, headingPath: [] };
    return {
      collection,
      ...about,
      format: 'text',
      text,
      contentHash,
      passages: [{ ...span, windows: [span] }],
      vectors: vector,
    };
  }

  /** Embeds documents together, or one by one where a text is too long for the model. @returns those that have vectors now */
  async function withVectors(documents: NewDocument[]): Promise<NewDocument[]> {
    if (!embed || documents.length === 0) return documents;
    try {
      const made = await embed(documents);
      for (const [at, document] of documents.entries()) document.vectors = made[at]!;
      return documents;
    } catch (error) {
      if (!(error instanceof AppError && isTooLongForModel(error))) throw error;
    }
    if (documents.length === 1) {
      result.failed.push({ id: idOf.get(documents[0]!)!, message: 'it is too long for the embedding model' });
      return [];
    }
    const embedded: NewDocument[] = [];
    for (const document of documents) embedded.push(...(await withVectors([document])));
    return embedded;
  }

  for (let from = 0; from < entries.length; from += entriesAtOnce) {
    const news: NewDocument[] = [];
    for (const [at, entry] of entries.slice(from, from + entriesAtOnce).entries())
      try {
        const document = toDocument(entry, from + at);
        const known = await knowledge.findSource(collection, document.source);
        if (known?.contentHash === document.contentHash) result.unchanged += 1;
        else {
          news.push(document);
          idOf.set(document, entry.id);
        }
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'BAD_DOCUMENT')) throw error;
        result.failed.push({ id: entry.id, message: error.message });
      }
    const embedded = await withVectors(news);
    for (const { replaced } of await knowledge.put(embedded)) result[replaced ? 'replaced' : 'added'] += 1;
    onProgress?.(Math.min(from + entriesAtOnce, entries.length), entries.length);
  }
  return result;
}

function toUnitLength(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares);
  if (!Number.isFinite(length) || length === 0)
    throw new AppError('BAD_DOCUMENT', 'its vector is zero, or holds a number that is not finite');
  return vector.map((value) => value / length);
}
