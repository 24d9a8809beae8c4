import type { FoundPassage } from '../passage.ts';
import type { Span } from '../sentences.ts';

/** A window of a passage, and the headings that it stands under, uppermost first. */
export type NewWindow = Span & { headingPath: string[] };

/** What an ingested document brings: its text, how it is divided, and one vector for each window. */
export type NewDocument = {
  collection: string;
  source: string;
  title: string;
  format: string;
  metadata: Record<string, unknown>;
  text: string;
  /** Of everything that decides what is stored (text, title, metadata, splitting): equal hash, nothing to do. */
  contentHash: string;
  passages: (Span & { headingPath: string[]; windows: NewWindow[] })[];
  /** The windows' unit vectors one after another, passages in order. */
  vectors: Float32Array;
};

/** A passage as it is stored: its windows as spans of the document's text, each under its headings, and their vectors. */
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
  /** The windows' vectors one after another. */
  vectors: Float32Array;
};

/** A passage as a search shows it: where it is from, its text, and its windows' spans in the document. */
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

export type StoredDocument = DocumentSummary & { text: string };

export type CollectionSummary = { name: string; documents: number; passages: number; createdAt: string };

/** A collection that was to be made; `made` is false where it was there before. */
export type MadeCollection = { made: boolean; collection: CollectionSummary };

export type KnowledgeStats = {
  documents: number;
  passages: number;
  windows: number;
  /** How many of the windows a quantized index holds; the others are compared as they are. */
  quantizedWindows: number;
  collections: number;
  embeddingModel: string;
  dimension: number | null;
};

/** An ask's record, kept for `GET /asks/{id}`: who asked (the key's name) and the whole reply with its trace. */
export type AskRecord = { id: string; collection: string; keyName: string | null; createdAt: string; reply: unknown };

/** The record of an ask that just ended; its reply is asked for a moment later, together with others', when it is packed. */
export type NewAskRecord = Omit<AskRecord, 'reply'> & { reply: () => unknown };

/** `question` is what is searched for, and `vector` its vector. */
export type SearchQuery = {
  collection: string;
  question: string;
  vector: Float32Array;
  topK: number;
  rerankedFor?: string | undefined;
};

/**
 * The knowledge base: what any store behind Assay must do. Every promise here is asynchronous because the store lives in
 * another process or on another machine. Failures are AppErrors: COLLECTION_NOT_FOUND, NOT_READY, STORAGE_FULL, INTERNAL.
 */
export interface Knowledge {
  /**
   * Stores documents of one collection, all or none, each replacing the one of the same source; durable and searchable when
   * it resolves.
   */
  put(documents: NewDocument[]): Promise<{ id: string; passages: number; replaced: boolean }[]>;
  /** The document of this source in this collection, or null. */
  findSource(collection: string, source: string): Promise<DocumentSummary | null>;
  document(id: string): Promise<StoredDocument | null>;
  /** Documents of a collection by source, `limit` at a time; `cursor` is the last source seen. */
  documents(query: { collection: string; after: string | null; limit: number }): Promise<DocumentSummary[]>;
  /** True when a document was removed, false when there was none. */
  remove(id: string): Promise<boolean>;
  /**
   * The `topK` best passages for a question, best first: vector similarity and full text, their scores fused. With `rerankedFor`, the
   * question as somebody asked it, more are found, and put in order by what their texts say of it (src/ranking/rerank.ts).
   */
  search(query: SearchQuery): Promise<FoundPassage[]>;
  collections(): Promise<CollectionSummary[]>;
  collection(name: string): Promise<CollectionSummary | null>;
  /** The collection as it was made, or as it was found where it was there. */
  createCollection(name: string): Promise<MadeCollection>;
  removeCollection(name: string): Promise<boolean>;
  /**
   * Puts an empty collection in the place of this one; false where there is none. It is there all the time, but in Weaviate, which
   * has no transactions and is without it for a moment.
   */
  emptyCollection(name: string): Promise<boolean>;
  /**
   * Records of the same moment may be kept together, and then share one promise; where some of them can't be kept, its error names
   * them as `ids`.
   */
  saveAsk(record: NewAskRecord): Promise<void>;
  ask(id: string): Promise<AskRecord | null>;
  stats(): Promise<KnowledgeStats>;
  close(): Promise<void>;
}

/** The operations that a store carries out as they come, by name; `search`, `saveAsk` and `close` stand apart. */
export const storeOperations = [
  'put',
  'findSource',
  'document',
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
