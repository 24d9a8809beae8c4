import { holdsType, isName, isNumber, namesIn, questionTypes } from '../ranking/question-type.ts';
import { contentStems, readWords, shareOf, type Word } from '../ranking/words.ts';
import type { Ranked } from './answer-gate.ts';
import { placeOf } from './answer-place.ts';
import { wholeText } from './sentence-candidates.ts';
import { findSupports, type Support } from './support.ts';

/** How much of an answer is read, in UTF-16 code units. */
const readableCharacters = 4_000;
/** An answer of up to this many words is a span rather than a sentence. */
const shortAnswer = 8;

const negations = new Set(
  `no not never none nothing nobody neither nor without cannot can't won't don't doesn't didn't isn't
  aren't wasn't weren't hasn't haven't hadn't shouldn't wouldn't couldn't fails failed unable`.split(/\s+/),
);

/**
 * What is read from an answer: the values of `verdictFeatureNames`, and the facts behind them that people can be told.
 */
export type VerdictReading = {
  values: number[];
  supports: Support[];
  /**
   * Content words of the answer, without those of the question, that the supporting sentences don't hold; the longest
   * first.
   */
  missing: string[];
  /** Whether it is of the kind asked for; null where the question asks for no particular kind. */
  fits: boolean | null;
  /**
   * The share of the question's words, weighted by rarity, that the supporting sentences and their neighbours hold, 0
   * to 1.
   */
  questionCovered: number;
  /** Whether the sentence that fits the question best is a supporting one. */
  bestIsSupport: boolean;
  negationDiffers: boolean;
};

/** The features of the classifier, in order. */
export const verdictFeatureNames = [
  'held',
  'leastHeld',
  'verbatim',
  'wordsMissing',
  'numbersMissing',
  'namesMissing',
  'negationDiffers',
  'negationFlipped',
  'supportProbability',
  'supportMargin',
  'supportOverlap',
  'supportWithNeighbours',
  'supportNearness',
  'proximity',
  'clauseOverlap',
  'nearClauseOverlap',
  'rivals',
  'rivalShare',
  'offset',
  'toRarest',
  'toFocus',
  'occurrences',
  'questionType',
  'asksWhatIs',
  'typeFits',
  'typeMissing',
  'nothingNew',
  'words',
  'holdsNumber',
  'holdsCapital',
  'beginsCommon',
  'manyParts',
  'bestOverlap',
  'contextCoverage',
  'questionNamesMissing',
  'sureness',
  'similarity',
  'similarityOfSupport',
] as const;

/** The features that depend on the embedding model. */
export const similarityFeatures: readonly (typeof verdictFeatureNames)[number][] = [
  'similarity',
  'similarityOfSupport',
];

/**
 * Reads an answer against the context: whether it is there, where the question points, and of the kind asked for.
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
  const titles = contentStemsOfAll(new Set(sentences.map(({ passage }) => passage.title)));
  const covered = shareOf(question.stems, question.rarity);

  const words = readWords(said);
  const short = words.length <= shortAnswer;
  const fresh = words.filter(({ stem, common }) => !common && !question.stems.has(stem));
  const supportStems = new Set(
    supporting.flatMap((sentence) => readWords(wholeText(sentence)).map(({ stem }) => stem)),
  );
  const missing = fresh.filter(({ stem }) => !supportStems.has(stem));
  const typed = question.type !== 'other';
  const fits =
    holdsType(question.type, said, question.said) || (question.type === 'person' && short && fresh.some(isCapital));
  const names = namesIn(question.text);

  const similarities = sentences.map(({ greatestSimilarity }) => greatestSimilarity);
  const mean = similarities.reduce((sum, each) => sum + each, 0) / similarities.length;
  const greatest = Math.max(...similarities);
  const near = Math.max(...supporting.map(({ meanSimilarity }) => meanSimilarity));
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
    negationFlipped: Number(supports.some(isFlipped)),
    supportProbability: Math.sqrt(supporting.reduce((sum, sentence) => sum + sentence.probability, 0)),
    supportMargin: margin,
    supportOverlap: covered(...supporting.map(({ stems }) => stems)),
    supportWithNeighbours: covered(...around),
    supportNearness: greatest - mean > 1e-6 ? Math.max(-2, (near - mean) / (greatest - mean)) : 1,
    ...placeOf(supports, question),
    questionType: questionTypes.indexOf(question.type),
    asksWhatIs: Number(/^what (?:is|are|was|were|did|do|does)\b/i.test(question.text)),
    typeFits: Number(typed && fits),
    typeMissing: Number(typed && !fits),
    nothingNew: Number(fresh.length === 0),
    words: Math.min(20, words.length),
    holdsNumber: Number(words.some(isNumber)),
    holdsCapital: Number(words.some(isCapital)),
    beginsCommon: Number(words[0]?.common ?? false),
    manyParts: Number(supports.length > 1),
    bestOverlap: covered(best.stems),
    contextCoverage: shareOf(question.stems, () => 1)(all, titles),
    questionNamesMissing: Math.min(
      3,
      names.filter(({ stem }) => ![...around, titles].some((pool) => pool.has(stem))).length,
    ),
    sureness: Math.log(best.probability),
    similarity: greatest * 10,
    similarityOfSupport: near * 10,
  };
  return {
    values: verdictFeatureNames.map((name) => values[name]),
    supports,
    missing: [...new Set(missing.map(({ text }) => text))].sort((one, other) => other.length - one.length),
    fits: typed && question.type !== 'reason' ? fits : null, // a reason may be given in too many ways to be missed for sure
    questionCovered: values.supportWithNeighbours,
    bestIsSupport: supporting.includes(best),
    negationDiffers,
  };
}

const contentStemsOfAll = (texts: Iterable<string>) =>
  new Set(Array.from(texts, (text) => [...contentStems(text)]).flat());
const isCapital = ({ text }: Word) => /^\p{Lu}/u.test(text);
const isNegation = ({ text }: Word) => negations.has(text.toLowerCase().replace('’', "'"));
const isNegated = (text: string) => readWords(text).some(isNegation);

/** Whether a part of the answer is a piece of its sentence word for word, except for a negation. */
function isFlipped({ part, sentence, verbatim }: Support): boolean {
  if (verbatim) return false;
  const [said, stands] = [readWords(part), readWords(sentence.text)];
  const plain = (words: Word[]) =>
    words.flatMap((word) => (isNegation(word) ? [] : [word.text.toLowerCase()])).join(' ');
  return (
    said.filter(isNegation).length !== stands.filter(isNegation).length &&
    ` ${plain(stands)} `.includes(` ${plain(said)} `)
  );
}
