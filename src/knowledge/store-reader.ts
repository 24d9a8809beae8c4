import type { DocumentSummary, NewDocument } from './port.ts';

/** A document that a store holds, and how to read all of it: null where it is gone by now. */
export type ListedDocument = Pick<DocumentSummary, 'source' | 'contentHash' | 'passages'> & {
  read: () => Promise<NewDocument | null>;
};

/** Reads everything that a store holds, vectors included, as it was put. */
export interface StoreReader {
  /** The model whose vectors the store holds; null where it has never held any. */
  embeddingModel: string | null;
  collections: () => Promise<string[]>;
  /** The documents of a collection in the order of their sources' bytes. */
  documents: (collection: string) => AsyncGenerator<ListedDocument>;
  close: () => Promise<void>;
}
