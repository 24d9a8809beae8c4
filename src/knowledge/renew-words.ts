import type { DatabaseSync } from 'node:sqlite';
import { toSearchableWords } from '../scripts.ts';
import type { Documents } from './documents.ts';
import type { FullText } from './full-text.ts';
import { sharedPath, toWindows } from './stored-values.ts';

/** How many passages one step reads: a few milliseconds' work. */
const readTogether = 200;

/** A text as earlier versions wrote it to a full text. */
const asBefore = (text: string) => text.replaceAll('\u00ad', '').normalize('NFC');
const differs = (text: string) => toSearchableWords(text) !== asBefore(text);

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

  function tidy(): boolean {
    const from = Number(documents.meta('words_to_renew') ?? 0);
    if (from === 0) return false;
    const read = rows.all(from, readTogether);
    const next = read.length < readTogether ? 0 : Number(read.at(-1)!.key) - 1;
    const fullTexts = new Map(Array.from(collections(), ({ key, fullText }) => [key, fullText]));
    changing(() => {
      for (const { key, collection, title, text, windows, headingPaths } of read) {
        const path = sharedPath(toWindows(windows, headingPaths).map(({ headingPath }) => headingPath));
        const headings = [title, ...path].join(' ');
        const fullText = fullTexts.get(Number(collection));
        if (!fullText || !(differs(String(text)) || differs(headings))) continue;
        fullText.remove(Number(key));
        fullText.add(Number(key), headings, String(text));
      }
      documents.setMeta('words_to_renew', String(next));
    });
    return next > 0;
  }
  return { tidy };
}
