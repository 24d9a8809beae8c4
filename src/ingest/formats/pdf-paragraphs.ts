import { joinsWithoutSpace } from '../../scripts.ts';

export type Place = { text: string; left: number; baseline: number; size: number };
/**
 * A line of a page. `font` is its only one, or empty, and `lastFont` that of its last words; `gap` is the width between its cells, where
 * it has two, or else zero. `pitch` is the width of its letters, if all are equally wide, as in code, or else zero. The last of its cells begins at `lastLeft`, and the last of the lines that it was put together from is at `bottom`. `asRow` tells the
 * cells of a line that has wide gaps, all of one width as those of justified prose are.
 */
export type Line = Place & {
  right: number;
  lastLeft: number;
  bottom: number;
  isRow: boolean;
  asRow: { text: string; cells: { left: number; right: number }[] } | null;
  font: string;
  lastFont: string;
  pitch: number;
  gap: number;
};

/** What separates the cells of a row. */
export const CELL = ' | ';
/** The end of a sentence. */
const ENDED = /[.:;!?。：；！？؟।]["”’»)\]」』）]*$/;

/** A line that fills this share of its paragraph's width was wrapped; a shorter one was ended on purpose. */
const WRAPPED_WIDTH = 0.8;
const BULLET = /^[•‣◦▪●○■□]/;
/** The beginning of a numbered paragraph, if the line before has ended: `1.`, `2.1`, `(a)`. */
const NUMBERED = /^(?:\(?(?:\d{1,3}|\p{L})[.)]|\d{1,3}(?:\.\d{1,3})+[.)]?|§)\s/u;
/** What may number an item of a list, if the number before or after it begins another line at the same place. */
const ITEM = /^\(?(\d{1,3}|[a-y])[.)]\s/;

/** Code that begins further right isn't indented but stands there. */
const DEEPEST_INDENT = 40;
const WORD_HYPHEN = /(?:^|[^\p{L}-])\p{L}+[-\u00ad\u2010]$/u;
const COMPOUND_HYPHEN = /[\p{L}\p{N}][-\u2010]$/u;
/** The beginning of a line in the middle of a sentence, which no letter of a list is. */
const GOES_ON = /^(?!\p{L}{1,4}[.)]\s)\p{Ll}/u;
/** A shorter line (in UTF-16 code units) at the end of a page or column is a label or a footer, whose next line is none of its sentence. */
const SHORTEST_OPEN = 40;
/** The beginning of a footnote, behind which no sentence of the text goes on. */
const FOOTNOTE = /^(?:[\d⁰¹²³⁴-⁹]{1,3}|[*†‡])\s?(?:["“„«]?\p{Lu}|https?:)/u;

/** The text of a paragraph: wrapped lines are joined, words hyphenated at a line's end made whole, and lines that were ended on purpose kept. */
export function joinLines(lines: Line[]): string {
  const left = lines.reduce((least, line) => Math.min(least, line.left), Number.POSITIVE_INFINITY);
  const right = lines.reduce((most, line) => Math.max(most, line.right), Number.NEGATIVE_INFINITY);
  const items = itemsAmong(lines);
  const pieces: string[] = [];
  for (const [index, line] of lines.entries()) {
    const previous = lines[index - 1];
    if (!previous) {
      pieces.push(indentOf(line, left), line.text);
      continue;
    }
    if (line.pitch > 0 && previous.pitch > 0) {
      pieces.push('\n', indentOf(line, left), line.text);
      continue;
    }
    const isInCell = line.isRow !== previous.isRow && isParted(previous.text, line.text);
    const isApart = ((line.isRow || previous.isRow) && !isInCell) || BULLET.test(line.text) || items.has(index);
    const isInOtherFont = line.font !== '' && line.font !== previous.lastFont;
    const isWrapped = previous.right - left >= (right - left) * WRAPPED_WIDTH;
    if (isApart || (ENDED.test(previous.text) && (NUMBERED.test(line.text) || isInOtherFont)))
      pieces.push('\n', line.text);
    else addLine(pieces, previous.text, line.text, isWrapped ? ' ' : '\n');
  }
  return pieces.join('');
}

/** The spaces before a line of code. */
function indentOf({ pitch, left, isRow }: Line, leftmost: number): string {
  const columns = pitch > 0 && !isRow ? Math.round((left - leftmost) / pitch) : 0;
  return ' '.repeat(Math.min(columns, DEEPEST_INDENT));
}

/** Whether a word is parted by a hyphen between two lines. */
const isParted = (last: string, next: string) => WORD_HYPHEN.test(last) && /^\p{Ll}/u.test(next);

/** Adds a line to a text that ends with `last`: what a hyphen parts is put together, and `gap` is put between others. */
function addLine(pieces: string[], last: string, next: string, gap: string): void {
  if (isParted(last, next)) pieces.push(pieces.pop()!.slice(0, -1), next);
  else if (COMPOUND_HYPHEN.test(last) && /^\p{L}/u.test(next)) pieces.push(next);
  else pieces.push(gap === ' ' && joinsWithoutSpace(last, next) ? '' : gap, next);
}

/** Which lines are items of a numbered list: those whose numbers follow each other, at the same distance from the left. */
function itemsAmong(lines: Line[]): Set<number> {
  const items = new Set<number>();
  const awaited = new Map<string, number>();
  lines.forEach(({ text, left, size }, index) => {
    const label = ITEM.exec(text)?.[1];
    if (label === undefined) return;
    const column = Math.round((2 * left) / size);
    for (const place of [column - 1, column, column + 1]) {
      const before = awaited.get(`${label} ${place}`);
      if (before !== undefined) items.add(before).add(index);
    }
    const next = /\d/.test(label) ? Number(label) + 1 : String.fromCharCode(label.charCodeAt(0) + 1);
    awaited.set(`${next} ${column}`, index);
  });
  return items;
}

/** Texts with a blank line between them, but for those that may go on in the midst of the last one's sentence, and do. */
export function acrossBreak(texts: { text: string; mayGoOn: boolean }[]): string {
  const pieces: string[] = [];
  let last = '';
  for (const { text, mayGoOn } of texts) {
    const lastLine = last.slice(last.lastIndexOf('\n') + 1);
    const isOpen = lastLine.length >= SHORTEST_OPEN && !ENDED.test(lastLine);
    const isProse = !lastLine.includes(CELL) && !FOOTNOTE.test(lastLine);
    if (mayGoOn && isOpen && isProse && GOES_ON.test(text) && !text.split('\n', 1)[0]!.includes(CELL))
      addLine(pieces, lastLine, text, ' ');
    else if (pieces.length > 0) pieces.push('\n\n', text);
    else pieces.push(text);
    last = text;
  }
  return pieces.join('');
}
