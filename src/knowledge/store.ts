import { join } from 'node:path';
import { AppError } from '../errors.ts';
import type { FoundPassage } from '../passage.ts';
import { openAsks } from './asks.ts';
import { inTransaction, openDatabase } from './database.ts';
import { createDocuments, documentMigrations } from './documents.ts';
import { type FullText, openFullText } from './full-text.ts';
import { type Candidate, fuse } from './fuse.ts';
import { holdLock } from './lock.ts';
import type { KnowledgeStats, NewDocument } from './port.ts';
import { createVectorIndex, type NearWindow, type VectorIndex } from './vector-index.ts';

/** How many windows and passages each of the two searches hands to the fusion, at least. */
const candidatesPerSearch = 100;

/** A collection as it is searched; it has no index before its first vector, whose length nobody knows until then. */
type OpenCollection = { index: VectorIndex | null; fullText: FullText };

type Query = { question: string; vector: Float32Array; topK: number };

export type Store = ReturnType<typeof openStore>;

/**
 * The store itself, synchronous, for the one process that owns `dataDir`: SQLite holds the truth (documents, passages,
 * vectors, words, asks), FAISS an index of each collection's vectors, made from it.
 * @param embeddingModel the name of the model whose vectors come in
 * @throws AppError NOT_READY where the folder is in use or damaged, or holds the vectors of another model
 */
export function openStore(dataDir: string, embeddingModel: string) {
  const lock = holdLock(dataDir);
  const database = openDatabase(join(dataDir, 'assay.db'), { migrations: documentMigrations, synchronous: 'FULL' });
  const documents = createDocuments(database);
  const asks = openAsks(dataDir);
  const open = new Map<string, OpenCollection>();

  const storedModel = documents.meta('embedding_model');
  if (documents.counts().passages === 0) documents.setMeta('embedding_model', embeddingModel);
  else if (storedModel !== embeddingModel)
    throw new AppError(
      'NOT_READY',
      `The documents were embedded with ${storedModel}, and the settings say ${embeddingModel}. ` +
        'Run `npx assay reembed` once to make their vectors anew, or set EMBEDDING_MODEL back.',
    );
  let dimension = documents.counts().passages === 0 ? null : Number(documents.meta('dimension'));
  for (const { key, name } of documents.collectionKeys()) openCollection(key, name);

  function openCollection(key: number, name: string) {
    const collection: OpenCollection = { index: null, fullText: openFullText(database, key) };
    for (const [passageKey, vectors] of documents.vectorsOf(name)) indexOf(collection).add(passageKey, vectors);
    open.set(name, collection);
  }

  function indexOf(collection: OpenCollection): VectorIndex {
    collection.index ??= createVectorIndex(dimension!);
    return collection.index;
  }

  function need(name: string): OpenCollection {
    const collection = open.get(name);
    if (!collection) throw new AppError('COLLECTION_NOT_FOUND', 'There is no collection of this name.');
    return collection;
  }

  /** The length of a new document's vectors; the first document of a store decides it for all. */
  function dimensionOf(document: NewDocument): number {
    const windows = document.passages.reduce((sum, passage) => sum + passage.windows.length, 0);
    const length = document.vectors.length / windows;
    if (!Number.isInteger(length) || length < 1 || !document.vectors.every(Number.isFinite))
      throw new AppError(
        'MODEL_BAD_OUTPUT',
        'The embedding model returned vectors of unequal length or not of numbers.',
      );
    if (dimension !== null && length !== dimension && documents.counts().passages > 0)
      throw new AppError(
        'MODEL_BAD_OUTPUT',
        `The embedding model returned vectors of ${length}, not ${dimension}, numbers.`,
      );
    return length;
  }

  function eraseRows(documentKey: number, fullText: FullText) {
    const erased = documents.erase(documentKey);
    for (const key of erased.keys()) fullText.remove(key);
    return erased;
  }

  function put(newDocuments: NewDocument[]) {
    const lengths = new Set(newDocuments.map(dimensionOf));
    if (lengths.size > 1)
      throw new AppError('MODEL_BAD_OUTPUT', 'The embedding model returned vectors of unequal length.');
    const [length] = lengths;
    if (length === undefined) return [];
    const written = inTransaction(database, () => {
      documents.setMeta('dimension', String(length));
      return newDocuments.map((document) => writeRows(document, length));
    });
    if (length !== dimension) for (const each of open.values()) each.index = null; // all empty: see dimensionOf
    dimension = length;
    for (const { collection, erased, added } of written) {
      collection.index?.remove(erased);
      for (const passage of added) indexOf(collection).add(passage.key, passage.vectors);
    }
    return written.map(({ id, added, replaced }) => ({ id, passages: added.length, replaced }));
  }

  function writeRows(document: NewDocument, length: number) {
    const collection = need(document.collection);
    const id = documents.idOf(document.collection, document.source);
    const before = documents.place(id);
    const erased = before ? eraseRows(before.key, collection.fullText) : new Map<number, Float32Array>();
    const added = documents.insert(document, length, before?.createdAt ?? new Date().toISOString());
    for (const passage of added) collection.fullText.add(passage.key, passage.headings, passage.text);
    return { id, collection, erased, added, replaced: before !== null };
  }

  function remove(id: string): boolean {
    const found = documents.place(id);
    if (!found) return false;
    const collection = need(found.collection);
    const erased = inTransaction(database, () => eraseRows(found.key, collection.fullText));
    collection.index?.remove(erased);
    return true;
  }

  function candidatesOf(near: NearWindow[], words: Map<number, number>, question: Float32Array): Candidate[] {
    const candidates = new Map<number, Candidate>();
    for (const { passageKey: key, similarity } of near)
      if (!candidates.has(key)) candidates.set(key, { key, similarity, bm25: words.get(key) ?? 0 });
    for (const [key, bm25] of words) {
      if (candidates.has(key)) continue;
      const similarity = Math.max(...similarities(question, documents.vectors(key)));
      candidates.set(key, { key, similarity, bm25 });
    }
    return [...candidates.values()];
  }

  function toFoundPassage(key: number, question: Float32Array, score: number, rank: number): FoundPassage {
    const { id, documentId, source, title, text, start, end, windows, vectors } = documents.passage(key);
    const near = similarities(question, vectors);
    const ranked = windows.map((window, at) => ({ start: window.start, end: window.end, similarity: near[at]! }));
    return { id, documentId, source, title, text, start, end, score, rank, windows: ranked };
  }

  /** Answers several questions of a collection with one pass over its FAISS index, which costs little more than one. */
  function searchTogether(name: string, queries: Query[]): FoundPassage[][] {
    const { index, fullText } = need(name);
    if (!index || index.size === 0) return queries.map(() => []);
    const limit = Math.max(candidatesPerSearch, ...queries.map(({ topK }) => topK * 5));
    const near = index.search(Float32Array.from(queries.flatMap(({ vector }) => [...vector])), limit);
    return queries.map(({ question, vector, topK }, at) =>
      fuse(candidatesOf(near[at]!, fullText.search(question, limit), vector), index.meanSimilarity(vector))
        .slice(0, topK)
        .map(({ key, score }, place) => toFoundPassage(key, vector, score, place + 1)),
    );
  }

  function createCollection(name: string): boolean {
    if (open.has(name)) return false;
    openCollection(documents.insertCollection(name), name);
    return true;
  }

  function removeCollection(name: string): boolean {
    const collection = open.get(name);
    if (!collection) return false;
    inTransaction(database, () => {
      for (const id of documents.idsOf(name)) documents.erase(documents.place(id)!.key);
      documents.eraseCollection(name);
      collection.fullText.drop();
    });
    open.delete(name);
    return true;
  }

  return {
    put,
    remove,
    /** Whether a question's vector can be searched with; the caller asks before it joins questions into one search. */
    fits: (vector: Float32Array) =>
      dimension === null || (vector.length === dimension && vector.every(Number.isFinite)),
    searchTogether,
    createCollection,
    removeCollection,
    findSource(collection: string, source: string) {
      need(collection);
      return documents.findSource(collection, source);
    },
    document: documents.get,
    documents(query: { collection: string; after: string | null; limit: number }) {
      need(query.collection);
      return documents.page(query);
    },
    collections: documents.collections,
    collection: documents.collection,
    saveAsk: asks.save,
    ask: asks.get,
    stats(): KnowledgeStats {
      const windows = [...open.values()].reduce((sum, each) => sum + (each.index?.size ?? 0), 0);
      return { ...documents.counts(), windows, embeddingModel, dimension };
    },
    close() {
      asks.close();
      database.close();
      lock.release();
    },
  };
}

/** The cosines between a question's vector and the vectors that stand one after another in `vectors`. */
function similarities(question: Float32Array, vectors: Float32Array): number[] {
  return Array.from({ length: vectors.length / question.length }, (_, row) => {
    let product = 0;
    for (let at = 0; at < question.length; at += 1) product += question[at]! * vectors[row * question.length + at]!;
    return product;
  });
}
