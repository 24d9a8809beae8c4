import type { Documents } from './documents.ts';
import type { FullText } from './full-text.ts';
import type { NewDocument } from './port.ts';

/** What a write did to a document: its passages that are gone, with their vectors, and the new ones, in the order of their keys. */
export type Change = {
  id: string;
  collection: string;
  erased: Map<number, Float32Array>;
  added: { key: number; vectors: Float32Array }[];
  replaced: boolean;
};

/**
 * Writes documents as rows of the database and words of their collections' full texts; transactions are up to the caller.
 * @param options.fullTextOf the full text of the collection of this name
 * @param options.onStep is called for each passage that is written or removed
 */
export function createRowWriter(options: {
  documents: Documents;
  fullTextOf: (collection: string) => FullText;
  onStep: () => void;
}) {
  const { documents, fullTextOf, onStep } = options;

  function erase(documentKey: number, fullText: FullText) {
    const erased = documents.erase(documentKey);
    for (const key of erased.keys()) {
      fullText.remove(key);
      onStep();
    }
    return erased;
  }

  function write(document: NewDocument, dimension: number): Change {
    const { collection } = document;
    const fullText = fullTextOf(collection);
    const id = documents.idOf(collection, document.source);
    const before = documents.place(id);
    const erased = before ? erase(before.key, fullText) : new Map<number, Float32Array>();
    const createdAt = before?.createdAt ?? new Date().toISOString();
    const added = Array.from(documents.insert(document, dimension, createdAt), ({ key, headings, text, vectors }) => {
      fullText.add(key, headings, text);
      onStep();
      return { key, vectors };
    });
    return { id, collection, erased, added, replaced: before !== null };
  }

  return {
    /** Writes each document in place of the one from the same source. */
    put(newDocuments: NewDocument[], dimension: number): Change[] {
      documents.setMeta('dimension', String(dimension));
      return newDocuments.map((document) => write(document, dimension));
    },
    /** Erases a document, if it is there. */
    remove(id: string): Change[] {
      const found = documents.place(id);
      if (!found) return [];
      const { key, collection } = found;
      return [{ id, collection, erased: erase(key, fullTextOf(collection)), added: [], replaced: false }];
    },
  };
}
