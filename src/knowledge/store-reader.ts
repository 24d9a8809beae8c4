import type { DocumentSummary, NewDocument } from './port.ts';

/** A document of a store; `read` reads all of it, or gives null where it is gone by now. */
export type ListedDocument = Pick<DocumentSummary, 'source' | 'contentHash' | 'passages'> & {
  read: () => Promise<NewDocument | null>;
};

/** Reads everything in a store, vectors included, in the form in which it was put. */
export interface StoreReader {
  /** The model whose vectors the store holds; null where it has never held any. */
  embeddingModel: string | null;
  collections: () => Promise<string[]>;
  /** The documents of a collection in the order of their sources' bytes. */
  documents: (collection: string) => AsyncGenerator<ListedDocument>;
  close: () => Promise<void>;
}
