import { createRequire } from 'node:module';
import type { TiktokenBPE } from 'js-tiktoken/lite';

/** Longer texts are counted in pieces of at most this many UTF-16 code units, cut at white space where possible. */
const PIECE_LENGTH = 1_000;
/** Within a piece, a run without a word boundary is counted in parts of this many code units, because merging takes quadratic time. */
const RUN_LENGTH = 128;
/** How many words' counts are cached; a full cache is emptied. */
const REMEMBERED_WORDS = 20_000;

/**
 * Makes a function that counts the tokens of a text as OpenAI's cl100k_base vocabulary has them.
 *
 * The vocabulary is the same for every embedding model: a token is our unit of length, and passages (their offsets, their ids, what an
 * evaluation says of them) must not change with the provider. Other vocabularies differ by a few tens of per cent, for which the default
 * size leaves room.
 *
 * The ranks come from js-tiktoken and are read at the first count (about 0.1 s). Merging is done here, because js-tiktoken takes half a
 * second for a thousand Chinese characters. Runs of more than 128 code units without a word boundary are counted in parts, which adds a
 * few tokens at most; everything else is exact.
 */
export function createTokenCounter(): (text: string) => number {
  let count: ((text: string) => number) | undefined;
  return (text) => {
    count ??= createPieceCounter();
    let tokens = 0;
    for (let start = 0; start < text.length; ) {
      const end = pieceEnd(text, start);
      tokens += count(text.slice(start, end));
      start = end;
    }
    return tokens;
  };
}

function createPieceCounter(): (piece: string) => number {
  const require = createRequire(import.meta.url);
  const vocabulary = require('js-tiktoken/ranks/cl100k_base') as TiktokenBPE;
  const ranks = readRanks(vocabulary.bpe_ranks);
  const words = new RegExp(vocabulary.pat_str, 'gu');
  const remembered = new Map<string, number>();

  function countWord(word: string): number {
    const known = remembered.get(word);
    if (known !== undefined) return known;
    let tokens = 0;
    const bytes = Buffer.from(word, 'utf8').toString('latin1');
    for (let at = 0; at < bytes.length; at += RUN_LENGTH)
      tokens += countMerged(bytes.slice(at, at + RUN_LENGTH), ranks);
    if (remembered.size >= REMEMBERED_WORDS) remembered.clear();
    remembered.set(word, tokens);
    return tokens;
  }

  return (piece) => {
    let tokens = 0;
    for (const [word] of piece.matchAll(words)) tokens += countWord(word);
    return tokens;
  };
}

/** Ranks by token, a token's bytes being written as one character each; lower ranks are merged first. */
function readRanks(lines: string): Map<string, number> {
  const ranks = new Map<string, number>();
  for (const line of lines.split('\n')) {
    const [, first, ...tokens] = line.split(' ');
    tokens.forEach((token, index) => {
      ranks.set(Buffer.from(token, 'base64').toString('latin1'), Number(first) + index);
    });
  }
  return ranks;
}

/** How many tokens are left after merging the pair with the lowest rank until no pair has one (byte pair encoding). */
function countMerged(bytes: string, ranks: Map<string, number>): number {
  if (ranks.has(bytes)) return 1;
  const starts = Array.from({ length: bytes.length + 1 }, (_, index) => index);
  const rankOfPairAt = (part: number) =>
    ranks.get(bytes.slice(starts[part], starts[part + 2])) ?? Number.POSITIVE_INFINITY;
  const pairRanks = Array.from({ length: bytes.length - 1 }, (_, part) => rankOfPairAt(part));
  while (pairRanks.length > 0) {
    let best = 0;
    for (let part = 1; part < pairRanks.length; part++) if (pairRanks[part]! < pairRanks[best]!) best = part;
    if (pairRanks[best] === Number.POSITIVE_INFINITY) break;
    starts.splice(best + 1, 1);
    pairRanks.splice(best, 1);
    if (best < pairRanks.length) pairRanks[best] = rankOfPairAt(best);
    if (best > 0) pairRanks[best - 1] = rankOfPairAt(best - 1);
  }
  return starts.length - 1;
}

/** The end of the piece that begins at `start`: just before the last white space that fits, since tokens include the space before a word. */
function pieceEnd(text: string, start: number): number {
  const end = start + PIECE_LENGTH;
  if (end >= text.length) return text.length;
  for (let at = end; at > end - PIECE_LENGTH / 2; at--) if (/\s/.test(text.charAt(at))) return at;
  const splitsPair = (text.charCodeAt(end) & 0xfc00) === 0xdc00;
  return splitsPair ? end - 1 : end;
}
