import type { Passage } from '../passage.ts';
import type { Evidence } from './verdict.ts';

/** Shorter than this, a quotation proves nothing: it would be found in any text. */
const fewestCharacters = 3;

/**
 * Finds quotations in the passages, word for word. Only white space may differ, as a line break does; what is returned is
 * always the passage's own text. A quotation that isn't found is dropped.
 * @returns each found quotation once, in the order given, with offsets into its document
 */
export function findEvidence(quotes: string[], passages: Passage[]): Evidence[] {
  const found = new Map<string, Evidence>();
  for (const quote of quotes) {
    const words = quote.trim().split(/\s+/);
    if (words.join('').length < fewestCharacters) continue;
    const pattern = new RegExp(words.map((word) => RegExp.escape(word)).join('\\s+'), 'u');
    for (const passage of passages) {
      const match = pattern.exec(passage.text);
      if (!match) continue;
      const start = passage.start + match.index;
      const end = start + match[0].length;
      found.set(`${passage.documentId} ${start} ${end}`, { quote: match[0], passageId: passage.id, start, end });
      break;
    }
  }
  return [...found.values()];
}
