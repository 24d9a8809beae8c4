import { readWords, type Word } from '../ranking/words.ts';
import { splitSentences } from '../sentences.ts';
import type { RankedSentence, ReadQuestion } from './rank-sentences.ts';
import { readable } from './sentence-candidates.ts';

/** How many parts of an answer are looked at: its first sentences. */
const mostParts = 8;
/**
 * A sentence of the context that is at least this long, in UTF-16 code units, and is quoted in the answer, is one part
 * of it.
 */
const shortestQuote = 25;
/**
 * Among sentences that hold nearly as much of the answer as the best, within this share, fit with the question decides.
 */
const nearlyAsMuch = 0.05;

/**
 * A part of the answer and the sentence of the context that supports it best; `held` is the share of the part that it
 * holds, 0 to 1.
 */
export type Support = { part: string; sentence: RankedSentence; held: number; verbatim: boolean };

/**
 * Finds what supports an answer, part by part.
 * @param sentences of the context, best first
 * @returns nothing where the answer has no words, or the context no sentences
 */
export function findSupports(answer: string, question: ReadQuestion, sentences: RankedSentence[]): Support[] {
  if (sentences.length === 0) return [];
  const read = sentences.map((sentence) => ({ sentence, plain: plainText(readWords(sentence.text)) }));
  return partsOf(answer, sentences).map((part) => supportOf(part, question, read));
}

/**
 * The parts of an answer: first what it quotes from the context, wherever that ends, then its other sentences. Heads of
 * tables are left out: they say nothing that could be supported.
 */
function partsOf(answer: string, sentences: RankedSentence[]): string[] {
  let rest = answer.replace(/\s+/g, ' ');
  for (const head of new Set(sentences.map((sentence) => readable(sentence.head))))
    if (head !== '') rest = rest.replace(head, () => '\n\n');
  const quoted: string[] = [];
  for (const { text } of sentences) {
    const quote = readable(text);
    if (quoted.length === mostParts || quote.length < shortestQuote || !rest.includes(quote)) continue;
    quoted.push(quote);
    rest = rest.replace(quote, () => '\n\n');
  }
  const others = splitSentences(rest)
    .map(({ start, end }) => rest.slice(start, end))
    .filter((part) => /[\p{L}\p{N}]/u.test(part));
  return [...quoted, ...others].slice(0, mostParts);
}

/**
 * The sentence that holds most of a part's content words, leaving out those of the question; among those that hold
 * nearly as much, the one that fits the question best.
 * @param sentences best first
 */
function supportOf(
  part: string,
  question: ReadQuestion,
  sentences: { sentence: RankedSentence; plain: string }[],
): Support {
  const words = readWords(part);
  const content = words.filter(({ common }) => !common);
  const fresh = content.filter(({ stem }) => !question.stems.has(stem));
  const telling = fresh.length > 0 ? fresh : content;
  const wanted = new Set(telling.map(({ stem }) => stem));
  const plain = plainText(words);
  const supports = sentences.map(({ sentence, plain: text }) => {
    const verbatim = plain !== '' && ` ${text} `.includes(` ${plain} `);
    const met = [...wanted].filter((stem) => sentence.stems.has(stem)).length;
    return { part, sentence, verbatim, held: verbatim ? 1 : met / Math.max(1, wanted.size) };
  });
  const most = Math.max(...supports.map(({ held }) => held));
  const nearly = supports.filter(({ held }) => held >= most - nearlyAsMuch);
  return nearly.find(({ verbatim }) => verbatim) ?? nearly[0]!;
}

const plainText = (words: Word[]) => words.map((word) => word.text.toLowerCase()).join(' ');
