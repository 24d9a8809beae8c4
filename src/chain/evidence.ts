import type { Passage } from '../passage.ts';
import { holdsWide, joinsWithoutSpace, spacelessLetter, unseen } from '../scripts.ts';
import type { Evidence } from './verdict.ts';

/** A shorter quotation proves nothing: it would be found in any text. */
const fewestCharacters = 3;

/**
 * Finds quotations in the passages, word for word. Only differences that change no word are allowed: white space, marks
 * of emphasis and code, the shapes of quotation marks and dashes, how accented letters are spelled (NFC or NFD), full or
 * half width, characters that nobody sees (soft hyphens, marks of direction), and marks at either end. Where a quotation
 * leaves words out by dots, its parts count, if all are found in one passage, in their order. What is returned is always
 * the passage's own text; a quotation that isn't found is dropped.
 * @returns what was found, each stretch once, in the order given, with offsets into its document
 */
export function findEvidence(quotes: string[], passages: Passage[]): Evidence[] {
  const found = new Map<string, Evidence>();
  const plains = passages.map((passage) => ({ passage, plain: null as Plain | null }));
  for (const quote of quotes) {
    for (const { passage, from, to } of placesOf(quote.trim(), plains)) {
      const [start, end] = [passage.start + from, passage.start + to];
      found.set(`${passage.documentId} ${start} ${end}`, {
        quote: passage.text.slice(from, to),
        passageId: passage.id,
        start,
        end,
      });
    }
  }
  return [...found.values()];
}

/** A passage with its plain form, once it was needed. */
type Read = { passage: Passage; plain: Plain | null };
/** A stretch of a passage's text, in offsets into that text. */
type Place = { passage: Passage; from: number; to: number };

function placesOf(quote: string, read: Read[]): Place[] {
  if (quote.length < fewestCharacters) return [];
  for (const { passage } of read) {
    const from = wholeWordsAt(passage.text, quote);
    if (from >= 0) return [{ passage, from, to: from + quote.length }];
  }
  const plain = plainOf(quote).text.trimEnd();
  const whole = placesInTurn([plain], read) ?? placesInTurn([withoutMarksAtEnds(plain)], read);
  if (whole) return whole;
  const parts = plain
    .split(dots)
    .map((part) => part.trim())
    .filter(Boolean);
  const saySomething = parts.every((part) => part.includes(' ') || holdsWide(part));
  return (saySomething && placesInTurn(parts, read)) || [];
}

/** A plain text without quotation marks and dots around it, and without the punctuation at its end. */
function withoutMarksAtEnds(text: string): string {
  let end = text.length;
  while (end > 0 && " '.,;:".includes(text[end - 1]!)) end -= 1;
  return text.slice(0, end).replace(/^(?:[ ']|\.{3})+/, '');
}

const dots = /\[?\.{3,}\]?/;

/** Where plain texts first stand in one passage, one after another. */
function placesInTurn(texts: string[], read: Read[]): Place[] | null {
  if (texts.some(({ length }) => length < fewestCharacters)) return null;
  for (const each of read) {
    each.plain ??= plainOf(each.passage.text);
    const { text, starts, ends } = each.plain;
    const places: Place[] = [];
    let next = 0;
    for (const words of texts) {
      const at = wholeWordsAt(text, words, { from: next, starts });
      if (at < 0) break;
      next = at + words.length;
      places.push({ passage: each.passage, from: starts[at]!, to: ends[next - 1]! });
    }
    if (places.length === texts.length) return places;
  }
  return null;
}

/**
 * Where words first stand in a text, -1 if nowhere. A piece of a word or number doesn't count: "4 kg" is not in "14 kg",
 * nor "5 °C" in "-5 °C".
 * @param options.starts as those of a plain form, so that no character of its text is cut either
 */
function wholeWordsAt(
  text: string,
  words: string,
  { from = 0, starts }: { from?: number; starts?: number[] } = {},
): number {
  const isCut = (at: number) => {
    withinWord.lastIndex = at;
    return withinWord.test(text) || (starts !== undefined && starts[at] === starts[at - 1]);
  };
  let at = text.indexOf(words, from);
  while (at >= 0 && (isCut(at) || isCut(at + words.length))) at = text.indexOf(words, at + 1);
  return at;
}

/** Letters and digits that a word goes on with; of Korean, a quotation may leave out the particle at a word's end. */
const letter = String.raw`[[\p{L}\p{N}]--[${spacelessLetter}\p{sc=Hang}]]`;
/** What stands before a number as its sign: a minus where something begins, if need be after marks that open it. */
const sign = String.raw`(?:^|[\s\(\[\|=<>≤≥])[*_\`"'“„«]{0,4}[\-−]`;
const withinWord = new RegExp(
  String.raw`\p{M}|(?=${letter})(?<=${letter}\p{M}*)|(?<=\p{N}[.,])\p{N}|(?<=\p{N})[.,]\p{N}|(?<=${sign})\p{N}`,
  'yv',
);

/** A text as it is compared, and where the characters that each of its UTF-16 code units stands for begin and end. */
type Plain = { text: string; starts: number[]; ends: number[] };

/** Plain characters as they are; white space; marks that nobody reads out; any other character. */
const pieces = new RegExp(
  `(?<asIs>[a-zA-Z\\d.,;:]+)|(?<space>\\s+)|(?<unread>[${unseen}\`]` +
    String.raw`|(?<![\p{L}\p{N}*_])[*_]+(?=[^\s*_])|(?<=[^\s*_])[*_]+(?![\p{L}\p{N}*_]))|(?<wide>[\uff01-\uff5e])|.`,
  'gsu',
);
/** What typographic signs are compared as; the last is what prompts disarm tags by. */
const compared: Record<string, string> = {
  ...Object.fromEntries(Array.from('"“”„‟‘’‚‛«»', (sign) => [sign, "'"])),
  ...Object.fromEntries(Array.from('‐‑‒–—―−', (sign) => [sign, '-'])),
  '…': '...',
  '‹': '<',
};

/** Whether white space stands within Chinese or Japanese, where it says nothing: mostly it is the end of a line. */
const isWithinChinese = (source: string, at: number, space: string) =>
  joinsWithoutSpace(source.charAt(at - 1), source.charAt(at + space.length));

function plainOf(source: string): Plain {
  const plain: Plain = { text: '', starts: [], ends: [] };
  let afterSpace = true;
  for (const { 0: piece, index, groups } of source.matchAll(pieces)) {
    const { asIs, space, unread, wide } = groups!;
    if (unread || (space && (afterSpace || isWithinChinese(source, index, piece)))) continue;
    afterSpace = space !== undefined;
    const said = space ? ' ' : (asIs ?? compared[piece] ?? piece.normalize(wide ? 'NFKC' : 'NFD'));
    plain.text += said;
    for (let at = 0; at < said.length; at += 1) {
      plain.starts.push(asIs ? index + at : index);
      plain.ends.push(asIs ? index + at + 1 : index + piece.length);
    }
  }
  return plain;
}
