import type { FoundPassage } from '../../passage.ts';
import { fuse } from '../fuse.ts';
import type { SearchQuery } from '../port.ts';
import { rankPassages } from '../rank-passages.ts';
import { createCandidates } from './candidates.ts';
import type { Documents } from './documents.ts';
import type { Engine } from './engine.ts';
import type { Passage, Passages } from './passages.ts';
import type { Statistics } from './statistics.ts';
import type { Candidate } from './words.ts';

/** How many candidates each of the two searches hands to the fusion, at least and at most. */
const fewestCandidates = 100;
const mostCandidates = 2_000;
/** How often a search is made, at most, when it meets documents in the middle of a change. */
const mostTries = 4;

type Found = Awaited<ReturnType<ReturnType<typeof createCandidates>>>;
type Current = Awaited<ReturnType<Documents['current']>>;

/**
 * Searches a collection for passages near the question, by their windows' vectors, and for passages that share its words, by BM25; ranks
 * them by both, as the embedded store does. Passages of versions that aren't current are left out.
 */
export function createSearch(options: {
  engine: Engine;
  documents: Documents;
  passages: Passages;
  statistics: Statistics;
}) {
  const { engine, documents, passages, statistics } = options;
  const candidates = createCandidates(engine, statistics);

  return async function search(query: SearchQuery): Promise<FoundPassage[]> {
    const { topK } = query;
    let limit = Math.max(fewestCandidates, topK * 5);
    for (let attempt = 1; ; attempt += 1) {
      const found = await candidates({ ...query, limit });
      const { best, missed, kept } = await rankCurrent(query, found, limit);
      const crowded = found.near.length === limit && kept < Math.min(limit, topK) && limit < mostCandidates;
      if (attempt === mostTries || !(missed || crowded)) return best;
      if (crowded) limit = Math.min(mostCandidates, limit * 4);
    }
  };

  /**
   * Ranks the candidates of current versions. Versions are looked up only for candidates that may be among the best, and for the nearest,
   * by which scores are measured. If any of these is old, all candidates of its version are dropped, and the rest are looked at again.
   * @returns `missed`: whether everything found of some document was old, so that a new search would find its new version;
   * `kept`: how many near candidates are left
   */
  async function rankCurrent(query: SearchQuery, found: Found, limit: number) {
    const { collection, topK } = query;
    const { mean } = found;
    const current: Current = new Map();
    const lookedUp = new Set<string>();
    const replaced = new Set<string>();
    async function lookUp(some: Candidate[]) {
      const unknown = [...new Set(some.map(({ documentId }) => documentId))].filter((id) => !lookedUp.has(id));
      for (const [id, document] of await documents.current(collection, unknown)) current.set(id, document);
      for (const id of unknown) lookedUp.add(id);
    }
    const isOld = ({ documentId, version }: Candidate) =>
      lookedUp.has(documentId) && current.get(documentId)?.version !== version;

    for (let { near, words } = found; ; ) {
      // The ranking takes fewer near candidates than the limit to mean that there are no more.
      const wanted = found.near.length === limit ? Math.max(1, near.length) : limit;
      const worth = worthReading({ near, words, mean, topK, limit: wanted });
      const ids = worth.map(({ passage }) => passage);
      const [read] = await Promise.all([passages.read(collection, ids), lookUp([...worth, ...near.slice(0, 1)])]);
      const old = [...near, ...words].filter(isOld);
      if (old.length === 0) {
        const seen = new Set([...near, ...words].map(({ documentId }) => documentId));
        const missed = [...replaced].some((id) => current.has(id) && !seen.has(id));
        const ranked = rank(query, { near, words, mean }, { limit: wanted, read });
        return { best: shown(ranked, current), missed, kept: near.length };
      }
      for (const { documentId } of old) replaced.add(documentId);
      near = near.filter((each) => !isOld(each));
      words = words.filter((each) => !isOld(each));
    }
  }
}

type Ranked = { passage: Passage; score: number; similarities: number[] };

function rank(
  { vector, topK }: SearchQuery,
  { near, words, mean }: Found,
  { read, limit }: { limit: number; read: Map<string, Passage> },
): Ranked[] {
  // The ranking knows passages by numbers. Near ones that weren't worth reading have no vectors here, but aren't among the best either.
  const candidates = distinct([...near, ...words]);
  candidates.sort((one, other) => (one.passage < other.passage ? -1 : 1));
  const keyOf = new Map(candidates.map(({ passage }, key) => [passage, key]));
  const nearby = new Set(near.map(({ passage }) => passage));
  const isRead = words.filter(({ passage }) => nearby.has(passage) || read.has(passage));
  const ranked = rankPassages({
    ...{ mean, limit },
    near: {
      passageKeys: near.map(({ passage }) => keyOf.get(passage)!),
      windows: near.map(() => 0),
      similarities: near.map(({ score }) => score),
    },
    words: new Map(isRead.map(({ passage, score }) => [keyOf.get(passage)!, score])),
    vector,
    topK,
    vectorsOf: (key) => read.get(candidates[key]!.passage)?.vectors ?? new Float32Array(),
  });
  return ranked.flatMap(({ key, ...scores }) => {
    const passage = read.get(candidates[key]!.passage);
    return passage ? [{ passage, ...scores }] : []; // else removed meanwhile
  });
}

function shown(ranked: Ranked[], current: Current): FoundPassage[] {
  return ranked.map(({ passage, score, similarities }, at) => {
    const { documentId, passageId: id, text, start, end, spans } = passage;
    const { source, title } = current.get(documentId)!;
    const windows = spans.map(([from, to]) => ({ start: from, end: to }));
    return { id, documentId, source, title, text, start, end, score, rank: at + 1, windows, similarities };
  });
}

/** The candidates that the ranking needs read, likeliest first: those that could be among the best, and the best one by words. */
function worthReading(options: Found & { topK: number; limit: number }): Candidate[] {
  const { near, words, mean, topK, limit } = options;
  const bm25Of = new Map(words.map(({ passage, score }) => [passage, score]));
  const similarityOf = new Map(near.toReversed().map(({ passage, score }) => [passage, score]));
  const scale = { mean, nearest: near[0]?.score ?? mean, heaviest: words[0]?.score ?? 0 };
  // A candidate that only words found is at most as similar as the last of the near ones.
  const farthest = near.length < limit ? -1 : near.at(-1)!.score;
  const candidates = distinct([...words, ...near]).map((candidate) => {
    const similarity = similarityOf.get(candidate.passage);
    const bm25 = bm25Of.get(candidate.passage) ?? 0;
    const atLeast = fuse({ similarity: similarity ?? -1, bm25 }, scale);
    return { candidate, atLeast, atMost: fuse({ similarity: similarity ?? farthest, bm25 }, scale) };
  });
  candidates.sort((one, other) => other.atLeast - one.atLeast);
  const least = candidates[topK - 1]?.atLeast ?? 0;
  // Ties are broken by key, so all that tie with the last are read.
  const worth = candidates.filter(({ atMost }) => atMost >= least);
  return distinct([...worth.map(({ candidate }) => candidate), ...words.slice(0, 1)]);
}

/** Each passage once, at its first position. */
const distinct = (candidates: Candidate[]) => [...new Map(candidates.map((each) => [each.passage, each])).values()];
