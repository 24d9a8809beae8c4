import { type Block, withoutBreakHints } from '../loaded-document.ts';
import { withLabels } from './pdf-labels.ts';
import { acrossBreak, CELL, joinLines, type Line, type Place } from './pdf-paragraphs.ts';
import { withWholeRows } from './pdf-rows.ts';
import { loweredDigits, raisedDigits } from './raised.ts';

/** What pdf.js tells about a run of text: its characters, where its baseline starts, its size, and whether it ends a line. */
export type TextItem = {
  str: string;
  transform: number[];
  width: number;
  height: number;
  hasEOL: boolean;
  dir?: string;
  fontName?: string;
};

type PlacedItem = Place & { width: number; isBlank: boolean; isRtl: boolean; font: string; gap?: number };

/** A gap between lines that exceeds the page's usual gap by this factor begins a new paragraph. */
const PARAGRAPH_GAP = 1.35;
/** The usual gap is at most this many times the letter size (enough for double spacing). */
const LARGEST_USUAL_GAP = 2.5;
/** A change of the letter size by this factor begins a new paragraph too. */
const SIZE_CHANGE = 1.15;

/** Rows of a table (lines with more than one cell) may be this many times their letter size apart. */
const ROW_GAP = 4;
/** Digits up to this size that are shifted from the baseline are raised or lowered, and so are larger ones that are shifted far; shares of the line's size. */
const SMALL_DIGITS = 0.9;
const SHIFTED = 0.1;
const SHIFTED_FAR = 0.25;
/** Wide gaps that differ by no more than this share of the size are those of a justified line. */
const ALIKE = 0.1;
/** A line that is stretched to its column's width has a line of prose within this many times its size. */
const STRETCHED_GAP = 2;
/** A column begins at least this many times the letter size above the end of the one before. */
const COLUMN_RISE = 5;
/** The same text drawn again within this distance (a share of its size) is one text in bold. */
const BOLD_SHIFT = 0.1;

/** Beside Hebrew or Arabic, pdf.js puts no space where one is this wide (a share of the size). */
const NARROWEST_SPACE = 0.15;

/** A bullet or a number that stands alone before a gap isn't a cell but the label of what follows. */
const LABEL = /^(?:[^\p{L}\p{N}]{1,3}|\(?(?:\d{1,3}|\p{L})(?:\.\d{1,3})*[.):]{0,2})$/u;
/** Bullets of the fonts Symbol and Wingdings, which have no code of their own. */
const SYMBOL_BULLETS = /[\uf0a7\uf0b7]/g;
/** Presentation forms of Arabic letters, without the noncharacters between them. */
const ARABIC_FORMS = /[\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc]+/g;

/**
 * The text of a page from its items, in the page's order: items are put together into lines, wrapped lines are joined into paragraphs
 * (words hyphenated at a line's end are made whole), lines that were ended on purpose (lists, code, verse) are kept, and a blank line
 * separates paragraphs. Gaps between lines and changes of the letter size tell where a paragraph ends. A sentence that is parted by the
 * end of a column is put together.
 */
export function layOutPage(items: TextItem[]): string {
  const lines = withLabels(linesOf(items)).map(unlessStretched);
  const gaps = lines.slice(1).map((line, index) => lines[index]!.baseline - line.baseline);
  const usualGap = Math.min(median(gaps), median(lines.map((line) => line.size)) * LARGEST_USUAL_GAP);
  const paragraphs: Line[][] = [];
  for (const line of withWholeRows(lines)) {
    const paragraph = paragraphs.at(-1);
    if (paragraph && continues(paragraph.at(-1)!, line, usualGap)) paragraph.push(line);
    else paragraphs.push([line]);
  }
  const texts = paragraphs.map((lines, index) => {
    const previous = paragraphs[index - 1]?.at(-1);
    return { text: joinLines(lines), mayGoOn: previous !== undefined && isNextColumn(previous, lines[0]!) };
  });
  return withoutBreakHints(acrossBreak(texts));
}

/** The tables in a text that was laid out: two or more consecutive lines with cells. */
export function tablesIn(text: string): Block[] {
  const tables: Block[] = [];
  let rows = 0;
  let start = 0;
  let at = 0;
  for (const line of `${text}\n\n`.split('\n')) {
    if (line.includes(CELL)) {
      if (rows === 0) start = at;
      rows++;
    } else {
      if (rows > 1) tables.push({ start, end: at - 1, kind: 'table' });
      rows = 0;
    }
    at += line.length + 1;
  }
  return tables;
}

function linesOf(items: TextItem[]): Line[] {
  const lines: Line[] = [];
  let ofLine: PlacedItem[] = [];
  for (const item of items) {
    const placed = placedOf(item);
    if (placed.text !== '' && !isDrawnAgain(placed, ofLine.at(-1))) ofLine.push(placed);
    if (item.hasEOL) endLine();
  }
  endLine();
  return lines;

  function endLine(): void {
    if (ofLine.some(({ isBlank }) => !isBlank)) lines.push(lineOf(inReadingOrder(withGaps(ofLine))));
    ofLine = [];
  }
}

/** An item, placed as if its page were turned so that it reads from left to right. */
function placedOf({ str, transform, width, height, dir, fontName = '' }: TextItem): PlacedItem {
  const [a = 1, b = 0, , , x = 0, y = 0] = transform;
  const scale = Math.hypot(a, b) || 1;
  const [cos, sin] = [a / scale, b / scale];
  const text = str.replace(SYMBOL_BULLETS, '•').replace(ARABIC_FORMS, (forms) => forms.normalize('NFKC'));
  const isBlank = text.trim() === '';
  return {
    text,
    isBlank,
    left: x * cos + y * sin,
    baseline: y * cos - x * sin,
    width,
    size: height,
    isRtl: dir === 'rtl',
    font: fontName,
  };
}

/** Whether an item is drawn a second time, which some programs do to make it bold. */
function isDrawnAgain(item: PlacedItem, previous: PlacedItem | undefined): boolean {
  if (item.isBlank || item.text !== previous?.text) return false;
  const moved = Math.abs(item.left - previous.left) + Math.abs(item.baseline - previous.baseline);
  return moved < item.size * BOLD_SHIFT;
}

/** Puts a line in reading order: lines of Hebrew and Arabic are often drawn from the left, last word first. */
function inReadingOrder(items: PlacedItem[]): PlacedItem[] {
  const words = items.filter(({ isBlank }) => !isBlank);
  const lengthOf = (some: PlacedItem[]) => some.reduce((sum, { text }) => sum + text.length, 0);
  const isRtl = lengthOf(words.filter((item) => item.isRtl)) * 2 > lengthOf(words);
  const isFromLeft = words.every(({ left }, index) => index === 0 || left > words[index - 1]!.left);
  if (!isRtl || !isFromLeft) return items;
  const runs: PlacedItem[][] = [];
  const isLtr = (item: PlacedItem | undefined) => item && !item.isRtl && !item.isBlank;
  for (const item of items) {
    const [before, last] = [runs.at(-2), runs.at(-1)];
    if (isLtr(item) && isLtr(last?.[0])) last!.push(item);
    // The words of a phrase in Latin letters, and numbers after them, keep their order.
    else if (isLtr(item) && last?.[0]?.isBlank && isLtr(before?.[0]) && /\p{L}/u.test(before?.[0]?.text ?? ''))
      before!.push(...runs.pop()!, item);
    else runs.push([item]);
  }
  return runs.reverse().flat();
}

/** A line from its items: cells are separated by ` | `; raised and lowered digits are written so that they don't run into numbers. */
function lineOf(items: PlacedItem[]): Line {
  const words = items.filter(({ isBlank }) => !isBlank);
  const { size, baseline } = words.reduce((one, other) => (other.size > one.size ? other : one));
  const gaps = items.map((item) => item.gap ?? 0);
  const isRow = isRowOfCells(items, gaps, size);
  const isGap = items.map((_, index) => isRow && gaps[index]! > size && !isAfterLabel(items, index));
  const isAfterName = items.map((_, index) => isGap[index]! && (items[index - 1]?.text.endsWith(':') ?? false));
  // In a row of names and values, a name (`Name:`) and its value are one cell. With more values than names, all values keep their columns.
  const isPairs = isAfterName.filter(Boolean).length * 2 === isGap.filter(Boolean).length + 1;
  const pieces = items.map((item, index) => {
    const before = items[index - 1]?.text ?? '';
    if (item.isBlank) return isGap[index] && !(isPairs && isAfterName[index]) ? CELL : ' ';
    if (isSpaceBefore(items[index - 1], item)) return ` ${item.text}`;
    const shift = item.baseline - baseline;
    const least = item.size > size * SMALL_DIGITS ? SHIFTED_FAR : SHIFTED;
    if (Math.abs(shift) < size * least || !/\S$/.test(before)) return item.text;
    const digits = item.text.trim();
    return (shift > 0 ? raisedDigits(digits, before) : /\d$/.test(before) ? loweredDigits(digits) : null) ?? item.text;
  });
  const text = pieces.join('').replace(/\s+/g, ' ').trim();
  const left = words.reduce((least, item) => Math.min(least, item.left), Number.POSITIVE_INFINITY);
  const right = words.reduce((most, item) => Math.max(most, item.left + item.width), Number.NEGATIVE_INFINITY);
  const gap = isGap.filter(Boolean).length === 1 ? gaps[isGap.indexOf(true)]! : 0;
  const lastLeft = items[isGap.lastIndexOf(true) + 1]?.left ?? left;
  const font = words.every((word) => word.font === words[0]!.font) ? words[0]!.font : '';
  const lastFont = words.at(-1)!.font;
  return { text, isRow, left, lastLeft, right, baseline, bottom: baseline, size, font, lastFont, gap };
}

/**
 * A line; without its cells if it has two and isn't beside another row, but ends where a line of prose beside it ends, and the first word
 * of the next line has no room in its gap: then it is one of two words, stretched to the width of its column.
 */
function unlessStretched(line: Line, index: number, lines: Line[]): Line {
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

/** Whether a line begins a column to the right of the one that the previous line ends. */
const isNextColumn = (previous: Line, line: Line) =>
  line.left > previous.right && line.baseline - previous.baseline > line.size * COLUMN_RISE;

/** Whether there are gaps wide enough to separate cells: not after a lone bullet or number, and not all of one width. */
function isRowOfCells(items: PlacedItem[], gaps: number[], size: number): boolean {
  const wide = gaps.filter((gap, index) => gap > size && !isAfterLabel(items, index));
  const [widest, narrowest] = [Math.max, Math.min].map((choose) =>
    wide.reduce((one, other) => choose(one, other), wide[0] ?? 0),
  );
  return wide.length === 1 || widest! - narrowest! > size * ALIKE;
}

const isAfterLabel = (items: PlacedItem[], index: number) => index === 1 && LABEL.test(items[0]!.text.trim());

/** Says of each blank item how far apart the items beside it are. Its own stated width isn't right in all files. */
const withGaps = (items: PlacedItem[]): PlacedItem[] =>
  items.map((item, index) => {
    const [before, after] = [items[index - 1], items[index + 1]];
    return item.isBlank && before && after ? { ...item, gap: distance(before, after) } : item;
  });

const distance = (one: PlacedItem, other: PlacedItem) =>
  Math.max(other.left - one.left - one.width, one.left - other.left - other.width);

const isSpaceBefore = (before: PlacedItem | undefined, item: PlacedItem) =>
  before && !before.isBlank && (before.isRtl || item.isRtl) && distance(before, item) > item.size * NARROWEST_SPACE;

function continues(previous: Line, line: Line, usualGap: number): boolean {
  const gap = previous.bottom - line.baseline;
  if (previous.isRow && line.isRow) return gap >= 0 && gap <= line.size * ROW_GAP;
  const sizes = Math.max(previous.size, line.size) / Math.min(previous.size, line.size);
  return gap >= 0 && gap <= usualGap * PARAGRAPH_GAP && !(sizes > SIZE_CHANGE);
}

/** The median of the numbers above zero; zero where there are none. */
function median(numbers: number[]): number {
  const sorted = numbers.filter((number) => number > 0).sort((one, other) => one - other);
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}
