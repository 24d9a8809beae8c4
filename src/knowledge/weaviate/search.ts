import type { FoundPassage } from '../../passage.ts';
import { wordsOf } from '../full-text.ts';
import { fuse } from '../fuse.ts';
import type { Knowledge } from '../port.ts';
import { rankPassages } from '../rank-passages.ts';
import { createRecent } from '../recent.ts';
import { type Select, whereIds } from './classes.ts';
import type { Documents } from './documents.ts';
import type { Engine } from './engine.ts';

/** How many passages each of the two searches hands to the fusion, at least and at most. */
const fewestCandidates = 100;
const mostCandidates = 2_000;
/** How many words of a question are searched for. */
const mostWords = 32;
/** How often a search is made again that met a document in the middle of a change. */
const mostTries = 4;
/** Of so many passages the vectors tell the mean of all; for so long, in milliseconds. */
const sampleSize = 32;
const meanIsGoodForMs = 60_000;
/** How many passages are kept to be shown again; those of one version never change. */
const recentPassages = 2_048;

/** A window or a passage that one of the searches found, with its passage's id in the engine. */
type Candidate = { passage: string; documentId: string; version: string; score: number };
type Passage = {
  documentId: string;
  passageId: string;
  text: string;
  start: number;
  end: number;
  spans: [number, number][];
  vectors: Float32Array;
};
/** Numbers of four bytes, the lowest first. */
const toFloats = (base64: string) => new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);

type Mean = { vector: Float64Array; passages: number; madeAt: number };
type Current = Awaited<ReturnType<Documents['current']>>;

/**
 * Searches a collection: the passages that are near the question, by their windows' vectors, and those that share its words, by
 * BM25, ranked by both as the embedded store ranks them. Passages of versions that are not current are left out.
 */
export function createSearch(engine: Engine, select: Select, documents: Documents) {
  const recent = createRecent<string, Passage>(recentPassages);
  const means = new Map<string, Mean>();

  async function candidates(collection: string, question: string, vector: Float32Array, limit: number) {
    const nearVector = `limit:${limit} nearVector:{vector:[${vector.join()}]}`;
    const ofWindow = 'passage documentId version _additional{distance}';
    // BM25 is a sum over words. The engine, asked for several at once, may leave out passages that hold the rarest.
    const byWord = wordsOf(question)
      .slice(0, mostWords)
      .map((word, at) => {
        const bm25 = `limit:${limit} bm25:{query:${JSON.stringify(word)} properties:["headings","text"]}`;
        return select(`word${at}`, 'AssayWords', collection, bm25, 'documentId version _additional{id score}');
      });
    type Found<Own> = (Own & { documentId: string; version: string })[];
    const { near, ...ofWords } = await engine.query<
      { near: Found<{ passage: string; _additional: { distance: number } }> } & Record<
        string,
        Found<{ _additional: { id: string; score: string } }>
      >
    >('Get', [select('near', 'AssayWindow', collection, nearVector, ofWindow), ...byWord].join(' '));
    const words = new Map<string, Candidate>();
    for (const { documentId, version, _additional } of Object.values(ofWords).flat()) {
      const { id: passage, score } = _additional;
      const before = words.get(passage)?.score ?? 0;
      words.set(passage, { documentId, version, passage, score: before + Number(score) });
    }
    return {
      near: near.map(({ _additional, ...own }): Candidate => ({ ...own, score: -_additional.distance })),
      words: [...words.values()].sort((one, other) => other.score - one.score).slice(0, limit),
    };
  }

  /** Candidates of current versions only, from as wide a search as it takes. */
  async function currentCandidates(query: {
    collection: string;
    question: string;
    vector: Float32Array;
    topK: number;
  }) {
    const { collection, question, vector, topK } = query;
    let limit = Math.max(fewestCandidates, topK * 5);
    for (let attempt = 1; ; attempt += 1) {
      const found = await candidates(collection, question, vector, limit);
      const together = [...found.near, ...found.words];
      const current = await documents.current(collection, [...new Set(together.map(({ documentId }) => documentId))]);
      const isCurrent = ({ documentId, version }: Candidate) => current.get(documentId)?.version === version;
      const kept = { near: found.near.filter(isCurrent), words: found.words.filter(isCurrent), current };
      const seen = new Set([...kept.near, ...kept.words].map(({ documentId }) => documentId));
      // A document that only old passages were found of was switched in between; its new ones are there by now.
      const missed = [...current.keys()].some((id) => !seen.has(id));
      const crowded = found.near.length === limit && kept.near.length < Math.min(limit, topK) && limit < mostCandidates;
      if (attempt === mostTries || !(missed || crowded)) {
        // The ranking takes fewer near ones than the limit for all there are.
        const more = found.near.length === limit;
        return { ...kept, limit: more ? Math.max(1, kept.near.length) : limit };
      }
      if (crowded) limit = Math.min(mostCandidates, limit * 4);
    }
  }

  /** Reads passages with their vectors, those that aren't remembered. */
  async function read(collection: string, ids: string[]): Promise<void> {
    const unknown = ids.filter((id) => !recent.get(id));
    if (unknown.length === 0) return;
    const fields = 'documentId passageId text start end spans vectors _additional{id}';
    type Row = Omit<Passage, 'spans' | 'vectors'> & { spans: string; vectors: string; _additional: { id: string } };
    const { found } = await engine.query<{ found: Row[] }>(
      'Get',
      select('found', 'AssayPassage', collection, whereIds(unknown), fields),
    );
    for (const { _additional, spans, vectors, ...row } of found)
      recent.set(_additional.id, { ...row, spans: JSON.parse(spans), vectors: toFloats(vectors) });
  }

  /**
   * The mean of a collection's vectors, from a sample: the engine lists by id, and ids are hashes, so that the first of them are
   * as good as drawn.
   */
  async function meanOf(collection: string, dimension: number): Promise<Mean> {
    const known = means.get(collection);
    if (known && performance.now() - known.madeAt < meanIsGoodForMs) return known;
    const { found } = await engine.query<{ found: { vectors: string }[] }>(
      'Get',
      select('found', 'AssayPassage', collection, `limit:${sampleSize}`, 'vectors'),
    );
    const vector = new Float64Array(dimension);
    let windows = 0;
    for (const numbers of found.map(({ vectors }) => toFloats(vectors))) {
      windows += numbers.length / dimension;
      for (const [at, number] of numbers.entries()) vector[at % dimension]! += number;
    }
    for (let at = 0; at < dimension; at += 1) vector[at]! /= Math.max(1, windows);
    const mean = { vector, passages: found.length, madeAt: performance.now() };
    means.set(collection, mean);
    return mean;
  }

  /** Passages whose vectors the ranking reads: the best near ones, and those by words that could still be among the best. */
  function worthReading(options: {
    near: { id: string; similarity: number }[];
    words: Map<string, number>;
    mean: number;
    topK: number;
    limit: number;
  }): string[] {
    const { near, words, mean, topK, limit } = options;
    const scale = { mean, nearest: near[0]?.similarity ?? mean, heaviest: Math.max(0, ...words.values()) };
    const nearest = new Map(near.toReversed().map(({ id, similarity }) => [id, similarity]));
    const scored = [...nearest].map(([id, similarity]) => ({
      id,
      score: fuse({ similarity, bm25: words.get(id) ?? 0 }, scale),
    }));
    const best = scored.sort((one, other) => other.score - one.score);
    const least = best[topK - 1]?.score ?? 0;
    const farthest = near.length < limit ? -1 : near.at(-1)!.similarity;
    const byWords = [...words].filter(
      ([id, bm25]) => !nearest.has(id) && fuse({ similarity: farthest, bm25 }, scale) >= least,
    );
    // Equal scores are ordered by key, so all that tie with the last are read.
    return [...best.filter(({ score }) => score >= least).map(({ id }) => id), ...byWords.map(([id]) => id)];
  }

  return {
    /** Tells that documents of a collection changed: a mean of few passages is then no longer good. */
    changed(collection: string) {
      if ((means.get(collection)?.passages ?? 0) < sampleSize) means.delete(collection);
    },
    forget: (collection: string) => void means.delete(collection),

    async search(query: Parameters<Knowledge['search']>[0]): Promise<FoundPassage[]> {
      const { collection, vector, topK } = query;
      const [found, meanVector] = await Promise.all([currentCandidates(query), meanOf(collection, vector.length)]);
      const mean = meanVector.vector.reduce((sum, number, at) => sum + number * vector[at]!, 0);
      const words = new Map(found.words.map(({ passage, score }) => [passage, score]));
      const near = found.near.map(({ passage: id, score: similarity }) => ({ id, similarity }));
      await read(collection, worthReading({ near, words, mean, topK, limit: found.limit }));
      // The ranking knows passages by numbers. One that is not there any more, or not worth reading, has no vectors.
      const ids = [...new Set([...near.map(({ id }) => id), ...words.keys()])].sort();
      const keyOf = new Map(ids.map((id, key) => [id, key]));
      const ranked = rankPassages({
        near: near.map(({ id, similarity }) => ({ passageKey: keyOf.get(id)!, window: 0, similarity })),
        limit: found.limit,
        words: new Map([...words].map(([id, score]) => [keyOf.get(id)!, score])),
        vector,
        topK,
        mean,
        vectorsOf: (key) => recent.get(ids[key]!)?.vectors ?? new Float32Array(),
      });
      return shown(found.current, ranked, (key) => recent.get(ids[key]!));
    },
  };

  function shown(
    current: Current,
    ranked: ReturnType<typeof rankPassages>,
    passageOf: (key: number) => Passage | undefined,
  ): FoundPassage[] {
    const passages: FoundPassage[] = [];
    for (const { key, score, similarities } of ranked) {
      const passage = passageOf(key);
      const document = passage && current.get(passage.documentId);
      if (!document) continue; // removed meanwhile
      const { documentId, passageId: id, text, start, end, spans } = passage;
      const windows = spans.map(([from, to], at) => ({ start: from, end: to, similarity: similarities[at]! }));
      const { source, title } = document;
      passages.push({ id, documentId, source, title, text, start, end, score, rank: passages.length + 1, windows });
    }
    return passages;
  }
}
