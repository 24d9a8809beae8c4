// @ts-check
// Links the sentences of an answer to the evidence that supports them.

/** @typedef {{ quote: string, passageId: string, start: number, end: number }} Evidence */

/** A sentence is linked if the quotation holds at least this share of its content words … */
const enough = 0.5;
/** … or if it holds at least this share of the quotation's. */
const nearlyAll = 0.8;

const common = new Set(
  (
    'a an and are as at be been but by can could did do does for from had has have he her his how if in into is it its may more not ' +
    'of on or our she so than that the their them then there these they this those to was we were what when where which who will ' +
    'with would you your ' +
    '的 了 在 是 于 和 与 有 被 用 以 及 为 该 这 其 之 个 一 不 也 都 の は が を に で と も た て し さ れ ま い る です ます した ' +
    'ที่ และ ของ ใน เป็น มี ได้ ให้ กับ จาก ไม่ นี้ ถูก'
  ).split(' '),
);
const numberWords = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ');

/** Scripts that put no spaces between words. */
const spaceless = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;
const dividesWords = new Intl.Segmenter('en', { granularity: 'word' });

/** @param {string} text */
const wordsOf = (text) =>
  (text.toLowerCase().match(/\p{N}+(?:[.,]\p{N}+)*|[\p{L}\p{M}]+/gu) ?? []).flatMap((run) =>
    spaceless.test(run) ? [...dividesWords.segment(run)].map(({ segment }) => segment) : run,
  );

/**
 * The content words of a text in a form to compare: in lower case, without common endings, numbers as digits.
 * @param {string} text
 */
function contentWords(text) {
  return new Set(
    wordsOf(text)
      .filter((word) => !common.has(word))
      .map((word) => {
        const number = numberWords.indexOf(word);
        if (number >= 0) return String(number);
        return /^\p{N}/u.test(word)
          ? word.replaceAll(',', '')
          : word.length > 4
            ? word.replace(/(?:ing|ed|es|s)$/, '')
            : word;
      }),
  );
}

/**
 * A text as words with a space around each, so that one text can be found in another by whole words.
 * @param {string} text
 */
const inWords = (text) => ` ${wordsOf(text).join(' ')} `;

/**
 * For each sentence, the number of the evidence that supports it best, or null: one that contains it or is contained in it word for word,
 * or else the one that shares most words with it.
 * @param {string[]} sentences
 * @param {Evidence[]} evidence
 * @returns {(number | null)[]}
 */
export function linkSentences(sentences, evidence) {
  const quotes = evidence.map(({ quote }) => ({ text: inWords(quote), words: contentWords(quote) }));
  return sentences.map((sentence) => {
    const text = inWords(sentence);
    const words = contentWords(sentence);
    if (words.size === 0) return null;
    let best = null;
    let most = enough;
    for (const [at, quote] of quotes.entries()) {
      const isHeld = quote.text.includes(text) || (quote.words.size > 0 && text.includes(quote.text));
      const held = isHeld ? 2 : shared(words, quote.words);
      if (held < most || (best !== null && held === most)) continue;
      best = at;
      most = held;
    }
    return best;
  });
}

/**
 * How much a sentence and a quotation have in common, 0 to 1: the share of the sentence's words, or nearly all of the quotation's.
 * @param {Set<string>} sentence
 * @param {Set<string>} quote
 */
function shared(sentence, quote) {
  if (sentence.size === 0 || quote.size === 0) return 0;
  const both = sentence.intersection(quote).size;
  return Math.max(both / sentence.size, both / quote.size >= nearlyAll ? both / quote.size : 0);
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
/** What ends with a full stop without ending a sentence. */
const abbreviation = /(?:^|[\s(])(?:e\.g|i\.e|cf|vs|dr|mr|mrs|ms|prof|fig|eq|no|approx|\p{Lu})\.$/iu;
const numberOfItem = /^\s*\d+\.$/;
/** How much of an end is looked at, in UTF-16 code units: more than any of these takes. */
const longestEnd = 40;

/**
 * Whether a sentence goes on after what seems to end it.
 * @param {string} text from where the sentence begins
 */
function goesOn(text) {
  const said = text.trimEnd();
  return abbreviation.test(said.slice(-longestEnd)) || (said.length <= longestEnd && numberOfItem.test(said));
}

/** Markdown's closing marks of emphasis or code, which belong to the sentence before them. */
const closingMarks = /[*_`~]{1,6}(?!\S)/y;
/** Note marks after a full stop, which belong to the sentence too: [1], [1](#note), [^1], ¹. */
const noteMarks = /(?:\[{1,2}\^?[\p{L}\p{N}-]{1,20}\]{1,2}(?:\([^\s()]{1,200}\))?|[⁰¹²³⁴-⁹]{1,3})+/uy;

/**
 * The end of a sentence, including the marks that follow it.
 * @param {string} text
 * @param {number} at where the sentence ends by Unicode's rules
 */
function afterMarks(text, at) {
  // Unicode's rules take an opening bracket for a closing one.
  const end = text.charAt(at - 1) === '[' ? at - 1 : at;
  if (/\s/.test(text.charAt(end - 1))) return at;
  noteMarks.lastIndex = end;
  closingMarks.lastIndex = noteMarks.test(text) ? noteMarks.lastIndex : end;
  const behindNotes = closingMarks.lastIndex;
  return closingMarks.test(text) ? closingMarks.lastIndex : behindNotes;
}

/**
 * Where the sentences of a text begin and end, without the white space between them.
 * @param {string} text
 * @returns {{ start: number, end: number }[]}
 */
export function splitSentences(text) {
  /** @type {{ start: number, end: number }[]} */
  const found = [];
  let start = 0;
  let holdsWord = false;
  for (const { index, segment } of segmenter.segment(text.replace(/[\r\n]/g, ' '))) {
    // A piece without a word, such as the `!` of `![an image]`, is no sentence, and goes with what follows.
    holdsWord ||= /[\p{L}\p{N}]/u.test(text.slice(Math.max(start, index), index + segment.length));
    if (!holdsWord) continue;
    const end = afterMarks(text, index + segment.length);
    if (end <= start || (end < text.length && goesOn(text.slice(start, end)))) continue;
    const piece = text.slice(start, end);
    const from = start + (piece.length - piece.trimStart().length);
    found.push({ start: from, end: start + piece.trimEnd().length });
    start = end;
    holdsWord = false;
  }
  return found;
}

/**
 * In which pieces of a text its sentences lie.
 * @param {{ length: number }[]} pieces one after another, they are the text
 * @param {{ start: number, end: number }[]} sentences in their order
 * @returns {{ sentence: number, from: number, to: number, isLast: boolean }[][]} for each piece, the parts of sentences in it
 */
export function partsOf(pieces, sentences) {
  let begin = 0;
  let sentence = 0;
  return pieces.map(({ length }) => {
    const [first, behind] = [begin, begin + length];
    begin = behind;
    const parts = [];
    for (let own = sentences[sentence]; own && own.start < behind; own = sentences[sentence]) {
      const isLast = own.end <= behind;
      const [from, to] = [Math.max(own.start, first) - first, Math.min(own.end, behind) - first];
      if (from < to) parts.push({ sentence, from, to, isLast });
      if (!isLast) break;
      sentence += 1;
    }
    return parts;
  });
}
