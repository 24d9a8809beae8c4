import { AppError } from '../errors.ts';
import { rerank, rerankedPassages } from '../ranking/rerank.ts';
import { openAsks } from './asks.ts';
import { createCollectionCounts } from './collection-counts.ts';
import type { CollectionIndex } from './collection-index.ts';
import { type FullText, openFullText } from './full-text.ts';
import { createHousekeeping } from './housekeeping.ts';
import type { Windows } from './index-part.ts';
import { createIndexes } from './indexes.ts';
import { openFolder } from './open-folder.ts';
import type { KnowledgeStats, MadeCollection, NewDocument, SearchQuery } from './port.ts';
import { type RankedPassage, rankPassages } from './rank-passages.ts';
import { createRecentPassages } from './recent-passages.ts';
import type { Tuning } from './upkeep.ts';
import { allFinite, unexpectedLength, vectorLengthOf } from './vectors.ts';
import type { Change } from './write-rows.ts';
import { createWriting } from './writing.ts';

/** How many windows, at least, the search for near ones hands to the fusion. */
const candidatesPerSearch = 100;

type OpenCollection = { key: number; fullText: FullText };
type Query = Omit<SearchQuery, 'collection'>;

export type StoreOptions = {
  dataDir: string;
  embeddingModel: string;
  askRetentionMs: number;
  tuning: Tuning;
  /** The store that must be there; by default, whichever is there or else a new one. */
  storeId?: string;
};

export type Store = ReturnType<typeof openStore>;

/**
 * The store itself, synchronous but for its writes, which take turns, for the one process that owns `dataDir`. SQLite holds everything (documents, passages, vectors, words,
 * records of asks); FAISS holds an index of each collection's vectors, made from it.
 * @param options.embeddingModel the name of the model that makes the vectors
 * @param tell.onAsksSetAside is told the new name of a damaged file of records of asks
 * @param tell.onStep is called at each step of long work: for each passage that is written or removed
 * @throws AppError NOT_READY where the folder is in use, damaged or not this store's, or holds the vectors of another model
 */
export function openStore(
  options: StoreOptions,
  tell: { onAsksSetAside?: (name: string) => void; onStep?: () => void } = {},
) {
  const { dataDir, embeddingModel } = options;
  const { onAsksSetAside, onStep = () => {} } = tell;
  const folder = openFolder(options);
  const { database, documents, changing } = folder;
  const counts = createCollectionCounts(documents);
  const { vectorsOf, shown } = createRecentPassages(documents);
  const asks = openAsks(dataDir, { retentionMs: options.askRetentionMs, onSetAside: onAsksSetAside });
  const storedModel = documents.meta('embedding_model');
  if (storedModel !== embeddingModel && documents.counts().passages === 0)
    documents.setMeta('embedding_model', embeddingModel);
  else if (storedModel !== embeddingModel)
    throw new AppError(
      'NOT_READY',
      `The documents were embedded with ${storedModel}, and the settings say ${embeddingModel}. ` +
        'Run `npx assay reembed` to make their vectors anew (a service may go on with the old ones), or set EMBEDDING_MODEL back.',
    );
  let dimension = documents.counts().passages === 0 ? null : Number(documents.meta('dimension'));
  const indexes = createIndexes({ ...options, documents });
  const open = new Map<string, OpenCollection>();
  for (const { key, name } of documents.collectionKeys())
    register(name, { key, fullText: openFullText(database, key) });

  /** Makes a collection's row and tables, in the caller's transaction: with only one of the two, the store couldn't be opened. */
  function insertCollection(name: string): OpenCollection {
    const key = documents.insertCollection(name);
    const fullText = openFullText(database, key);
    fullText.make();
    return { key, fullText };
  }

  function register(name: string, collection: OpenCollection) {
    open.set(name, collection);
    if (dimension !== null) indexes.load(name, collection.key, dimension);
  }

  /** @throws AppError COLLECTION_NOT_FOUND */
  function getCollection(name: string): OpenCollection {
    const collection = open.get(name);
    if (!collection) throw new AppError('COLLECTION_NOT_FOUND', 'There is no collection of this name.');
    return collection;
  }

  const writing = createWriting({
    dataDir,
    database,
    documents,
    check: folder.check,
    changing,
    fullTextOf: (name) => getCollection(name).fullText,
    onStep,
  });
  const { inTurn } = writing;
  const housekeeping = createHousekeeping({
    database,
    documents,
    changing,
    collections: () => open.values(),
    inTurn: writing.stepInTurn,
  });
  const wasChanged = (changes: Change[]) =>
    housekeeping.wasChanged({ hasRemoved: changes.some(({ erased }) => erased.size > 0) });

  /** The length of a new document's vectors; the first document of a store decides it for all. */
  function dimensionOf(document: NewDocument): number {
    const length = vectorLengthOf(document);
    if (dimension !== null && length !== dimension && documents.counts().passages > 0)
      throw unexpectedLength(length, dimension);
    return length;
  }

  async function put(newDocuments: NewDocument[]) {
    const lengths = new Set(newDocuments.map(dimensionOf));
    if (lengths.size > 1)
      throw new AppError('MODEL_BAD_OUTPUT', 'The embedding model returned vectors of unequal length.');
    const [length] = lengths;
    if (length === undefined) return [];
    for (const { collection } of newDocuments) getCollection(collection);
    return writing.put(newDocuments, length, (changes) => {
      if (length !== dimension) {
        dimension = length; // the store was empty: see dimensionOf
        for (const [name, { key }] of open) indexes.load(name, key, length);
      } else for (const { collection, erased, added } of changes) indexes.change(collection, erased, added);
      for (const { collection, erased, added, replaced } of changes)
        counts.change(collection, { documents: replaced ? 0 : 1, passages: added.length - erased.size });
      wasChanged(changes);
      return changes.map(({ id, added, replaced }) => ({ id, passages: added.length, replaced }));
    });
  }

  const remove = (id: string): Promise<boolean> =>
    writing.remove(id, (changes) => {
      for (const { collection, erased } of changes) {
        indexes.change(collection, erased, []);
        counts.change(collection, { documents: -1, passages: -erased.size });
      }
      if (changes.length > 0) wasChanged(changes);
      return changes.length > 0;
    });

  /**
   * Answers several questions about a collection with one pass over its FAISS index, which costs little more than one question does.
   * @returns the ranked passages of each question in order, each ranked when it is taken from the iterator
   */
  function searchTogether(name: string, queries: Query[]): IteratorObject<RankedPassage[]> {
    const { fullText } = getCollection(name);
    const index: CollectionIndex | undefined = indexes.of(name);
    if (!index || index.size === 0) return Iterator.from(queries).map(() => []);
    const depth = ({ topK, rerankedFor }: Query) =>
      rerankedFor === undefined ? topK : Math.max(topK, rerankedPassages);
    const limit = Math.max(candidatesPerSearch, ...queries.map((query) => depth(query) * 5));
    const together = new Float32Array(queries.length * index.dimension);
    for (const [at, { vector }] of queries.entries()) together.set(vector, at * index.dimension);
    const near = index.search(together, limit);
    return Iterator.from(queries).map((query, at) => {
      const { question, vector, topK, rerankedFor } = query;
      const words = fullText.search(question);
      const mean = index.meanSimilarity(vector);
      const similaritiesOf = (windows: Windows) => index.similarities(vector, windows);
      const found = { near: near[at]!, limit, words, mean };
      const ranked = rankPassages({ ...found, vector, topK: depth(query), vectorsOf, similaritiesOf });
      return rerankedFor === undefined ? ranked : rerank(rerankedFor, ranked.flatMap(withText), topK);
    });
  }

  function withText({ key, score, similarities }: RankedPassage) {
    const passage = shown(key);
    if (!passage) return [];
    const { title, text, start, windows } = passage;
    return [{ key, score, similarities, title, text, start, windows }];
  }

  function createCollection(name: string): MadeCollection {
    const made = !open.has(name);
    const inserted = made && changing(() => insertCollection(name));
    if (inserted) register(name, inserted);
    return { made, collection: counts.collection(name)! };
  }

  /** Removes a collection, whose content is erased later; if it `stays`, as an empty one. @returns false where there is none */
  function removeContent(name: string, { stays }: { stays: boolean }): boolean {
    const collection = open.get(name);
    if (!collection) return false;
    const next = changing(() => {
      documents.removeCollection(collection.key);
      return stays ? insertCollection(name) : null;
    });
    open.delete(name);
    counts.forget(name);
    indexes.drop(name, collection.key);
    if (next) register(name, next);
    housekeeping.wasChanged({ hasRemoved: true });
    return true;
  }

  return {
    put: (newDocuments: NewDocument[]) => inTurn(() => put(newDocuments)),
    remove: (id: string) => inTurn(() => remove(id)),
    /** Whether a vector can be searched with; to be checked for each question before several share a search. */
    fits: (vector: Float32Array) => dimension === null || (vector.length === dimension && allFinite(vector)),
    searchTogether,
    createCollection: (name: string) => inTurn(() => createCollection(name)),
    removeCollection: (name: string) => inTurn(() => removeContent(name, { stays: false })),
    emptyCollection: (name: string) => inTurn(() => removeContent(name, { stays: true })),
    findSource(collection: string, source: string) {
      getCollection(collection);
      return documents.findSource(collection, source);
    },
    document: documents.get,
    text: documents.text,
    documents(query: { collection: string; after: string | null; limit: number }) {
      getCollection(query.collection);
      return documents.page(query);
    },
    collections: counts.collections,
    collection: counts.collection,
    /** The passages with these keys; null for each that is gone. */
    passages: (keys: number[]) => keys.map(shown),
    saveAsks: asks.save,
    ask: asks.get,
    /** Whether a change is under way; one that takes long is carried out beside everything else. */
    isChanging: writing.isUnderWay,
    stats(): KnowledgeStats {
      folder.check();
      return { ...documents.counts(), ...indexes.stats(), embeddingModel, dimension };
    },
    storeId: folder.storeId,
    async close() {
      await writing.close();
      housekeeping.close();
      await indexes.close();
      asks.close();
      folder.close();
    },
  };
}
