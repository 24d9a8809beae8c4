import { createRecent } from '../../recent.ts';
import type { Select } from './classes.ts';
import type { DocumentProperties } from './documents.ts';
import type { Engine } from './engine.ts';
import { toFloats } from './passages.ts';

/** Means are taken over this many documents; in a collection with no more, they are exact. */
const mostDocuments = 500;
/** How long figures are good for, in milliseconds for each passage and at most: a large collection changes little in that time. */
const msForPassage = 10;
const longestMs = 60_000;
/** A change of a collection with fewer passages discards its figures. */
const fewPassages = 1_000;
/** How many collections' figures are cached, and how many stems' counts of each. */
const rememberedCollections = 1_000;
const rememberedStems = 20_000;

/**
 * What scores in a collection are measured by: the mean cosine of a question with all windows, the number of passages, and their mean
 * length in words.
 */
export type Measures = { mean: number; passages: number; meanLength: number };

type Known = Pick<Measures, 'passages' | 'meanLength'> & {
  meanVector: Float64Array;
  /** How many passages hold a stem. */
  counts: ReturnType<typeof createRecent<string, number>>;
  goodUntil: number;
};

/** Measures collections for scoring, and caches the figures for a while. */
export function createStatistics(engine: Engine, select: Select) {
  const known = createRecent<string, Promise<Known>>(rememberedCollections);

  /** How many passages meet each condition. */
  async function count(collection: string, conditions: string[]): Promise<number[]> {
    // Counts can't be asked of a majority of replicas; these only weigh words.
    const parts = conditions.map(
      (each, at) => `c${at}:AssayWords(tenant:${JSON.stringify(collection)} ${each}){meta{count}}`,
    );
    const found = await engine.query<Record<string, { meta: { count: number } }[]>>('Aggregate', parts.join(' '));
    return conditions.map((_, at) => found[`c${at}`]![0]!.meta.count);
  }

  /** The engine lists objects by id, and ids are hashes, so the first documents are as good as a random sample. */
  async function measure(collection: string, dimension: number): Promise<Known> {
    type Row = Pick<DocumentProperties, 'passages' | 'windows' | 'words' | 'vectorSum'>;
    const fields = ['passages', 'windows', 'words', 'vectorSum'];
    const [{ found }, [passages]] = await Promise.all([
      engine.query<{ found: Row[] }>(
        'Get',
        select('found', 'AssayDocument', collection, `limit:${mostDocuments}`, fields),
      ),
      count(collection, ['']),
    ]);
    const sum = new Float64Array(dimension);
    for (const { vectorSum } of found) for (const [at, number] of toFloats(vectorSum).entries()) sum[at]! += number;
    const total = (what: 'passages' | 'windows' | 'words') => found.reduce((all, row) => all + row[what], 0) || 1;
    const windows = total('windows');
    return {
      passages: passages!,
      meanLength: total('words') / total('passages'),
      meanVector: sum.map((each) => each / windows),
      counts: createRecent(rememberedStems),
      goodUntil: performance.now() + Math.min(longestMs, passages! * msForPassage),
    };
  }

  async function ofCollection(collection: string, dimension: number): Promise<Known> {
    const before = await known.get(collection);
    if (before && performance.now() < before.goodUntil) return before;
    const found = measure(collection, dimension);
    known.set(collection, found);
    found.catch(() => known.remove(collection));
    return found;
  }

  return {
    /** The measures of a collection for a question with this vector. */
    async of(collection: string, vector: Float32Array): Promise<Measures> {
      const { passages, meanLength, meanVector } = await ofCollection(collection, vector.length);
      return { mean: meanVector.reduce((sum, number, at) => sum + number * vector[at]!, 0), passages, meanLength };
    },

    /** How many passages of a collection hold each of these stems; `dimension` is the length of its vectors. */
    async counts(collection: string, dimension: number, stems: string[]): Promise<number[]> {
      const { counts } = await ofCollection(collection, dimension);
      const unknown = [...new Set(stems)].filter((stem) => counts.get(stem) === undefined);
      if (unknown.length > 0) {
        const holds = (stem: string) => `where:{path:["stems"] operator:Equal valueText:${JSON.stringify(stem)}}`;
        const found = await count(collection, unknown.map(holds));
        for (const [at, stem] of unknown.entries()) counts.set(stem, found[at]!);
      }
      return stems.map((stem) => counts.get(stem) ?? 0);
    },

    /** To be called when documents of a collection have changed. */
    async changed(collection: string) {
      const before = await known.get(collection)?.catch(() => null);
      if ((before?.passages ?? 0) < fewPassages) known.remove(collection);
    },
    forget: (collection: string) => known.remove(collection),
  };
}

export type Statistics = ReturnType<typeof createStatistics>;
