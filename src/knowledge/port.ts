import type { FoundPassage } from '../passage.ts';
import type { Span } from '../sentences.ts';

/** A window of a passage, with the headings above it, uppermost first. */
export type NewWindow = Span & { headingPath: string[] };

/** An ingested document: its text, its passages, and a vector for each of their windows. */
export type NewDocument = {
  collection: string;
  source: string;
  title: string;
  format: string;
  metadata: Record<string, unknown>;
  text: string;
  /** A hash of everything that decides what is stored (text, title, metadata, splitting): where it is unchanged, nothing needs doing. */
  contentHash: string;
  passages: (Span & { headingPath: string[]; windows: NewWindow[] })[];
  /** The unit vectors of all windows, one after another, in the order of the passages. */
  vectors: Float32Array;
};

/** A passage as it is stored. Offsets, also those of its windows, are into the document's text, in UTF-16 code units. */
export type StoredPassage = {
  key: number;
  id: string;
  documentId: string;
  source: string;
  title: string;
  text: string;
  start: number;
  end: number;
  windows: NewWindow[];
  /** The windows' vectors, one after another. */
  vectors: Float32Array;
};

/** What a search shows of a passage besides its ranking: where it is from, its text, and its windows' spans in the document. */
export type ShownPassage = Omit<FoundPassage, 'score' | 'rank' | 'similarities'>;

export type DocumentSummary = {
  id: string;
  collection: string;
  source: string;
  title: string;
  format: string;
  metadata: Record<string, unknown>;
  contentHash: string;
  characters: number;
  passages: number;
  createdAt: string;
  updatedAt: string;
};

/** A version of a document: the text is the same wherever these are. */
export type DocumentVersion = Pick<DocumentSummary, 'id' | 'contentHash'>;

/** A part of a document's text; `next` is where the following one begins, in a unit of the store's own, null after the last. */
export type TextPart = { text: string; next: number | null };

export type CollectionSummary = { name: string; documents: number; passages: number; createdAt: string };

/** A collection that was asked for; `made` is false where it existed already. */
export type MadeCollection = { made: boolean; collection: CollectionSummary };

export type KnowledgeStats = {
  documents: number;
  passages: number;
  windows: number;
  /** How many of the windows are in quantized indexes; the others are compared exactly. */
  quantizedWindows: number;
  collections: number;
  embeddingModel: string;
  dimension: number | null;
};

/** An ask's record, kept for `GET /asks/{id}`: the name of the key that asked, and the whole reply with its trace. */
export type AskRecord = { id: string; collection: string; keyName: string | null; createdAt: string; reply: unknown };

/** The record of an ask that just ended. `reply` is called a moment later, when the record is packed together with others. */
export type NewAskRecord = Omit<AskRecord, 'reply'> & { reply: () => unknown };

/** A search: `vector` is that of `question`; for `rerankedFor` see `Knowledge.search`. */
export type SearchQuery = {
  collection: string;
  question: string;
  vector: Float32Array;
  topK: number;
  rerankedFor?: string | undefined;
};

/**
 * The knowledge base: what any store behind Assay must do. Everything is asynchronous, because the store is in another process or on
 * another machine. Failures are AppErrors: COLLECTION_NOT_FOUND, NOT_READY, STORAGE_FULL, MODEL_BAD_OUTPUT for vectors that don't fit
 * the store, INTERNAL.
 */
export interface Knowledge {
  /**
   * Stores documents of one collection, all or none, each in place of the one from the same source. They are durable and searchable
   * when it resolves.
   */
  put(documents: NewDocument[]): Promise<{ id: string; passages: number; replaced: boolean }[]>;
  /** The document of this source in this collection, or null. */
  findSource(collection: string, source: string): Promise<DocumentSummary | null>;
  document(id: string): Promise<DocumentSummary | null>;
  /**
   * A part of a document's text, of half a million characters at most where the store can read parts: from the beginning (0), or from
   * a part's `next`. Null where this version is no longer there. `src/http/read-text.ts` reads them in order.
   */
  text(version: DocumentVersion, from: number): Promise<TextPart | null>;
  /** Up to `limit` documents of a collection, ordered by source; `after` is the last source seen, null at the beginning. */
  documents(query: { collection: string; after: string | null; limit: number }): Promise<DocumentSummary[]>;
  /** Removes a document. @returns false where there was none */
  remove(id: string): Promise<boolean>;
  /**
   * The `topK` best passages for a question, best first, by the fused scores of vector similarity and full text. With `rerankedFor`,
   * the question as it was asked, more candidates are found, and reranked by what their texts say about it (src/ranking/rerank.ts).
   * @throws AppError MODEL_BAD_OUTPUT where the vector's length isn't that of the store's vectors
   */
  search(query: SearchQuery): Promise<FoundPassage[]>;
  collections(): Promise<CollectionSummary[]>;
  collection(name: string): Promise<CollectionSummary | null>;
  /** Makes a collection, or returns the one that exists. */
  createCollection(name: string): Promise<MadeCollection>;
  removeCollection(name: string): Promise<boolean>;
  /**
   * Replaces a collection by an empty one. It exists all the time, except in Weaviate, which has no transactions and lacks it for a
   * moment.
   * @returns false where there was none
   */
  emptyCollection(name: string): Promise<boolean>;
  /**
   * Saves the record of an ask. Records of the same moment may be saved together and then share a promise; if it rejects, the `ids` of
   * its error name those that were lost.
   */
  saveAsk(record: NewAskRecord): Promise<void>;
  ask(id: string): Promise<AskRecord | null>;
  stats(): Promise<KnowledgeStats>;
  close(): Promise<void>;
}

/** The operations that are passed on to a store as they are; `search`, `saveAsk` and `close` are handled apart. */
export const storeOperations = [
  'put',
  'findSource',
  'document',
  'text',
  'documents',
  'remove',
  'collections',
  'collection',
  'createCollection',
  'removeCollection',
  'emptyCollection',
  'ask',
  'stats',
] as const satisfies (keyof Knowledge)[];
