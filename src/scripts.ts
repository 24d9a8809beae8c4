import { remembering } from './recent.ts';

/**
 * Letters and signs of scripts that put no spaces between words nor at line ends: Chinese and Japanese. What comes before
 * U+2E80 (the middle dot, accents) they share with scripts that do.
 */
const wide = String.raw`[[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}]&&[\u2e80-\u{10ffff}]]\uff01-\uff9f`;
/** Scripts of South-East Asia that put spaces between phrases instead of words. */
const southEastAsian = String.raw`\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}`;
const letters = (script: string) => String.raw`[[${script}]&&[\p{L}\p{M}]]`;

/** A letter of a script without spaces between words: part of a pattern with the flag `v`. */
export const spacelessLetter = letters(wide + southEastAsian);
/** A run of such letters, which for Chinese and Japanese goes on in the next line. */
export const spacelessRun = `(?:${letters(wide)}+(?:[^\\S\\n]*\\n[^\\S\\n]*${letters(wide)}+)*|${letters(southEastAsian)}+)`;

/** Letters of Thai and Lao, which have no full stops: their spaces part phrases and sentences. */
export const withoutStops = String.raw`\u0e00-\u0eff`;
const anyWithoutStops = new RegExp(`[${withoutStops}]`);
export const hasNoFullStops = (text: string) => anyWithoutStops.test(text);

const endsWide = new RegExp(`[${wide}]$`, 'v');
const beginsWide = new RegExp(`^[${wide}]`, 'v');
const wideLineEnd = new RegExp(`(?<=[${wide}])[^\\S\\n]*\\n[^\\S\\n]*(?=[${wide}])`, 'gv');
const anyWide = new RegExp(`[${wide}]`, 'v');

/** Whether a text holds anything Chinese or Japanese. */
export const holdsWide = (text: string) => anyWide.test(text);
/** Whether a text is Chinese or Japanese at its end, and another at its beginning, so that no space belongs between. */
export const joinsWithoutSpace = (before: string, after: string) => endsWide.test(before) && beginsWide.test(after);
/** A text without the line ends that part Chinese or Japanese letters. */
export const withoutWideLineEnds = (text: string) => (text.includes('\n') ? text.replace(wideLineEnd, '') : text);

/** Characters that nobody sees: soft hyphens, joiners, marks of direction. Part of a character class. */
export const unseen = String.raw`\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff`;
const allUnseen = new RegExp(`[${unseen}]`, 'g');

/** The zeros of digits that are not ASCII; the nine others follow each. */
const zeros = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50];
const otherDigits = new RegExp(
  `[${zeros.map((zero) => `${String.fromCharCode(zero)}-${String.fromCharCode(zero + 9)}`).join('')}]`,
  'g',
);
const toDigit = (digit: string) => String(digit.charCodeAt(0) - zeros.findLast((zero) => zero <= digit.charCodeAt(0))!);

/** All but the letters of most of Europe's languages, and punctuation: where there are none, little is to be done. */
const perhapsSpelledOtherwise = /[ßẞıςёЁ\u0590-\u200f\u2028-\uffff]|\u0307/;
/** Points of Hebrew, vowel signs and the stretching line of Arabic. */
const optionalMarks = /[\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]/g;
const variants: [RegExp, string][] = [
  [/[ßẞ]/g, 'ss'],
  [/ı|i\u0307/g, 'i'],
  [/ς/g, 'σ'],
  [/ё/g, 'е'],
  [/Ё/g, 'Е'],
  [/[أإآٱ]/g, 'ا'],
  [/[ىی]/g, 'ي'],
  [/ة/g, 'ه'],
  [/ک/g, 'ك'],
];

/**
 * A text with its letters written in one way where people write them in several: accents (NFC), full and half width,
 * digits, ß and ss, ё and е, Turkish ı and i, Arabic and Hebrew with or without points. What nobody sees is dropped.
 */
export function inOneSpelling(text: string): string {
  const plain = text.replace(allUnseen, '').normalize('NFC');
  if (!perhapsSpelledOtherwise.test(plain)) return plain;
  const narrow = plain
    .replace(/[\uff01-\uffdc]+/g, (some) => some.normalize('NFKC'))
    .replace(otherDigits, toDigit)
    .replace(optionalMarks, '');
  return variants.reduce((written, [letters, instead]) => written.replace(letters, instead), narrow);
}

/** What begins an Arabic word and means "and", "in", "like" or "the". */
const arabicArticle = /^[وف]?(?:[بك]?ال|لل)(?=\p{sc=Arab}{3})/u;
/** What ends a Korean word and says which part it has in its sentence. */
const koreanParticle =
  /(?<=\p{sc=Hang}{2})(?:입니다|입니까|에서는|에서|에게|으로|까지|부터|마다|처럼|보다|한테|께서|이나|은|는|이|가|을|를|에|의|로|과|와|도|만)$/u;

/** A word (in one spelling) without what Arabic puts before it and Korean after it. */
export const withoutParticles = (word: string) => word.replace(arabicArticle, '').replace(koreanParticle, '');

const segmenter = new Intl.Segmenter('zh', { granularity: 'word' });

function divide(run: string): { text: string; start: number }[] {
  const joined = run.replace(/\s+/g, '');
  let at = 0;
  return Array.from(segmenter.segment(joined), ({ segment }) => {
    while (/\s/.test(run.charAt(at))) at += 1;
    const start = at;
    for (const letter of segment) at = run.indexOf(letter, at) + letter.length;
    return { text: segment, start };
  });
}

/** Dividing takes up to a microsecond a letter, so runs up to this length are remembered. */
const rememberedLength = 100;
const dividedBefore = remembering(5_000, divide);

/**
 * The words in a run of a script without spaces between words (`spacelessRun`), by the dictionaries of ICU; `start` is
 * in the run.
 */
export const wordsInRun = (run: string) => (run.length > rememberedLength ? divide(run) : dividedBefore(run));

const run = new RegExp(`${spacelessRun}|[\\p{sc=Arab}&&\\p{L}]+|[\\p{sc=Hang}&&\\p{L}]+`, 'gv');
const anyRun = new RegExp(`[\\p{sc=Arab}\\p{sc=Hang}${wide}${southEastAsian}]`, 'v');

/** Each two neighbouring letters; a single one by itself. */
function pairsOf(letters: string[]): string[] {
  return letters.length < 2 ? letters : letters.slice(1).map((letter, at) => letters[at]! + letter);
}

/**
 * A text in one spelling whose words are parted by spaces, to be searched by words. Chinese and Japanese become each two
 * neighbouring characters, as is usual in search: unlike a dictionary's words, these never change.
 */
export function toSearchableWords(text: string): string {
  const spelled = inOneSpelling(text);
  if (!anyRun.test(spelled)) return spelled;
  return spelled.replace(run, (letters) => {
    if (anyWide.test(letters)) return ` ${pairsOf([...letters.replace(/\s+/g, '')]).join(' ')} `;
    if (/^[\p{sc=Arab}\p{sc=Hang}]/u.test(letters)) return withoutParticles(letters);
    return ` ${wordsInRun(letters)
      .map(({ text: word }) => word)
      .join(' ')} `;
  });
}
