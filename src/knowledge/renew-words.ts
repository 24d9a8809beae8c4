import type { DatabaseSync } from 'node:sqlite';
import { toSearchableWords } from '../scripts.ts';
import type { Documents } from './documents.ts';
import { type FullText, isDamaged } from './full-text.ts';
import { sharedPath, toWindows } from './stored-values.ts';

/** How many passages one step reads and how many it writes, at most: some ten milliseconds' work. */
const readTogether = 200;
const writtenTogether = 40;

/** Whether earlier versions may have written a text to a full text in another way: the first of them left it as it is. */
const differs = (text: string) => toSearchableWords(text) !== text;

/**
 * Writes the words of passages to their full texts anew where an earlier version wrote them in another way, a little at a time, from the
 * newest passage to the oldest. The key of the next one is in the database, so that a later start goes on from there.
 * @param options.changing carries out a change as one transaction
 * @returns `tidy`, which renews some; it returns whether there may be more
 */
export function createWordRenewal(options: {
  database: DatabaseSync;
  documents: Documents;
  collections: () => Iterable<{ key: number; fullText: FullText }>;
  changing: (work: () => void) => void;
}) {
  const { database, documents, collections, changing } = options;
  const rows = database.prepare(
    `SELECT passages.key, collection_key AS collection, title, heading_paths AS headingPaths, windows, passages.text
     FROM passages JOIN documents ON documents.key = document_key
     WHERE passages.key <= ? ORDER BY passages.key DESC LIMIT ?`,
  );

  let together = readTogether;

  /** Renews up to `together` passages, from the one with this key downwards. @returns the key of the next one; 0 at the end */
  function renew(from: number): number {
    const read = rows.all(from, together);
    const fullTexts = new Map(Array.from(collections(), ({ key, fullText }) => [key, fullText]));
    let written = 0;
    for (const { key, collection, title, text, windows, headingPaths } of read) {
      if (written === writtenTogether) return Number(key);
      const path = sharedPath(toWindows(windows, headingPaths).map(({ headingPath }) => headingPath));
      const headings = [title, ...path].join(' ');
      const fullText = fullTexts.get(Number(collection));
      if (!fullText || !(differs(String(text)) || differs(headings))) continue;
      fullText.remove(Number(key));
      fullText.add(Number(key), headings, String(text));
      written += 1;
    }
    return read.length < together ? 0 : Number(read.at(-1)!.key) - 1;
  }

  function tidy(): boolean {
    const from = Number(documents.meta('words_to_renew') ?? 0);
    if (from === 0) return false;
    const goOnFrom = (key: number) => documents.setMeta('words_to_renew', String(key));
    try {
      changing(() => goOnFrom(renew(from)));
      together = Math.min(readTogether, together * 2);
    } catch (error) {
      if (!isDamaged(error)) throw error;
      // What is damaged is found by halves and passed over, or it would be retried forever, and nothing before it be renewed.
      if (together === 1) changing(() => goOnFrom(from - 1));
      together = Math.ceil(together / 2);
    }
    return true;
  }
  return { tidy };
}
