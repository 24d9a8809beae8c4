import { constants } from 'node:buffer';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { counted } from '../counted.ts';
import { AppError } from '../errors.ts';
import { type FlatFile, openFlatFile } from './faiss-flat-file.ts';

/** A document as it was added to a FaissStore. */
export type FaissStoreEntry = { id: string; text: string; metadata: Record<string, unknown> };

/** A saved FaissStore: its documents in the order of their vectors, and the vectors if they were asked for. */
export type FaissStoreFolder = { entries: FaissStoreEntry[]; vectors: FlatFile | null };

/**
 * Reads a folder that LangChain.js's `FaissStore.save` wrote: `docstore.json` holds the documents by id and the id at each place of the
 * index, `faiss.index` the vectors. A FaissStore that is killed during a save leaves the two at odds; here they must agree entry by
 * entry, since a text with another text's vector would be found for the wrong questions forever.
 * @param options.withVectors whether the index is read at all
 * @throws AppError BAD_INPUT where the folder isn't one of FaissStore's, BAD_DOCUMENT where its content can't be used
 */
export function readFaissStoreFolder(folder: string, options: { withVectors: boolean }): FaissStoreFolder {
  const isFile = (name: string) => existsSync(join(folder, name)) && statSync(join(folder, name)).isFile();
  if (!isFile('docstore.json')) {
    if (isFile('index.pkl') || isFile('docstore.pkl'))
      throw new AppError(
        'BAD_INPUT',
        `${folder} was saved by LangChain for Python, whose documents are a pickle: a program that runs when it is read. ` +
          'It is not read here. Ingest the documents themselves, or save them with LangChain.js.',
      );
    throw new AppError('BAD_INPUT', `${folder} holds no docstore.json, so FaissStore did not save it.`);
  }
  const entries = readEntries(join(folder, 'docstore.json'));
  if (!options.withVectors) return { entries, vectors: null };
  if (!isFile('faiss.index')) throw new AppError('BAD_INPUT', `${folder} holds no faiss.index.`);
  const vectors = openFlatFile(join(folder, 'faiss.index'));
  if (vectors.count === entries.length) return { entries, vectors };
  vectors.close();
  throw new AppError(
    'BAD_DOCUMENT',
    `${folder} holds ${counted(entries.length, 'document')} and ${counted(vectors.count, 'vector')}: it is not known which belong together.`,
  );
}

function readEntries(file: string): FaissStoreEntry[] {
  const refuse = (what: string, cause?: unknown) =>
    new AppError('BAD_DOCUMENT', `${file} can't be used: ${what}.`, { cause });
  if (statSync(file).size > constants.MAX_STRING_LENGTH) throw refuse('it is larger than 512 MiB');
  let saved: unknown;
  try {
    saved = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)));
  } catch (error) {
    throw refuse('it is not JSON', error);
  }
  const [documents, mapping] = Array.isArray(saved) && saved.length === 2 ? (saved as unknown[]) : [];
  if (!Array.isArray(documents) || !isRecord(mapping)) throw refuse('it is not what FaissStore saves');
  const byId = new Map<string, FaissStoreEntry>();
  for (const pair of documents as unknown[]) {
    const [id, document] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (typeof id !== 'string' || !isRecord(document) || typeof document.pageContent !== 'string')
      throw refuse(`its entry ${byId.size + 1} is not a document`);
    if (byId.has(id)) throw refuse('it holds an id twice');
    byId.set(id, { id, text: document.pageContent, metadata: isRecord(document.metadata) ? document.metadata : {} });
  }
  const places = Object.keys(mapping).length;
  if (places !== byId.size)
    throw refuse(`it holds ${counted(byId.size, 'document')} and ${counted(places, 'place')} in the index`);
  const entries: FaissStoreEntry[] = [];
  for (let place = 0; place < places; place += 1) {
    const id = Object.hasOwn(mapping, place) ? mapping[place] : undefined;
    const entry = typeof id === 'string' ? byId.get(id) : undefined;
    if (!entry) throw refuse(`place ${place} of the index is not that of one document`);
    byId.delete(entry.id);
    entries.push(entry);
  }
  return entries;
}

const isRecord = (value: unknown): value is Record<string | number, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
