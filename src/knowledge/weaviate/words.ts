import { mostPostings, rarest, wordsOf } from '../question-words.ts';
import type { Engine } from './engine.ts';
import type { Held } from './find.ts';
import type { Measures, Statistics } from './statistics.ts';
import { stemsOfWords } from './stems.ts';

/** BM25's constants as in SQLite, and the weight that it gives a word that half of all passages or more hold. */
const k1 = 1.2;
const b = 0.75;
const leastWeight = 1e-6;

/** The rarest words, as long as no more passages than this hold them in all, are also searched for by themselves. */
const mostOfRare = 30;

/** A passage of one version of a document, by its id in the engine, with the score that one of the searches gives it. */
export type Candidate = { passage: string; documentId: string; version: string; score: number };

type Stem = { stem: string; count: number };

const byScore = (one: Candidate, other: Candidate) => other.score - one.score || (one.passage < other.passage ? -1 : 1);

/** A passage's BM25 by SQLite's formula; a stem that occurs twice in the question counts twice. */
function bm25(stems: Stem[], { times, length }: Held, { passages, meanLength }: Measures): number {
  let sum = 0;
  for (const { stem, count } of stems) {
    const weight = count * 2 < passages ? Math.log((passages - count + 0.5) / (count + 0.5)) : leastWeight;
    const held = times.get(stem) ?? 0;
    sum += (weight * held * (k1 + 1)) / (held + k1 * (1 - b + (b * length) / meanLength));
  }
  return sum;
}

/**
 * Searches by words. The engine says which passages hold them, and how often; scores are computed here, by the embedded store's formula,
 * and as there only the rarest words are searched for.
 */
export function createWords(engine: Engine, statistics: Statistics) {
  return async function words(query: { collection: string; question: string; vector: Float32Array; limit: number }) {
    const { collection, vector, limit } = query;
    const stems = stemsOfWords(wordsOf(query.question));
    const measures = await statistics.of(collection, vector);

    /** The passages that hold stems of each list; if `ids` are given, among these alone. */
    async function find(lists: string[][], most: number, ids?: string[]) {
      if (lists.length === 0) return [];
      const queries = lists.map((list) => ({
        ...{ className: 'AssayWords', tenant: collection, fields: ['documentId', 'version'], limit: most, ids },
        words: { property: 'stems', words: [...new Set(list)] },
      }));
      return engine.find<Omit<Candidate, 'passage' | 'score'>>(queries);
    }

    // All matches of a small collection come at once, and tell how many passages hold each word.
    const [all] = measures.passages < limit && stems.length > 0 ? await find([stems], limit) : [];
    const whole = all && all.length < limit ? all : null;
    const counts = whole
      ? stems.map((stem) => whole.filter(({ held }) => held.times.has(stem)).length)
      : await statistics.counts(collection, vector.length, stems);
    const counted = stems.map((stem, at) => ({ stem, count: counts[at]! }));
    const chosen = rarest(counted, mostPostings);
    const stemsIn = (list: Stem[]) => list.map(({ stem }) => stem);
    const weighed = (found: Awaited<ReturnType<typeof find>>[number]): Candidate[] =>
      found
        .map(({ id: passage, documentId, version, held }) => {
          return { passage, documentId, version, score: bm25(chosen, held, measures) };
        })
        .filter(({ score }) => score > 0);

    // Among objects that it hasn't written to a segment yet (for up to a minute), the engine (1.35.2) scores only the first that hold any
    // of the words, a tenth more than are wanted. So the rarest words are searched for by themselves as well.
    const rare = rarest(chosen, mostOfRare);
    const lists = (rare.length === chosen.length ? [chosen] : [chosen, rare]).filter(({ length }) => length > 0);
    const [first = [], further = []] = (whole ? [whole] : await find(lists.map(stemsIn), limit)).map(weighed);
    first.sort(byScore);

    return {
      /** The mean cosine of the question with all windows of the collection. */
      mean: measures.mean,
      /** The passages that share words with the question, best first; `isAll`: whether there are no more. */
      first,
      isAll: first.length < limit,
      /** The same, with the scores of these passages and of those that the rarest words found. */
      async with(passages: Candidate[]): Promise<Candidate[]> {
        const found = new Map(first.map((each) => [each.passage, each]));
        const ids = [...new Set([...passages, ...further].map(({ passage }) => passage))].filter(
          (id) => !found.has(id),
        );
        const [others = []] = ids.length > 0 ? await find([stemsIn(chosen)], ids.length, ids) : [];
        return [...first, ...weighed(others)].sort(byScore);
      },
    };
  };
}
