import { CELL, type Line } from './pdf-paragraphs.ts';
import type { PlacedItem } from './pdf-reading-order.ts';
import { loweredDigits, raisedDigits } from './raised.ts';

/** Rows of a table (lines with more than one cell) may be this many times their letter size apart. */
export const ROW_GAP = 4;
/** Digits up to this size that are shifted from the baseline are raised or lowered, and so are larger ones that are shifted far; shares of the line's size. */
const SMALL_DIGITS = 0.9;
const SHIFTED = 0.1;
const SHIFTED_FAR = 0.25;
/** Wide gaps that differ by no more than this share of the size are those of a justified line. */
const ALIKE = 0.1;
/** A line that is stretched to its column's width has a line of prose within this many times its size. */
const STRETCHED_GAP = 2;
/** A bullet or a number that stands alone before a gap isn't a cell but the label of what follows. */
const LABEL = /^(?:[^\p{L}\p{N}]{1,3}|\(?(?:\d{1,3}|\p{L})(?:\.\d{1,3})*[.):]{0,2})$/u;
/** The beginning of a text, unlike the symbol of an element after the number of its isotope. */
const WORD = /^["“„«‘(\\]?\p{L}.{2}/u;
/** A label may be drawn in as many items: a bracket, a number, a bracket. */
const LABEL_ITEMS = 3;

/**
 * A line from its items: cells are separated by ` | `; raised and lowered digits are written so that they don't run into numbers.
 * @param pitches the fonts of code, and how wide their letters are
 */
export function lineOf(items: PlacedItem[], pitches: Map<string, number>): Line {
  const words = items.filter(({ isBlank }) => !isBlank);
  const { size, baseline } = words.reduce((one, other) => (other.size > one.size ? other : one));
  const areFigures = /\d/.test(words[0]!.text) && !words.some(({ text }) => /\p{L}/u.test(text));
  const isWide = items.map(({ gap = 0 }, index) => gap > size && (areFigures || !isAfterLabel(items, index)));
  // No line of prose consists of figures.
  const isStretched = !areFigures && isJustified(items, isWide, size);
  const isGap = isStretched ? items.map(() => false) : isWide;
  const pitch = words.every((word) => pitches.has(word.font)) ? pitches.get(words[0]!.font)! * size : 0;
  const text = textOf(items, isGap, { size, baseline, pitch });
  const left = words.reduce((least, item) => Math.min(least, item.left), Number.POSITIVE_INFINITY);
  const right = words.reduce((most, item) => Math.max(most, item.left + item.width), Number.NEGATIVE_INFINITY);
  return {
    text,
    isRow: isGap.includes(true),
    asRow: isStretched
      ? { text: textOf(items, isWide, { size, baseline, pitch: 0 }), cells: cellsOf(items, isWide) }
      : null,
    left,
    lastLeft: items[isGap.lastIndexOf(true) + 1]?.left ?? left,
    right,
    baseline,
    bottom: baseline,
    size,
    font: words.every((word) => word.font === words[0]!.font) ? words[0]!.font : '',
    lastFont: words.at(-1)!.font,
    pitch,
    gap: isGap.filter(Boolean).length === 1 ? items[isGap.indexOf(true)]!.gap! : 0,
  };
}

/** In code, this many spaces are as good as more. */
const WIDEST_GAP = 40;

/** The number of a footnote, which stands raised before it, apart from its first word. */
function markOfNote(text: string): string {
  const digits = raisedDigits(text, '');
  return digits === null ? text : `${digits} `;
}

/** The text of a line, with cells parted at some of its blank items. */
function textOf(
  items: PlacedItem[],
  isGap: boolean[],
  { size, baseline, pitch }: { size: number; baseline: number; pitch: number },
): string {
  const isAfterName = items.map((_, index) => isGap[index]! && (items[index - 1]?.text.endsWith(':') ?? false));
  // In a row of names and values, a name (`Name:`) and its value are one cell. With more values than names, all values keep their columns.
  const isPairs = isAfterName.filter(Boolean).length * 2 === isGap.filter(Boolean).length + 1;
  const pieces = items.map((item, index) => {
    const before = items[index - 1]?.text ?? '';
    if (item.isBlank && isGap[index] && !(isPairs && isAfterName[index])) return CELL;
    if (item.isBlank) return spaces(item.gap, pitch);
    const shift = item.baseline - baseline;
    const least = item.size > size * SMALL_DIGITS ? SHIFTED_FAR : SHIFTED;
    if (Math.abs(shift) < size * least) return item.text;
    const digits = item.text.trim();
    if (index === 0) return shift > 0 && WORD.test(items[1]?.text ?? '') ? markOfNote(digits) : item.text;
    if (!/\S$/.test(before)) return item.text;
    return (shift > 0 ? raisedDigits(digits, before) : /\d$/.test(before) ? loweredDigits(digits) : null) ?? item.text;
  });
  const text = pieces.join('');
  return (pitch > 0 ? text : text.replace(/\s+/g, ' ')).trim();
}

/** Spaces as wide as a gap, which only say something in code. */
const spaces = (gap: number | undefined, pitch: number): string =>
  ' '.repeat(pitch > 0 ? Math.min(Math.max(1, Math.round((gap ?? 0) / pitch)), WIDEST_GAP) : 1);

/** Whether a line is stretched to its column's width: it has wide gaps, all of one width, and no others. */
function isJustified(items: PlacedItem[], isWide: boolean[], size: number): boolean {
  const gaps = items.flatMap(({ gap }, index) => (isWide[index] ? [gap!] : []));
  const [widest, narrowest] = [Math.max, Math.min].map((choose) =>
    gaps.reduce((one, other) => choose(one, other), gaps[0] ?? 0),
  );
  return gaps.length > 1 && widest! - narrowest! <= size * ALIKE && !hasNarrowSpace(items, isWide);
}

const hasNarrowSpace = (items: PlacedItem[], isWide: boolean[]) =>
  items.some(({ isBlank, gap = 0, text }, index) =>
    isBlank ? gap > 0 && !isWide[index] && !isAfterLabel(items, index) : /\S\s+\S/.test(text),
  );

/** Where the cells of a line begin and end. */
function cellsOf(items: PlacedItem[], isGap: boolean[]): { left: number; right: number }[] {
  const cells: { left: number; right: number }[] = [];
  items.forEach((item, index) => {
    const cell = cells.at(-1);
    if (item.isBlank) return;
    if (cell && !isGap[index - 1]) cell.right = item.left + item.width;
    else cells.push({ left: item.left, right: item.left + item.width });
  });
  return cells;
}

const isAfterLabel = (items: PlacedItem[], index: number) =>
  index > 0 &&
  index <= LABEL_ITEMS &&
  LABEL.test(
    items
      .slice(0, index)
      .map(({ text }) => text)
      .join('')
      .trim(),
  );

/**
 * A line with its cells, though they happen to be equally far apart, where it is beside a row with as many, or one less, or beside another
 * such line whose cells all begin or all end below its own.
 */
export function asRowIfBesideOne(line: Line, index: number, lines: Line[]): Line {
  const { asRow, size, baseline } = line;
  if (!asRow) return line;
  const isBeside = [lines[index - 1], lines[index + 1]].some((other) => {
    if (!other || Math.abs(other.baseline - baseline) > size * ROW_GAP) return false;
    if (other.isRow) return other.text.split(CELL).length >= asRow.cells.length - 1;
    const cells = other.asRow?.cells ?? [];
    const areAligned = (side: 'left' | 'right') =>
      asRow.cells.every((cell, column) => Math.abs(cell[side] - (cells[column]?.[side] ?? Number.NaN)) <= size * ALIKE);
    return cells.length === asRow.cells.length && (areAligned('left') || areAligned('right'));
  });
  return isBeside ? { ...line, text: asRow.text, isRow: true } : line;
}

/**
 * A line; without its cells if it has two and isn't beside another row, but ends where a line of prose beside it ends, and the first word
 * of the next line has no room in its gap: then it is one of two words, stretched to the width of its column.
 */
export function unlessStretched(line: Line, index: number, lines: Line[]): Line {
  if (line.gap === 0) return line;
  const beside = [lines[index - 1], lines[index + 1]].filter(
    (other) => other && Math.abs(other.baseline - line.baseline) <= line.size * STRETCHED_GAP,
  );
  const isStretched = beside.some((other) => Math.abs(other!.right - line.right) <= line.size * ALIKE);
  return isStretched && !beside.some((other) => other!.isRow) && !hasRoomFor(lines[index + 1], line)
    ? { ...line, text: line.text.replace(CELL, ' '), isRow: false }
    : line;
}

/** Whether the first word of the next line would fit into a line's gap, between two spaces of usual width. */
function hasRoomFor(next: Line | undefined, { gap, size }: Line): boolean {
  if (!next) return true;
  const [word = ''] = next.text.split(' ', 1);
  return ((next.right - next.left) * word.length) / next.text.length + size / 2 <= gap;
}
