import { focusStems, isNumber } from '../ranking/question-type.ts';
import { readWords, shareOf, type Word } from '../ranking/words.ts';
import type { ReadQuestion } from './rank-sentences.ts';
import { wholeText } from './sentence-candidates.ts';
import type { Support } from './support.ts';

/** The distance, in words, from the answer at which a word of the question counts half. */
const halfDistance = 6;
/** Distances beyond this, in words, all count the same. */
const far = 30;
/** How many words of a sentence are looked at; only tables and code hold more. */
const mostWords = 200;
const clauseEnd = /[,;:()—–]|\s-\s/;
const clauseBegin = /^(?:and|but|or|which|who|where|while|although|because|that|when|as)$/i;

/** Where a part of an answer stands in the sentence that supports it, relative to the words of the question. */
export type AnswerPlace = {
  /**
   * How near the question's words stand, 0 to 1: the share of them, weighted by rarity, each counting less the farther
   * away it is.
   */
  proximity: number;
  /** The share of the question's words in the same clause, and in that or a neighbouring one, 0 to 1. */
  clauseOverlap: number;
  nearClauseOverlap: number;
  /**
   * How many other words of the kind asked for stand nearer to the words of the question, and their share of such
   * words.
   */
  rivals: number;
  rivalShare: number;
  /** How many words after the words of the question it stands, on average; negative if before. */
  offset: number;
  /** The logarithm of the distance, in words, to the question's rarest word, and to the name of what is asked for. */
  toRarest: number;
  toFocus: number;
  /** How often its words occur in the sentence. */
  occurrences: number;
};

/**
 * Where the answer stands; if it has several parts, the place of the one nearest to the words of the question.
 * @param supports at least one
 */
export function placeOf(supports: Support[], question: ReadQuestion): AnswerPlace {
  return supports
    .map((support) => placeOfPart(support, question))
    .reduce((one, other) => (other.proximity > one.proximity ? other : one));
}

function placeOfPart({ part, sentence }: Support, question: ReadQuestion): AnswerPlace {
  const text = wholeText(sentence);
  const words = readWords(text).slice(0, mostWords);
  const answer = new Set(
    readWords(part).flatMap(({ stem, common }) => (common || question.stems.has(stem) ? [] : [stem])),
  );
  const placesWhere = (holds: (word: Word) => boolean) => words.flatMap((word, place) => (holds(word) ? [place] : []));
  const places = placesWhere(({ stem }) => answer.has(stem));
  const asked = placesWhere(({ stem }) => question.stems.has(stem));
  const clauses = clausesOf(words, text);
  const own = new Set(places.map((place) => clauses[place]!));
  const stemsIn = (holds: (clause: number) => boolean) =>
    new Set(words.flatMap(({ stem }, place) => (holds(clauses[place]!) ? [stem] : [])));
  const share = shareOf(question.stems, question.rarity);
  const placesAsked = Map.groupBy(asked, (place) => words[place]!.stem);
  const nearness = (from: number[]) => proximity(from, placesAsked, question);
  const proximityOfAnswer = nearness(places);
  const others = placesWhere(
    (word) => !answer.has(word.stem) && !question.stems.has(word.stem) && isAlike(word, question),
  );
  const rivals = others.filter((place) => nearness([place]) > proximityOfAnswer).length;
  const rarest = [...question.stems]
    .filter((stem) => words.some((word) => word.stem === stem))
    .reduce<string | null>((one, stem) => (one && question.rarity(one) >= question.rarity(stem) ? one : stem), null);
  const focus = focusStems(question.text);
  const distance = (to: number[]) => Math.log(1 + Math.min(far, ...to.map((place) => nearest(places, place))));
  return {
    proximity: proximityOfAnswer,
    clauseOverlap: share(stemsIn((clause) => own.has(clause))),
    nearClauseOverlap: share(stemsIn((clause) => [clause - 1, clause, clause + 1].some((each) => own.has(each)))),
    rivals: Math.min(5, rivals),
    rivalShare: rivals / Math.max(1, others.length),
    offset: Math.max(-10, Math.min(10, mean(places) - mean(asked))),
    toRarest: distance(placesWhere(({ stem }) => stem === rarest)),
    toFocus: distance(placesWhere(({ stem }) => focus.has(stem))),
    occurrences: Math.min(3, places.length),
  };
}

/**
 * The number of the clause that each word is in, from 0: clauses end at commas and brackets and begin at conjunctions.
 */
function clausesOf(words: Word[], text: string): number[] {
  let clause = 0;
  return words.map((word, at) => {
    const before = words[at - 1];
    if (before) {
      const between = text.slice(before.start + before.text.length, word.start);
      if (clauseEnd.test(between) || clauseBegin.test(word.text)) clause += 1;
    }
    return clause;
  });
}

/** Whether a word is of the kind asked for: a number, a name, or at least a content word. */
function isAlike(word: Word, { type }: ReadQuestion): boolean {
  if (type === 'number' || type === 'time') return isNumber(word);
  if (type === 'person' || type === 'place') return !word.common && /^\p{Lu}/u.test(word.text);
  return !word.common;
}

/**
 * How near the words of the question stand to these places, 0 to 1.
 * @param placesAsked the places of each of those that the sentence holds
 */
function proximity(from: number[], placesAsked: ReadonlyMap<string, number[]>, question: ReadQuestion): number {
  if (from.length === 0) return 0;
  let all = 0;
  let met = 0;
  for (const stem of question.stems) {
    const weight = question.rarity(stem);
    all += weight;
    const distances = placesAsked.get(stem)?.map((place) => nearest(from, place));
    if (distances) met += weight / (1 + Math.min(...distances) / halfDistance);
  }
  return all === 0 ? 0 : met / all;
}

const nearest = (places: number[], place: number) => Math.min(far, ...places.map((each) => Math.abs(each - place)));
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
