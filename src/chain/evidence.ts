import type { Passage } from '../passage.ts';
import type { Evidence } from './verdict.ts';

/** A shorter quotation proves nothing: it would be found in any text. */
const fewestCharacters = 3;

/**
 * Finds quotations in the passages, word for word. Only differences that nobody sees are allowed: white space, such as
 * a line break, how accented letters are spelled (NFC or NFD), and soft hyphens. What is returned is always the
 * passage's own text; a quotation that isn't found is dropped.
 * @returns each quotation found, once, in the order given, with offsets into its document
 */
export function findEvidence(quotes: string[], passages: Passage[]): Evidence[] {
  const found = new Map<string, Evidence>();
  for (const quote of quotes) {
    const words = quote.trim().split(/\s+/);
    if (words.join('').replaceAll('\u00ad', '').length < fewestCharacters) continue;
    const place =
      placeOf(words.map(RegExp.escape), passages) ?? placeOf(words.map(inAnySpelling).filter(Boolean), passages);
    if (!place) continue;
    const { passage, index, quoted } = place;
    const start = passage.start + index;
    const end = start + quoted.length;
    found.set(`${passage.documentId} ${start} ${end}`, { quote: quoted, passageId: passage.id, start, end });
  }
  return [...found.values()];
}

/** Where the words, given as patterns, first stand in a row. */
function placeOf(words: string[], passages: Passage[]) {
  const pattern = new RegExp(words.join('\\s+'), 'u');
  for (const passage of passages) {
    const match = pattern.exec(passage.text);
    if (match) return { passage, index: match.index, quoted: match[0] };
  }
  return null;
}

function inAnySpelling(word: string): string {
  const letters = Array.from(word.normalize('NFC').replaceAll('\u00ad', ''), (letter) => {
    const parts = letter.normalize('NFD');
    return parts === letter ? RegExp.escape(letter) : `(?:${letter}|${parts})`;
  });
  return letters.join('\u00ad?');
}
