import type { DatabaseSync } from 'node:sqlite';
import { execute } from './database.ts';
import { eraseFullText, isDamaged } from './full-text.ts';

/** SQL: a row of `collections` is of a removed collection. The row stays until the collection's documents have been erased, bit by bit. */
export const isRemoved = "collections.name GLOB 'removed *'";

/** SQL: the keys of removed collections. */
export const removedCollections = `(SELECT key FROM collections WHERE ${isRemoved})`;

/** SQL: a row of `passages` is of a removed collection. */
export const isOfRemoved = `(SELECT collection_key FROM documents WHERE documents.key = document_key) IN ${removedCollections}`;

/** SQL: how much a store holds, not counting what is left of removed collections. */
export const contentCounts = `
  (SELECT count(*) FROM documents)
    - (SELECT count(*) FROM documents WHERE collection_key IN ${removedCollections}) AS documents,
  (SELECT count(*) FROM passages)
    - (SELECT count(*) FROM passages JOIN documents ON documents.key = document_key
       WHERE collection_key IN ${removedCollections}) AS passages,
  (SELECT count(*) FROM collections WHERE NOT ${isRemoved}) AS collections`;

/** How many rows are erased in one transaction: a few milliseconds' work, as each one's pages are overwritten. */
const erasedTogether = 100;

/**
 * Removes collections. Erasing a large one takes seconds, during which everything else would wait: so a removal only renames it,
 * which makes it impossible to find, and the content is erased later, a little at a time. Transactions are up to the caller.
 */
export function createRemains(database: DatabaseSync) {
  // Names of collections have no spaces (src/collection-name.ts).
  const removeCollection = database.prepare("UPDATE collections SET name = 'removed ' || key WHERE key = ?");
  // One collection after another: looking for a document in all of them takes longer the more there are.
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
  /** The collections whose full text can't be erased, because it is damaged; it stays. */
  const withDamagedWords = new Set<number>();

  /** @returns how many rows were erased: up to `most` passages, and the document where it has no more */
  function eraseOf(document: number, most: number): number {
    const erased = erasePassages.all(document, most).length;
    if (erased === most) return erased;
    execute(eraseDocument, document);
    return erased + 1;
  }

  /** Erases a little of a full text. @returns whether there is more of it */
  function eraseWordsOf(collection: number): boolean {
    if (withDamagedWords.has(collection)) return false;
    try {
      return eraseFullText(database, collection);
    } catch (error) {
      if (isDamaged(error)) withDamagedWords.add(collection);
      throw error; // the transaction can't be committed
    }
  }

  return {
    removeCollection: (key: number) => execute(removeCollection, key),
    /** Erases a removed collection's document of this id, to make way for the same document in a new collection of the same name. */
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
        if (document) {
          erased += eraseOf(Number(document.key), erasedTogether - erased);
          continue;
        }
        if (!eraseWordsOf(Number(collection.key))) execute(eraseCollection, collection.key!);
        break; // the more collections there are, the longer it takes to drop a full text
      }
      return true;
    },
  };
}
