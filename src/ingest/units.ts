import { inPieces, mayCut, type Span, splitSentences, trimSpan, wholeCharacterBefore } from '../sentences.ts';
import type { Block, LoadedDocument } from './loaded-document.ts';

/**
 * The smallest parts of passages: a sentence, a row of a table, some lines of code, or a heading. Together the units of a document hold
 * every character that isn't white space.
 */
export type Unit = Span & {
  isHeading: boolean;
  /** The number of headings up to here; 0 before the first one. */
  section: number;
  /** The same number for all units of one paragraph, list, table or code block. */
  block: number;
  /** Whether it is part of a list, a table or code, which stays whole where it fits into a passage. */
  keptWhole: boolean;
  /** Whether it is of prose or a list, and so may be repeated in the next passage. */
  isSentence: boolean;
  tokens: number;
  /** The tokens of the white space before it. */
  gapTokens: number;
};

type Piece = Omit<Unit, 'tokens' | 'gapTokens'>;
type UnitOptions = { sizeTokens: number; countTokens: (text: string) => number };

/** A piece without a letter or digit (a rule, a lone bullet, dots) says nothing by itself. */
const SAYS_SOMETHING = /[\p{L}\p{N}]/u;
const LONGEST_WITH_NEIGHBOUR = 1_000;
const BLANK_LINE = /\n[^\S\n]*\n/;
/** Lines of code are taken together up to about this many UTF-16 code units, fewer where a blank line parts them. */
const CODE_LENGTH = 300;
const CODE_LENGTH_AT_BLANK_LINE = 100;

/** The units of a document in order. A unit with more tokens than a passage may have is split, at white space if possible. */
export function unitsOf(
  document: Pick<LoadedDocument, 'text' | 'headings' | 'blocks' | 'breaks'>,
  { sizeTokens, countTokens }: UnitOptions,
): Unit[] {
  const { text } = document;
  const units: Unit[] = [];
  let previousEnd = 0;
  for (const piece of joinWordless(piecesOf(document), text)) {
    for (const part of splitToSize(piece, text, { sizeTokens, countTokens })) {
      const gap = text.slice(previousEnd, part.start);
      // A single space is part of the next word's token; a line end or two are one token.
      const gapTokens = gap === ' ' || gap === '' ? 0 : gap.length < 5 ? 1 : countTokens(gap);
      units.push({ ...piece, ...part, gapTokens });
      previousEnd = part.end;
    }
  }
  return units;
}

function piecesOf({
  text,
  headings,
  blocks,
  breaks,
}: Pick<LoadedDocument, 'text' | 'headings' | 'blocks' | 'breaks'>): Piece[] {
  const pieces: Piece[] = [];
  let section = 0;
  let block = 0;
  let nextBreak = 0;
  let at = 0;
  const apart = [...headings, ...blocks].sort((one, other) => one.start - other.start);
  for (const stretch of apart) {
    addProse({ start: at, end: stretch.start }, 'prose');
    if ('level' in stretch) addHeading(stretch);
    else if (stretch.kind === 'list') addProse(stretch, 'list');
    else addLines(stretch);
    at = stretch.end;
  }
  addProse({ start: at, end: text.length }, 'prose');
  return pieces;

  function addHeading({ start, end }: Span): void {
    section++;
    block++;
    pieces.push({ start, end, section, block, isHeading: true, keptWhole: false, isSentence: false });
  }

  function addProse({ start, end }: Span, kind: 'prose' | 'list'): void {
    block++;
    const shared = { section, isHeading: false, keptWhole: kind === 'list', isSentence: true };
    for (let from = start; from < end; ) {
      while (nextBreak < breaks.length && breaks[nextBreak]! <= from) nextBreak++;
      const to = Math.min(breaks[nextBreak] ?? end, end);
      for (const sentence of splitSentences(text, { start: from, end: to })) {
        const previous = pieces.at(-1);
        const isNew = kind === 'prose' && previous?.block === block;
        if (isNew && BLANK_LINE.test(text.slice(previous.end, sentence.start))) block++;
        pieces.push({ ...sentence, ...shared, block });
      }
      from = to;
    }
  }

  function addLines({ start, end, kind }: Block): void {
    block++;
    const shared = { section, block, isHeading: false, keptWhole: true, isSentence: false };
    for (const group of lineGroups(text, { start, end }, kind === 'code')) {
      for (const piece of inPieces(text, group)) pieces.push({ ...piece, ...shared });
    }
  }
}

/** The lines of a table one by one, or the lines of code in groups. */
function lineGroups(text: string, { start, end }: Span, isCode: boolean): Span[] {
  const groups: Span[] = [];
  let group = null as Span | null;
  for (let at = start; at < end; ) {
    const lineEnd = text.indexOf('\n', at);
    const next = lineEnd === -1 || lineEnd >= end ? end : lineEnd + 1;
    const line = trimSpan(text, at, next);
    const length = group ? line.end - group.start : 0;
    const isBlank = line.start === line.end;
    if (group && (isBlank ? length > CODE_LENGTH_AT_BLANK_LINE : !isCode || length > CODE_LENGTH)) {
      groups.push(group);
      group = null;
    }
    if (!isBlank) group = { start: group?.start ?? line.start, end: line.end };
    at = next;
  }
  if (group) groups.push(group);
  return groups;
}

/** Joins each piece without a letter or digit to the piece before it in its section, or else to the one after. */
function joinWordless(pieces: Piece[], text: string): Piece[] {
  const joined: Piece[] = [];
  let previousIsWordless = false;
  for (const piece of pieces) {
    const isWordless = !SAYS_SOMETHING.test(text.slice(piece.start, piece.end));
    const previous = joined.at(-1);
    const fits =
      previous?.section === piece.section &&
      !previous.isHeading &&
      !piece.isHeading &&
      piece.end - previous.start <= LONGEST_WITH_NEIGHBOUR;
    if (fits && previousIsWordless) joined[joined.length - 1] = { ...piece, start: previous.start };
    else if (fits && isWordless) joined[joined.length - 1] = { ...previous, end: piece.end };
    else joined.push(piece);
    previousIsWordless = isWordless && (previousIsWordless || !fits);
  }
  return joined;
}

function splitToSize(span: Span, text: string, options: UnitOptions): (Span & { tokens: number })[] {
  const { start, end } = span;
  const tokens = options.countTokens(text.slice(start, end));
  const middle = tokens > options.sizeTokens ? middleOf(text, span) : start;
  if (middle === start) return [{ start, end, tokens }];
  return [trimSpan(text, start, middle), trimSpan(text, middle, end)].flatMap((half) =>
    splitToSize(half, text, options),
  );
}

/** Where to split: at the place for a cut that is nearest to the middle, or in the middle itself; `start` for a single character. */
function middleOf(text: string, { start, end }: Span): number {
  const middle = (start + end) >> 1;
  for (let distance = 0; middle - distance > start; distance++) {
    if (mayCut(text, middle - distance)) return middle - distance;
    if (middle + distance < end && mayCut(text, middle + distance)) return middle + distance;
  }
  const cut = wholeCharacterBefore(text, middle);
  return cut > start || middle + 1 >= end ? cut : middle + 1;
}
