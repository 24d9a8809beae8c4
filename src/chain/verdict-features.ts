import type { Ranked } from './answer-gate.ts';
import { holdsType, isName, isNumber, namesIn } from './question-type.ts';
import type { ReadQuestion } from './rank-sentences.ts';
import { findSupports, type Support } from './support.ts';
import { contentStems, readWords, type Word, weightedShare } from './words.ts';

/** So much of an answer is read, in UTF-16 code units. */
const readableCharacters = 4_000;
/** How many words apart the answer and a word of the question may stand until the word counts half. */
const halfDistance = 6;
/** An answer of up to this many words is a span rather than a sentence. */
const shortAnswer = 8;

const negations = new Set(
  `no not never none nothing nobody neither nor without cannot can't won't don't doesn't didn't isn't
  aren't wasn't weren't hasn't haven't hadn't shouldn't wouldn't couldn't fails failed unable`.split(/\s+/),
);

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
  const said = answer.slice(0, readableCharacters);
  const best = sentences[0];
  const supports = findSupports(said, question, sentences);
  if (!best || supports.length === 0) return null;
  const supporting = [...new Set(supports.map(({ sentence }) => sentence))];
  const around = supporting.flatMap(({ stems, before, after }) => [stems, before, after]);
  const all = new Set(sentences.flatMap((sentence) => [...sentence.stems]));
  const titles = new Set(sentences.flatMap(({ passage }) => [...contentStems(passage.title)]));
  const covered = (pools: ReadonlySet<string>[]) => weightedShare(question.stems, pools, question.rarity);

  const words = readWords(said);
  const short = Number(words.length <= shortAnswer);
  const fresh = words.filter(({ stem, common }) => !common && !question.stems.has(stem));
  const supportStems = new Set(supporting.flatMap(({ text }) => readWords(text).map(({ stem }) => stem)));
  const missing = fresh.filter(({ stem }) => !supportStems.has(stem));
  const typed = question.type !== 'other';
  const fits =
    holdsType(question.type, said, question.text) || (question.type === 'person' && short === 1 && hasCapital(fresh));
  const names = namesIn(question.text);

  const similarities = sentences.map(({ greatestSimilarity }) => greatestSimilarity);
  const mean = similarities.reduce((sum, each) => sum + each, 0) / similarities.length;
  const greatest = Math.max(...similarities);
  const near = Math.max(...supporting.map(({ meanSimilarity }) => meanSimilarity));
  const nearest = Math.max(...supports.map((support) => proximity(support, question)));
  const margin = Math.max(-8, Math.max(...supporting.map(({ score }) => score)) - best.score);
  const negationDiffers = supports.some(
    ({ part, sentence, verbatim }) => !verbatim && isNegated(part) !== isNegated(sentence.text),
  );

  const values: Record<(typeof verdictFeatureNames)[number], number> = {
    held: supports.reduce((sum, { held }) => sum + held, 0) / supports.length,
    leastHeld: Math.min(...supports.map(({ held }) => held)),
    verbatim: supports.filter(({ verbatim }) => verbatim).length / supports.length,
    wordsMissing: Math.min(4, missing.length),
    numbersMissing: Math.min(2, missing.filter(isNumber).length),
    namesMissing: Math.min(2, missing.filter((word) => isName(word, said)).length),
    negationDiffers: Number(negationDiffers),
    supportProbability: Math.sqrt(supporting.reduce((sum, sentence) => sum + sentence.probability, 0)),
    supportMargin: margin,
    supportOverlap: covered(supporting.map(({ stems }) => stems)),
    supportWithNeighbours: covered(around),
    supportNearness: greatest - mean > 1e-6 ? Math.max(-2, (near - mean) / (greatest - mean)) : 1,
    proximity: nearest,
    proximityIfShort: nearest * short,
    typeFits: Number(typed && fits),
    typeMissing: Number(typed && !fits),
    typeMissingIfShort: Number(typed && !fits) * short,
    nothingNew: Number(fresh.length === 0),
    short,
    manyParts: Number(supports.length > 1),
    bestOverlap: covered([best.stems]),
    contextCoverage: weightedShare(question.stems, [all, titles], () => 1),
    questionNamesMissing: Math.min(
      3,
      names.filter(({ stem }) => ![...around, titles].some((pool) => pool.has(stem))).length,
    ),
    sureness: Math.log(best.probability),
    similarity: greatest * 10,
    similarityOfSupport: near * 10,
    similarityIfShort: near * 10 * short,
    marginIfShort: margin * short,
  };
  return {
    values: verdictFeatureNames.map((name) => values[name]),
    supports,
    missing: [...new Set(missing.map(({ text }) => text))].sort((one, other) => other.length - one.length),
    fits: typed && question.type !== 'reason' ? fits : null, // too many ways to give a reason to miss one
    questionCovered: values.supportWithNeighbours,
    bestIsSupport: supporting.includes(best),
    negationDiffers,
  };
}

/** How near the words of the question stand to the answer within the sentence that holds it, 0 to 1. */
function proximity({ part, sentence }: Support, question: ReadQuestion): number {
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
