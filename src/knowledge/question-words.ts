import { toSearchableWords } from '../scripts.ts';

/** Words so common that they don't help to tell passages apart. */
const stopWords = new Set(
  `a about above after again all also am an and any are as at be because been before being below between both but by can
  could did do does doing down during each few for from further had has have having he her here hers him his how i if in
  into is it its itself just me more most my no nor not now of off on once only or other our ours out over own same she
  should so some such than that the their theirs them then there these they this those through to too under until up us
  very was we were what when where which while who whom whose why will with would you your yours`.split(/\s+/),
);

/**
 * How many postings (a word in a passage) a search may score. BM25 scores every passage that holds any of the words, so a few common
 * words would cost more than all the others and tell least.
 */
export const mostPostings = 3_000;

/** The words of a question that are worth searching for: those that aren't stop words, or all where there are no others. */
export function wordsOf(question: string): string[] {
  const words = toSearchableWords(question.toLowerCase()).match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu) ?? [];
  const contentWords = words.filter((word) => !stopWords.has(word));
  return [...new Set(contentWords.length > 0 ? contentWords : words)].slice(0, 64);
}

/** As many of the rarest words as together occur no more than `most` times; rarest first. */
export function rarest<Counted extends { count: number }>(words: Counted[], most: number): Counted[] {
  let room = most;
  const rising = words.toSorted((one, other) => one.count - other.count);
  return rising.filter(({ count }) => {
    room -= count;
    return room >= 0;
  });
}

/** Words as an FTS5 query, joined by OR; quoted, so that nothing in them can act as query syntax. */
export const toMatchQuery = (words: string[]) => words.map((word) => `"${word}"`).join(' OR ');
