import { splitSentences } from '../sentences.ts';
import type { Ranked } from './answer-gate.ts';
import { holdsType, isName } from './question-type.ts';
import type { RankedSentence } from './rank-sentences.ts';
import { contentStems, readWords, type Word, weightedShare } from './words.ts';

/** Which parts of an answer are looked at: the first sentences, and of them no more than this many characters. */
const mostParts = 8;
const readableCharacters = 4_000;
/** Sentences that hold nearly as much of the answer as the best one are told apart by how well they fit the question. */
const nearlyAsMuch = 0.05;
/** How many words apart the answer and a word of the question may stand until the word counts half. */
const halfDistance = 6;
/** An answer of up to this many words is a span rather than a sentence. */
const shortAnswer = 8;

const negations = new Set(
  `no not never none nothing nobody neither nor without cannot can't won't don't doesn't didn't isn't
  aren't wasn't weren't hasn't haven't hadn't shouldn't wouldn't couldn't fails failed unable`.split(/\s+/),
);

/** A sentence of the answer and the sentence of the context that bears it out best; `held` is how much of it is there, 0 to 1. */
export type Support = { part: string; sentence: RankedSentence; held: number; verbatim: boolean };

/** What is read from an answer: the features' values, and the facts behind them that a reader can be told. */
export type VerdictReading = {
  values: number[];
  supports: Support[];
  /** Words of the answer, besides the question's, that the supporting sentences don't hold; the longest first. */
  missing: string[];
  /** Whether it is of the kind that is asked for; null where the question doesn't tell a kind. */
  fits: boolean | null;
  /** The share of the question's words, by rarity, that the supporting sentences and their neighbours hold, 0 to 1. */
  questionCovered: number;
  /** Whether the sentence that fits the question best is among those that bear the answer out. */
  bestIsSupport: boolean;
  negationDiffers: boolean;
};

/** What the classifier looks at, in order. */
export const verdictFeatureNames = [
  'held',
  'leastHeld',
  'verbatim',
  'wordsMissing',
  'numbersMissing',
  'namesMissing',
  'negationDiffers',
  'supportProbability',
  'supportMargin',
  'supportOverlap',
  'supportWithNeighbours',
  'supportNearness',
  'proximity',
  'proximityIfShort',
  'typeFits',
  'typeMissing',
  'typeMissingIfShort',
  'nothingNew',
  'short',
  'manyParts',
  'bestOverlap',
  'contextCoverage',
  'questionNamesMissing',
  'sureness',
  'similarity',
  'similarityOfSupport',
  'similarityIfShort',
  'marginIfShort',
] as const;

/**
 * Reads an answer against the context: is it there, is it where the question points, is it of the kind that is asked for.
 * @returns null where there is nothing to compare: no word in the answer, or no sentence in the context
 */
export function readAnswer(answer: string, { question, sentences }: Ranked): VerdictReading | null {
  const best = sentences[0];
  const parts = partsOf(answer);
  if (!best || parts.length === 0) return null;
  const read = sentences.map((sentence) => ({ sentence, plain: plainText(readWords(sentence.text)) }));
  const supports = parts.map((part) => supportOf(part, question, read));
  const words = readWords(answer.slice(0, readableCharacters));
  const supporting = [...new Set(supports.map(({ sentence }) => sentence))];
  const pools = supporting.flatMap(({ stems, before, after }) => [stems, before, after]);
  const top = supporting.reduce((one, other) => (one.score >= other.score ? one : other));
  const all = new Set(sentences.flatMap((sentence) => [...sentence.stems]));
  const titles = new Set(sentences.flatMap(({ passage }) => [...contentStems(passage.title)]));
  const fresh = words.filter(({ stem, common }) => !common && !question.stems.has(stem));
  const supportStems = new Set(supporting.flatMap(({ text }) => readWords(text).map(({ stem }) => stem)));
  const missing = fresh.filter(({ stem }) => !supportStems.has(stem));
  const short = Number(words.length <= shortAnswer);
  const typed = question.type !== 'other';
  const fits =
    holdsType(question.type, answer, question.text) || (question.type === 'person' && short === 1 && hasCapital(fresh));
  const asked = readWords(question.text).filter(
    ({ text, stem, start, common }) => !common && (/^\p{N}/u.test(stem) || (start > 0 && /^\p{Lu}/u.test(text))),
  );
  const similarities = sentences.map(({ greatestSimilarity }) => greatestSimilarity);
  const mean = similarities.reduce((sum, each) => sum + each, 0) / similarities.length;
  const greatest = Math.max(...similarities);
  const near = Math.max(...supporting.map(({ meanSimilarity }) => meanSimilarity));
  const nearest = Math.max(...supports.map((support) => proximity(support, question)));
  const margin = Math.max(-8, top.score - best.score);
  const negationDiffers = supports.some(
    ({ part, sentence, verbatim }) => !verbatim && isNegated(part) !== isNegated(sentence.text),
  );
  const values = [
    supports.reduce((sum, { held }) => sum + held, 0) / supports.length,
    Math.min(...supports.map(({ held }) => held)),
    supports.filter(({ verbatim }) => verbatim).length / supports.length,
    Math.min(4, missing.length),
    Math.min(2, missing.filter(({ stem }) => /^\p{N}/u.test(stem)).length),
    Math.min(2, missing.filter((word) => isName(word, answer)).length),
    Number(negationDiffers),
    Math.sqrt(supporting.reduce((sum, sentence) => sum + sentence.probability, 0)),
    margin,
    weightedShare(
      question.stems,
      supporting.map((sentence) => sentence.stems),
      question.rarity,
    ),
    weightedShare(question.stems, pools, question.rarity),
    greatest - mean > 1e-6 ? Math.max(-2, (near - mean) / (greatest - mean)) : 1,
    nearest,
    nearest * short,
    Number(typed && fits),
    Number(typed && !fits),
    Number(typed && !fits) * short,
    Number(fresh.length === 0),
    short,
    Number(parts.length > 1),
    weightedShare(question.stems, [best.stems], question.rarity),
    weightedShare(question.stems, [all, titles], () => 1),
    Math.min(3, asked.filter(({ stem }) => !pools.some((pool) => pool.has(stem)) && !titles.has(stem)).length),
    Math.log(best.probability),
    greatest * 10,
    near * 10,
    near * 10 * short,
    margin * short,
  ];
  return {
    values,
    supports,
    missing: [...new Set(missing.map(({ text }) => text))].sort((one, other) => other.length - one.length),
    fits: typed ? fits : null,
    questionCovered: weightedShare(question.stems, pools, question.rarity),
    bestIsSupport: supporting.includes(best),
    negationDiffers,
  };
}

function partsOf(answer: string): string[] {
  const text = answer.slice(0, readableCharacters);
  return splitSentences(text)
    .map(({ start, end }) => text.slice(start, end))
    .filter((part) => /[\p{L}\p{N}]/u.test(part))
    .slice(0, mostParts);
}

/**
 * The sentence that holds most of a part's words, those that the question brings along left aside; of sentences that hold
 * nearly as much, the one that fits the question best.
 * @param sentences best first
 */
function supportOf(
  part: string,
  question: Ranked['question'],
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

/** How near the words of the question stand to the answer within the sentence that holds it, 0 to 1. */
function proximity({ part, sentence }: Support, question: Ranked['question']): number {
  const words = readWords(sentence.text);
  const answer = new Set(readWords(part).flatMap(({ stem, common }) => (common ? [] : [stem])));
  const places = words.flatMap(({ stem }, place) => (answer.has(stem) && !question.stems.has(stem) ? [place] : []));
  if (places.length === 0) return 0;
  let all = 0;
  let met = 0;
  for (const stem of question.stems) {
    const weight = question.rarity(stem);
    all += weight;
    const distances = words.flatMap((word, place) =>
      word.stem === stem ? [Math.min(...places.map((answered) => Math.abs(answered - place)))] : [],
    );
    if (distances.length > 0) met += weight / (1 + Math.min(...distances) / halfDistance);
  }
  return all === 0 ? 0 : met / all;
}

const hasCapital = (words: Word[]) => words.some(({ text }) => /^\p{Lu}/u.test(text));
const isNegated = (text: string) =>
  readWords(text).some((word) => negations.has(word.text.toLowerCase().replace('’', "'")));
const plainText = (words: Word[]) => words.map((word) => word.text.toLowerCase()).join(' ');
