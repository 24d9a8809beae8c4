import { type Block, withoutBreakHints } from '../loaded-document.ts';
import { withAccents } from './pdf-accents.ts';
import { withLabels } from './pdf-labels.ts';
import { asRowIfBesideOne, lineOf, ROW_GAP, unlessStretched } from './pdf-lines.ts';
import { acrossBreak, CELL, joinLines, type Line } from './pdf-paragraphs.ts';
import { pitches } from './pdf-pitch.ts';
import { distance, fromLeft, inReadingOrder, type PlacedItem, withGaps } from './pdf-reading-order.ts';
import { withWholeRows } from './pdf-rows.ts';

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

/** A gap between lines that exceeds the page's usual gap by this factor begins a new paragraph. */
const PARAGRAPH_GAP = 1.35;
/** The usual gap is at most this many times the letter size (enough for double spacing). */
const LARGEST_USUAL_GAP = 2.5;
/** A change of the letter size by this factor begins a new paragraph too. */
const SIZE_CHANGE = 1.15;

/** Beside a wide gap, a baseline that is higher or lower by more than this share of the size is another cell's or line's. */
const NEXT_CELL_RISE = 0.4;
const NEXT_LINE_FALL = 0.75;
/** Lines in letters larger than most belong together up to this many times their size. */
const LARGE_LINE_GAP = 1.4;
/** A column begins at least this many times the letter size above the end of the one before. */
const COLUMN_RISE = 5;
/** The same text drawn again within this distance (a share of its size) is one text in bold. */
const BOLD_SHIFT = 0.1;

/** Dots that lead the eye to a page number, or show where to write. */
const LEADERS = / ?\.(?: ?\.){5,}/g;
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
  const lines = withLabels(linesOf(items)).map(unlessStretched).map(asRowIfBesideOne);
  const gaps = lines.slice(1).map((line, index) => lines[index]!.baseline - line.baseline);
  const usualSize = median(lines.map((line) => line.size));
  const usualGap = Math.min(median(gaps), usualSize * LARGEST_USUAL_GAP);
  const paragraphs: Line[][] = [];
  for (const line of withWholeRows(lines)) {
    const paragraph = paragraphs.at(-1);
    if (paragraph && continues(paragraph.at(-1)!, line, usualGap, usualSize)) paragraph.push(line);
    else paragraphs.push([line]);
  }
  const texts = paragraphs.map((lines, index) => {
    const previous = paragraphs[index - 1]?.at(-1);
    return { text: joinLines(lines), mayGoOn: previous !== undefined && isNextColumn(previous, lines[0]!) };
  });
  return withoutBreakHints(acrossBreak(texts)).replace(LEADERS, ' …');
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
  const lines: PlacedItem[][] = [];
  let ofLine: PlacedItem[] = [];
  for (const item of items) {
    const placed = placedOf(item);
    if (isOfNextLine(placed, ofLine)) endLine();
    if (placed.text !== '' && !isDrawnAgain(placed, ofLine.at(-1))) ofLine.push(placed);
    if (item.hasEOL) endLine();
  }
  endLine();
  const fixed = pitches(lines);
  return fromLeft(lines).map((line) => lineOf(line, fixed));

  function endLine(): void {
    if (ofLine.some(({ isBlank }) => !isBlank)) lines.push(inReadingOrder(withGaps(withAccents(ofLine))));
    ofLine = [];
  }
}

/** Whether an item, beside a wide gap, begins the next cell, half a line higher, or the next line, though pdf.js takes it for the same. */
function isOfNextLine(item: PlacedItem, line: PlacedItem[]): boolean {
  const last = line.at(-1)?.isBlank ? line.at(-2) : undefined;
  if (!last || last.isBlank || item.isBlank || item.text === '') return false;
  const size = Math.max(item.size, last.size);
  const rise = (item.baseline - last.baseline) / size;
  return (rise > NEXT_CELL_RISE || -rise > NEXT_LINE_FALL) && distance(last, item) > size;
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

/** Whether a line begins a column to the right of the one that the previous line ends. */
const isNextColumn = (previous: Line, line: Line) =>
  line.left > previous.right && line.baseline - previous.baseline > line.size * COLUMN_RISE;

function continues(previous: Line, line: Line, usualGap: number, usualSize: number): boolean {
  const gap = previous.bottom - line.baseline;
  if (previous.isRow && line.isRow) return gap >= 0 && gap <= line.size * ROW_GAP;
  const sizes = Math.max(previous.size, line.size) / Math.min(previous.size, line.size);
  const largeGap = line.size > usualSize * SIZE_CHANGE ? line.size * LARGE_LINE_GAP : 0;
  return gap >= 0 && gap <= Math.max(usualGap * PARAGRAPH_GAP, largeGap) && !(sizes > SIZE_CHANGE);
}

/** The median of the numbers above zero; zero where there are none. */
function median(numbers: number[]): number {
  const sorted = numbers.filter((number) => number > 0).sort((one, other) => one - other);
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}
