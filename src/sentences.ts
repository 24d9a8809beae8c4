import { beforeNumber, neverLast, neverLastAsWritten, openers, otherOpeners, perhapsLast } from './abbreviations.ts';
import { hasNoFullStops, withoutStops } from './scripts.ts';

/** A stretch of a text: from `start` up to, not including, `end`, in UTF-16 code units. */
export type Span = { start: number; end: number };

/** The longest sentence, in UTF-16 code units: without a full stop, text is cut at a line end, else at white space. */
const LONGEST_SENTENCE = 1_000;

/** How much the segmenter sees at a time, in UTF-16 code units, so that its memory doesn't grow with the text. */
const SEGMENTED_AT_ONCE = 20_000;

/** How far the rules below look back and ahead of a possible end, in UTF-16 code units. */
const CONTEXT = 40;

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

const SPACE = /\s/;
const WORDS = /[\p{L}\p{N}]/u;
/** White space that ends a paragraph: a blank line, a form feed, a paragraph separator. */
const PARAGRAPH_END = /\n[^\S\n]*\n|[\f\u2029]/g;
/**
 * Only a stretch with a character other than these before its last can be two sentences; asking the segmenter costs
 * more than this.
 */
const PERHAPS_TWO = /[^\p{L}\p{M}\p{N} \t\r\n,;:'"()-]/u;
const LAST_WORD = /\S+$/;
const ENUMERATOR = /^[([]?(?:\d{1,3}|\p{L}|[ivx]{1,5})[.)]$/iu;
const INITIALS = /^(?:[\p{Lu}\p{Lo}]\p{M}*\.[-–]?)+$/u;
const QUOTE_THAT_GOES_ON = /[?!…]["'”’»)\]]+$/;
/** A small letter that another follows, as in "z. B." and "т. е.". */
const SMALL_LETTER = /^\p{Ll}\.$/u;
const ONE_LETTER = /^\p{L}\.(?!\p{L}{2})/u;
/** "EE. UU.", as Spanish shortens plurals: a doubled letter before another one. */
const DOUBLED = /^(\p{Lu})\1\.$/u;
const DOUBLED_TOO = /^(\p{Lu})\1\./u;
/** A German number that counts what follows ("im 2. Quartal", "am 3. Oktober"; not "I am 25."), or a Polish year. */
const ORDINAL_OR_YEAR =
  /(?:^|\s)(?:(?:(?<!\bI\s)am|im|zum|zur|vom|beim|de[mnrs]|das|die|ab|bis|seit|und|eine[mns]|jede[mnrs])\s+\d{1,2}|\d{4}\s+r)\.$/i;
const SMALL_NUMBER = /^\d{1,2}\.$/;
const GERMAN_MONTH =
  /^(?:(?:Januar|Jänner|Februar|März|Mai|Juni|Juli|Oktober|Dezember)(?!\p{L})|(?:April|August|September|November)\s\d{4})/u;
/** A quotation in Japanese or Korean, whose sentence goes on right after it: 「はい。」と言った. */
const CLOSED_QUOTE = /["'”’»」』)）]$/;
const GOES_ON_AFTER_QUOTE = /^[\p{sc=Hira}\p{sc=Hang}]/u;

/** What closes emphasis or code in Markdown, before white space or an end. */
const CLOSING_MARKS = /[*_`~]{1,6}(?!\S)/y;
const MARKS_AT_END = /(?<=\S)[*_`~]+$/;

const noteMark = String.raw`\[{1,2}\^?[\p{L}\p{N}-]{1,20}\]{1,2}(?:\([^\s()]{1,200}\))?|[⁰¹²³⁴-⁹]`;
const NOTE_MARKS = new RegExp(`(?:${noteMark})+`, 'uy');
const NOTE_MARKS_AT_END = new RegExp(`(?:${noteMark})+$`, 'u');
const OPENING_BRACKET = /\p{Ps}/u;
const OPENING_QUOTE = /\p{Pi}/u;
/** Where a Chinese or Japanese sentence that is too long is cut. */
const WIDE_PUNCTUATION = /[、，；：。！？]/;
/** The spaces of a script without full stops: a sentence ends there once it is this long. */
const BETWEEN_PHRASES = new RegExp(`(?<=[${withoutStops}])[^\\S\\n]+(?=[${withoutStops}])`, 'g');
const LONG_PHRASE = 60;
/**
 * Punctuation inside Markdown that ends no sentence: the beginning of an image, `![Words](place)`, what stands before
 * the place of an image or link, and the mark of a callout, `[!NOTE]`.
 */
const IMAGE_OR_LINK = /(?<![^\s([])!\[|\]\(|(?<=\[)!(?=\p{L})/uy;

/**
 * `at`, or the place after the marks that close emphasis or code right there: they belong to the sentence that they
 * enclose.
 */
export function afterClosingMarks(text: string, at: number): number {
  if (at <= 0 || SPACE.test(text.charAt(at - 1))) return at;
  CLOSING_MARKS.lastIndex = at;
  return CLOSING_MARKS.test(text) ? CLOSING_MARKS.lastIndex : at;
}

/**
 * Corrects the end of a sentence that the segmenter sees at `at`: it is after the marks of notes ([1], [^1], ¹) that
 * directly follow the full stop, and before an opening bracket or quotation mark, which Unicode counts among the closing
 * ones. 0 if no sentence ends there, as within an image or a link.
 */
function afterNoteMarks(text: string, at: number): number {
  if (at >= text.length) return at;
  let end = at;
  const isBeforeWord = WORDS.test(text.charAt(at));
  const isOpening = (sign: string) => OPENING_BRACKET.test(sign) || (isBeforeWord && OPENING_QUOTE.test(sign));
  while (end > 0 && isOpening(text.charAt(end - 1))) end--;
  if (end <= 0 || SPACE.test(text.charAt(end - 1))) return at;
  IMAGE_OR_LINK.lastIndex = end - 1;
  if (IMAGE_OR_LINK.test(text)) return 0;
  NOTE_MARKS.lastIndex = end;
  return NOTE_MARKS.test(text) ? NOTE_MARKS.lastIndex : end;
}

/**
 * The span without white space at its ends; empty (`start === end`) if there is nothing else. Linear in what is
 * dropped.
 */
export function trimSpan(text: string, start: number, end: number): Span {
  while (start < end && SPACE.test(text.charAt(start))) start++;
  while (end > start && SPACE.test(text.charAt(end - 1))) end--;
  return { start, end };
}

/** `at`, or one less where a cut would part the halves of a surrogate pair. */
export function wholeCharacterBefore(text: string, at: number): number {
  const inside = (text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800;
  return inside ? at - 1 : at;
}

/**
 * The sentences of a text (or of a range of it), as offsets: in order, without overlap, trimmed, and together holding
 * every character that isn't white space. They follow Unicode's rules as `Intl.Segmenter` has them, corrected where
 * those cut after abbreviations, initials and list numbers. A single line end counts as a space, a blank line always
 * ends a sentence, and no sentence is longer than 1,000 code units. Linear in the length of the text.
 */
export function splitSentences(text: string, range: Span = { start: 0, end: text.length }): Span[] {
  const sentences: Span[] = [];
  let start = range.start;
  while (start < range.end) {
    PARAGRAPH_END.lastIndex = start;
    const gap = PARAGRAPH_END.exec(text.slice(0, range.end));
    const end = gap ? gap.index : range.end;
    splitParagraph(text, trimSpan(text, start, end), sentences);
    start = gap ? end + gap[0].length : range.end;
  }
  return sentences;
}

function splitParagraph(text: string, paragraph: Span, sentences: Span[]): void {
  let { start } = paragraph;
  while (start < paragraph.end) {
    const end = cut(text, start, paragraph.end, SEGMENTED_AT_ONCE);
    if (!PERHAPS_TWO.test(text.slice(start, end - 1))) {
      sentences.push(...inPhrases(text, { start, end }));
      start = end;
      continue;
    }
    // Keeps its length, so that offsets stay true.
    const flat = text.slice(start, end).replace(/[\r\n]/g, ' ');
    let sentenceStart = 0;
    for (const { index, segment } of segmenter.segment(flat)) {
      const boundary = afterClosingMarks(flat, afterNoteMarks(flat, index + segment.length));
      if (boundary <= sentenceStart) continue;
      if (boundary < flat.length && !endsHere(flat, sentenceStart, boundary)) continue;
      sentences.push(...inPhrases(text, trimSpan(text, start + sentenceStart, start + boundary)));
      sentenceStart = boundary;
    }
    start = end;
  }
}

/** Whether a sentence ends at a boundary of the segmenter. */
function endsHere(flat: string, sentenceStart: number, boundary: number): boolean {
  const before = flat
    .slice(Math.max(sentenceStart, boundary - CONTEXT), boundary)
    .trim()
    .replace(MARKS_AT_END, '')
    .replace(NOTE_MARKS_AT_END, '');
  const after = flat.slice(boundary, boundary + CONTEXT).trimStart();
  if (before === '') return false;
  // As with the mark that opens an admonition in Markdown: `!!! note`.
  if (boundary - sentenceStart < CONTEXT && !WORDS.test(before)) return false;
  if (boundary - sentenceStart < CONTEXT && ENUMERATOR.test(before)) return false;
  if (CLOSED_QUOTE.test(before) && GOES_ON_AFTER_QUOTE.test(flat.charAt(boundary))) return false;
  if (QUOTE_THAT_GOES_ON.test(before)) return !/^\p{Ll}/u.test(after);
  if (!before.endsWith('.')) return true;
  const word = (LAST_WORD.exec(before)?.[0] ?? '').replace(/^[^\p{L}\p{N}]+/u, '');
  const lower = word.toLowerCase();
  const isInitials = INITIALS.test(word);
  if (neverLast.has(lower) || neverLastAsWritten.has(word)) return false;
  if (DOUBLED.test(word) && DOUBLED_TOO.test(after)) return false;
  if (beforeNumber.has(lower) && !isInitials) return !/^[\p{N}(]/u.test(after);
  if (SMALL_LETTER.test(word) && ONE_LETTER.test(after)) return false;
  if (SMALL_NUMBER.test(word) && GERMAN_MONTH.test(after)) return false;
  if (isInitials || perhapsLast.has(lower) || ORDINAL_OR_YEAR.test(before)) {
    const next = /^\p{L}+/u.exec(after)?.[0].toLowerCase();
    return next !== undefined && (openers.has(next) || (!isInitials && otherOpeners.has(next)));
  }
  return true;
}

/** A sentence, or the phrases of one in Thai or Lao; in pieces as below. */
function inPhrases(text: string, span: Span): Span[] {
  const sentence = text.slice(span.start, span.end);
  if (!hasNoFullStops(sentence)) return inPieces(text, span);
  const phrases: Span[] = [];
  let { start } = span;
  for (const { index } of sentence.matchAll(BETWEEN_PHRASES)) {
    if (span.start + index - start < LONG_PHRASE || sentence.length - index < LONG_PHRASE / 2) continue;
    phrases.push(...inPieces(text, { start, end: span.start + index }));
    start = span.start + index;
  }
  return [...phrases, ...inPieces(text, trimSpan(text, start, span.end))];
}

/**
 * A stretch in trimmed pieces of at most 1,000 code units, cut at line ends or white space where there is any, in Chinese
 * and Japanese at punctuation.
 */
export function inPieces(text: string, { start, end }: Span): Span[] {
  const pieces: Span[] = [];
  while (start < end) {
    const pieceEnd = cut(text, start, end, LONGEST_SENTENCE);
    const piece = trimSpan(text, start, pieceEnd);
    if (piece.start < piece.end) pieces.push(piece);
    start = pieceEnd;
  }
  return pieces;
}

/**
 * Where to cut so that at most `limit` code units come first: at a line end or else a place for a cut in the second half
 * of them, if there is one.
 */
function cut(text: string, start: number, end: number, limit: number): number {
  if (end - start <= limit) return end;
  const half = start + (limit >> 1);
  const lineEnd = text.slice(half, start + limit + 1).lastIndexOf('\n');
  if (lineEnd >= 0) return half + lineEnd;
  for (let at = start + limit; at >= half; at--) if (mayCut(text, at)) return at;
  return wholeCharacterBefore(text, start + limit);
}

/** Whether a sentence that is too long may be cut at a place: at white space, or after Chinese or Japanese punctuation. */
export const mayCut = (text: string, at: number) =>
  SPACE.test(text.charAt(at)) || WIDE_PUNCTUATION.test(text.charAt(at - 1));
