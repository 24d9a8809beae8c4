import { type Span, trimSpan } from '../../sentences.ts';
import {
  type Block,
  type Heading,
  LONGEST_HEADING,
  type LoadedDocument,
  withoutBreakHints,
} from '../loaded-document.ts';

/**
 * html-to-text gives no offsets. So our formatters put marks around what is to be found again, and the marks are read and taken out here.
 * They are Unicode noncharacters, which text isn't supposed to hold.
 */
const marks = {
  h1: '\ufdd1',
  h2: '\ufdd2',
  h3: '\ufdd3',
  h4: '\ufdd4',
  h5: '\ufdd5',
  h6: '\ufdd6',
  title: '\ufdd7',
  list: '\ufdd8',
  item: '\ufdd9',
  table: '\ufdda',
  row: '\ufddb',
  code: '\ufddc',
} as const;
type Mark = keyof typeof marks;

const markOf = new Map(Object.entries(marks).map(([name, mark]) => [mark as string, name as Mark]));
const levels: Partial<Record<Mark, number>> = { h1: 1, h2: 2, h3: 3, h4: 4, h5: 5, h6: 6 };
const ANY_MARK = /([\ufdd0-\ufddf])/;
/** No more stretches than this are ever open at once, except where a page spells marks as entities. */
const DEEPEST_STRETCH = 1_000;

/** Opens a stretch of this kind. */
export const open = (mark: Mark): string => marks[mark];
/** Closes the stretch that was opened last. */
export const close = '\ufdd0';
/** Separates two cells of a row. */
export const nextCell = '\ufdef';

/** Drops from a page's source what would pass for our marks. (A mark spelled as an entity gets through, and counts as one.) */
export const withoutMarks = (source: string): string => source.replace(/[\ufdd0-\ufdef]/g, '');

type Stretch = Span & { mark: Mark; simple: boolean };

/** The text without its marks and with no more than one blank line in a row, and the headings, blocks and breaks that they marked. */
export function readMarks(marked: string): Omit<LoadedDocument, 'format'> {
  // Texts at even indexes, marks at odd ones.
  const parts = withoutBreakHints(marked).split(ANY_MARK);
  const output = createOutput();
  const closed: Stretch[] = [];
  const opened: Stretch[] = [];
  const breaks: number[] = [];
  let title: string | null = null;
  let afterPrefix = false;

  for (let at = 0; at < parts.length; at++) {
    const part = parts[at]!;
    const inner = opened.at(-1);
    if (at % 2 === 0) {
      if (inner?.mark === 'title') title ??= oneLine(part) || null;
      else if (inner?.mark === 'item') output.addAsItIs(part);
      else if (inner?.simple)
        output.add(
          oneLine(part)
            .replace(/ ?\ufdef ?/g, ' | ')
            .trim(),
        );
      else output.add((afterPrefix ? part.trimStart() : part).replaceAll(nextCell, '\n'));
      if (part.trim() !== '') afterPrefix = false;
    } else if (part === close) {
      if (inner) closed.push({ ...inner, end: output.length() });
      opened.pop();
      afterPrefix = inner?.mark === 'item';
    } else {
      const mark = markOf.get(part);
      if (!mark || opened.length > DEEPEST_STRETCH) continue;
      const oneText = parts[at + 2] === close;
      if (mark === 'row' || mark === 'item') breaks.push(output.length());
      if (mark === 'row' && !oneText) for (const outer of opened) if (outer.mark === 'table') outer.mark = 'row';
      opened.push({ mark, start: output.length(), end: 0, simple: oneText && (mark === 'row' || mark in levels) });
    }
  }

  const text = output.text();
  const found = closed
    .map((stretch) => ({ ...stretch, ...trimSpan(text, stretch.start, Math.min(stretch.end, text.length)) }))
    .filter(({ start, end }) => start < end)
    .sort((one, other) => one.start - other.start || other.end - one.end);
  const headings = headingsOf(found, text);
  title ??= headings.find(({ level }) => level === 1)?.text ?? null;
  return { text, title, headings, blocks: blocksOf(found, headings), breaks: breaks.filter((at) => at < text.length) };
}

function headingsOf(stretches: Stretch[], text: string): Heading[] {
  const headings: Heading[] = [];
  let lastEnd = 0;
  for (const { mark, start, end } of stretches) {
    const level = levels[mark];
    if (level === undefined || start < lastEnd || end - start > LONGEST_HEADING) continue;
    headings.push({ start, end, level, text: oneLine(text.slice(start, end)) });
    lastEnd = end;
  }
  return headings;
}

/** The outermost lists, tables and code blocks. One that holds a heading is layout, not a block. */
function blocksOf(stretches: Stretch[], headings: Heading[]): Block[] {
  const blocks: Block[] = [];
  let nextHeading = 0;
  let lastEnd = 0;
  for (const { mark, start, end } of stretches) {
    if ((mark !== 'list' && mark !== 'table' && mark !== 'code') || start < lastEnd) continue;
    while (nextHeading < headings.length && headings[nextHeading]!.end <= start) nextHeading++;
    const heading = headings[nextHeading];
    if (heading && heading.start < end) continue;
    blocks.push({ start, end, kind: mark });
    lastEnd = end;
  }
  return blocks;
}

/** Collects text, without white space at line ends and repeated blank lines, and keeps track of its length. */
function createOutput() {
  const pieces: string[] = [];
  let length = 0;
  let lineEnds = 2;

  function addAsItIs(piece: string): void {
    if (piece === '') return;
    pieces.push(piece);
    length += piece.length;
    const trailing = /\n{0,2}$/.exec(piece)![0].length;
    lineEnds = trailing === piece.length ? lineEnds + trailing : trailing;
  }

  function add(text: string): void {
    const piece = text
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n')
      .replace(/\n{3,}/g, '\n\n');
    const leading = /^\n{0,2}/.exec(piece)![0].length;
    addAsItIs(piece.slice(Math.max(0, leading + lineEnds - 2)));
  }

  return { add, addAsItIs, length: () => length, text: () => pieces.join('').trimEnd() };
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();
