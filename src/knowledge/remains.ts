import type { DatabaseSync } from 'node:sqlite';
import { execute } from './database.ts';

/** Told of a row of `collections`: the collection was removed. Its documents are erased bit by bit, and their rows refer to it until then. */
export const isRemoved = "collections.name GLOB 'removed *'";

/** The keys of collections that were removed. */
export const removedCollections = `(SELECT key FROM collections WHERE ${isRemoved})`;

/** Told of a row of `passages`: its collection was removed. */
export const isOfRemoved = `(SELECT collection_key FROM documents WHERE documents.key = document_key) IN ${removedCollections}`;

/** How much a store holds, less what is left of removed collections. */
export const counted = `
  (SELECT count(*) FROM documents)
    - (SELECT count(*) FROM documents WHERE collection_key IN ${removedCollections}) AS documents,
  (SELECT count(*) FROM passages)
    - (SELECT count(*) FROM passages JOIN documents ON documents.key = document_key
       WHERE collection_key IN ${removedCollections}) AS passages,
  (SELECT count(*) FROM collections WHERE NOT ${isRemoved}) AS collections`;

/** How many rows are erased in one transaction: some milliseconds' work. */
const erasedTogether = 500;

/**
 * What is left of collections that were removed. A large one takes seconds to erase, while which everything else would wait: so its
 * removal takes its name away, and nobody finds it from then on. Transactions are the caller's.
 */
export function createRemains(database: DatabaseSync) {
  // No collection's own name has a space in it (src/collection-name.ts).
  const removeCollection = database.prepare("UPDATE collections SET name = 'removed ' || key WHERE key = ?");
  // Of one collection after another: to look through all of them for a document would take longer the more there are.
  const anyCollection = database.prepare(`SELECT key FROM collections WHERE ${isRemoved} LIMIT 1`);
  const documentOf = database.prepare('SELECT key FROM documents WHERE collection_key = ? LIMIT 1');
  const eraseCollection = database.prepare('DELETE FROM collections WHERE key = ?');
  const documentOfId = database.prepare(
    `SELECT key FROM documents WHERE id = ? AND collection_key IN ${removedCollections}`,
  );
  const erasePassages = database.prepare(
    'DELETE FROM passages WHERE key IN (SELECT key FROM passages WHERE document_key = ? LIMIT ?) RETURNING key',
  );
  const eraseDocument = database.prepare('DELETE FROM documents WHERE key = ?');

  /** @returns how many rows were erased: up to `most` passages, and the document where it has no more */
  function eraseOf(document: number, most: number): number {
    const erased = erasePassages.all(document, most).length;
    if (erased === most) return erased;
    execute(eraseDocument, document);
    return erased + 1;
  }

  return {
    removeCollection: (key: number) => execute(removeCollection, key),
    /** Makes way for a document: ids follow from names, and another collection of the same name may have come. */
    eraseDocument(id: string) {
      const left = documentOfId.get(id);
      if (left) eraseOf(Number(left.key), -1);
    },
    /** Erases a few rows. @returns whether there may be more */
    eraseSome(): boolean {
      for (let erased = 0; erased < erasedTogether; ) {
        const collection = anyCollection.get();
        if (!collection) return false;
        const document = documentOf.get(collection.key!);
        if (document) erased += eraseOf(Number(document.key), erasedTogether - erased);
        else {
          execute(eraseCollection, collection.key!);
          erased += 1;
        }
      }
      return true;
    },
  };
}
