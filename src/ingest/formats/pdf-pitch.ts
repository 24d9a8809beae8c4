import type { PlacedItem } from './pdf-reading-order.ts';

/** Shorter texts (in UTF-16 code units) say too little of a font, and so do few of them. */
const SHORTEST = 4;
const FEWEST = 3;
/** Digits are equally wide in most fonts. */
const WORD = /\p{L}{2}/u;
/** The letters of a typewriter's font are equally wide, but for rounding; a share of their width. */
const ALIKE = 0.004;
/** The widths that such letters have, shares of their size. */
const NARROWEST = 0.45;
const WIDEST = 0.7;
/** Where more of a page than this is in such letters, it is no code, but written on a typewriter. */
const MOST = 0.9;

/**
 * The fonts of a page in which code is set: those whose letters are all equally wide, as far as its texts tell; and how wide they are, as a
 * share of their size. None where most of the page is in such letters.
 */
export function pitches(lines: PlacedItem[][]): Map<string, number> {
  const widths = new Map<string, { least: number; most: number; texts: Set<string>; letters: number }>();
  let letters = 0;
  for (const { text, width, size, font, isBlank } of lines.flat()) {
    if (isBlank || size === 0) continue;
    letters += text.length;
    if (text.length < SHORTEST || !WORD.test(text)) continue;
    const each = width / text.length / size;
    const known = widths.get(font) ?? { least: each, most: each, texts: new Set(), letters: 0 };
    widths.set(font, {
      least: Math.min(known.least, each),
      most: Math.max(known.most, each),
      texts: known.texts.size < FEWEST ? known.texts.add(text) : known.texts,
      letters: known.letters + text.length,
    });
  }
  const fixed = Array.from(widths).filter(([, { least, most, texts }]) => {
    const isAlike = most - least <= most * ALIKE && least >= NARROWEST && most <= WIDEST;
    return isAlike && texts.size >= FEWEST;
  });
  const inFixed = fixed.reduce((sum, [, font]) => sum + font.letters, 0);
  return inFixed > letters * MOST ? new Map() : new Map(fixed.map(([font, { most }]) => [font, most]));
}
