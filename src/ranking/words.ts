import { remembering } from '../recent.ts';
import { inOneSpelling, spacelessLetter, spacelessRun, withoutParticles, wordsInRun } from '../scripts.ts';
import { commonWords } from './common-words.ts';

const common = new Set(commonWords.map(inOneSpelling));

const numberWords = new Map(
  `zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
  eighteen nineteen twenty`
    .split(/\s+/)
    .map((word, number) => [word, String(number)]),
);
for (const [at, word] of 'thirty forty fifty sixty seventy eighty ninety'.split(' ').entries())
  numberWords.set(word, String(30 + 10 * at));
numberWords.set('hundred', '100').set('thousand', '1000').set('million', '1000000').set('dozen', '12');

const letter = `[[\\p{L}\\p{M}]--${spacelessLetter}]`;
const later = `[[\\p{L}\\p{M}\\u00ad\\u200c\\u200d]--${spacelessLetter}]`;
const wordPattern = new RegExp(
  `\\p{N}+(?:[.,]\\p{N}+)*|${letter}${later}*(?:['’][\\p{L}--${spacelessLetter}]${later}*)*|${spacelessRun}`,
  'gv',
);
const isSpaceless = new RegExp(`^${spacelessLetter}`, 'v');
/** The first character, by its code unit, of scripts that put no spaces between words: those before it do. */
const firstSpaceless = 0xe00;
/** How far a text is read, in UTF-16 code units: only sentences, questions and passages are compared. */
const readableCharacters = 20_000;

/** A word of a text: as it stands there, its stem, where it begins, and whether it is too common to tell anything. */
export type Word = { text: string; stem: string; start: number; common: boolean };

/**
 * The words of a text in order, also of those scripts that put no spaces between them. The stem of a number is its
 * digits without separators, however it is written ("1,024", "twenty").
 */
export function readWords(text: string): Word[] {
  const words: Word[] = [];
  const readable = text.slice(0, readableCharacters);
  wordPattern.lastIndex = 0;
  for (let match = wordPattern.exec(readable); match; match = wordPattern.exec(readable)) {
    const { 0: found, index: start } = match;
    if (found.charCodeAt(0) >= firstSpaceless && isSpaceless.test(found))
      for (const part of wordsInRun(found)) words.push(readWord(part.text, start + part.start));
    else words.push(readWord(found, start));
  }
  return words;
}

function readWord(text: string, start: number): Word {
  const lower = text.toLowerCase().replace(/['’]s?$/u, '');
  const { stem, common } = readingOf(lower);
  return { text, stem, start, common };
}

/** The stems of the content words of a text, those that tell what it is about, each once. */
export function contentStems(text: string): Set<string> {
  return new Set(readWords(text).flatMap(({ stem, common }) => (common ? [] : [stem])));
}

const endings = [
  ['ational', 'at'],
  ['isation', 'is'],
  ['ization', 'is'],
  ['ements', ''],
  ['ations', 'at'],
  ['ation', 'at'],
  ['ement', ''],
  ['ments', ''],
  ['ities', ''],
  ['ings', ''],
  ['ions', ''],
  ['ment', ''],
  ['ical', 'ic'],
  ['ies', 'y'],
  ['ied', 'y'],
  ['ity', ''],
  ['ing', ''],
  ['ion', ''],
  ['ers', ''],
  ['ors', ''],
  ['est', ''],
  ['ize', 'is'],
  ['ed', ''],
  ['es', ''],
  ['er', ''],
  ['or', ''],
  ['ly', ''],
  ['s', ''],
] as const;
const endingsByLast = Map.groupBy(endings, ([ending]) => ending.at(-1)!);

type Reading = Pick<Word, 'stem' | 'common'>;
/** Words seen before, in lower case: reading them is most of the work of an ask. */
const readBefore = remembering(20_000, read);
const rememberedLength = 40;
const readingOf = (lower: string): Reading => (lower.length > rememberedLength ? read(lower) : readBefore(lower));

function read(lower: string): Reading {
  const spelled = inOneSpelling(lower);
  return { stem: stemOf(withoutParticles(spelled)), common: common.has(spelled) };
}

/**
 * A word without its ending, so that "trained", "training" and "trains" meet: a light stemmer for English, in the
 * manner of Porter ("An algorithm for suffix stripping", 1980) but in one pass. Numbers become plain digits.
 * @param lower the word in lower case and in one spelling
 */
function stemOf(lower: string): string {
  if (/^\p{N}/u.test(lower)) return lower.replace(/,(?=\d{3})/g, '');
  const number = numberWords.get(lower);
  if (number) return number;
  let stem = lower;
  if (!lower.endsWith('ss') && !lower.endsWith('us') && !lower.endsWith('is'))
    for (const [ending, instead] of endingsByLast.get(lower.at(-1)!) ?? []) {
      const rest = lower.length - ending.length;
      if (rest < 3 || !lower.endsWith(ending) || !/[aeiouy]/.test(lower.slice(0, rest))) continue;
      stem = lower.slice(0, rest) + instead;
      break;
    }
  if (stem.length > 3)
    stem = stem
      .replace(/(?<=[^aeiou])y$/, 'i')
      .replace(/e$/, '')
      .replace(/([bdfglmnprt])\1$/, '$1');
  return stem;
}

/**
 * How much a word tells that is in `found` of `count` texts: the inverse document frequency of BM25, ln(1 + (n − d +
 * ½)/(d + ½)) (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009). A word that is in none tells
 * most.
 */
export const rarityOf = (found: number, count: number) => Math.log(1 + (count - found + 0.5) / (found + 0.5));

/** Returns how much each word tells, by the number of these texts that hold it. */
export function rarityIn(texts: Iterable<ReadonlySet<string>>): (stem: string) => number {
  const frequency = new Map<string, number>();
  let count = 0;
  for (const stems of texts) {
    count += 1;
    for (const stem of stems) frequency.set(stem, (frequency.get(stem) ?? 0) + 1);
  }
  return (stem) => rarityOf(frequency.get(stem) ?? 0, count);
}

/**
 * Returns a function that tells which share of `wanted` is in any of some pools, each word weighted by its rarity; 0
 * where nothing is wanted.
 */
export function shareOf(
  wanted: Iterable<string>,
  rarity: (stem: string) => number,
): (...pools: ReadonlySet<string>[]) => number {
  const stems = [...wanted];
  const places = new Map(stems.map((stem, place) => [stem, place]));
  const weights = stems.map(rarity);
  const all = weights.reduce((sum, weight) => sum + weight, 0);

  function placesIn(pools: ReadonlySet<string>[]): Iterable<number> {
    // A question may have a thousand words and a context thousands of sentences: then the few of a sentence are looked up.
    if (pools.reduce((sum, { size }) => sum + size, 0) < stems.length) {
      const met = pools.flatMap((pool) => Array.from(pool, (stem) => places.get(stem) ?? -1));
      return new Set(met.filter((place) => place >= 0).sort((one, other) => one - other));
    }
    return places.values().filter((place) => pools.some((pool) => pool.has(stems[place]!)));
  }

  return (...pools) => {
    if (all === 0) return 0;
    let met = 0;
    for (const place of placesIn(pools)) met += weights[place]!;
    return met / all;
  };
}
