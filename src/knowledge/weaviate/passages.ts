import { createRecent } from '../recent.ts';
import type { Select } from './classes.ts';
import type { Engine } from './engine.ts';

/** How many passages are kept to be shown again; those of one version never change. */
const recentPassages = 2_048;
/** Of so many passages the vectors tell the mean of all; for so long, in milliseconds. */
const sampleSize = 32;
const meanIsGoodForMs = 60_000;

export type Passage = {
  documentId: string;
  passageId: string;
  text: string;
  start: number;
  end: number;
  spans: [number, number][];
  /** The windows' vectors one after another. */
  vectors: Float32Array;
};

/** Numbers of four bytes, the lowest first, from one text or several that follow each other. */
export const toFloats = (...base64: string[]) =>
  new Float32Array(Uint8Array.from(Buffer.concat(base64.map((each) => Buffer.from(each, 'base64')))).buffer);

/** Reads passages, and remembers those that were read last. */
export function createPassages(engine: Engine, select: Select) {
  const recent = createRecent<string, Passage>(recentPassages);
  const means = new Map<string, { vector: Float64Array; passages: number; madeAt: number }>();

  return {
    /** Reads the passages of these ids in the engine; those that are gone are left out. */
    async read(collection: string, ids: string[]): Promise<Map<string, Passage>> {
      const passages = new Map<string, Passage>();
      for (const id of ids) {
        const known = recent.get(id);
        if (known) passages.set(id, known);
      }
      const unknown = ids.filter((id) => !passages.has(id));
      if (unknown.length === 0) return passages;
      type Row = Omit<Passage, 'spans' | 'vectors'> & { spans: string; vectors: string };
      const [found] = await engine.find<Row>([
        {
          ...{ className: 'AssayPassage', tenant: collection, ids: unknown, limit: unknown.length },
          fields: ['documentId', 'passageId', 'text', 'start', 'end', 'spans', 'vectors'],
        },
      ]);
      for (const { id, score, spans, vectors, ...row } of found!) {
        const passage = { ...row, spans: JSON.parse(spans), vectors: toFloats(vectors) };
        recent.set(id, passage);
        passages.set(id, passage);
      }
      return passages;
    },

    /**
     * The mean cosine of a vector with all of a collection, from a sample: the engine lists by id, and ids are hashes, so that
     * the first of them are as good as drawn.
     */
    async mean(collection: string, vector: Float32Array): Promise<number> {
      let mean = means.get(collection);
      if (!mean || performance.now() - mean.madeAt > meanIsGoodForMs) {
        const { found } = await engine.query<{ found: { vectors: string }[] }>(
          'Get',
          select('found', 'AssayPassage', collection, `limit:${sampleSize}`, 'vectors'),
        );
        const sum = new Float64Array(vector.length);
        let windows = 0;
        for (const numbers of found.map(({ vectors }) => toFloats(vectors))) {
          windows += numbers.length / vector.length;
          for (const [at, number] of numbers.entries()) sum[at % vector.length]! += number;
        }
        const madeAt = performance.now();
        mean = { vector: sum.map((each) => each / Math.max(1, windows)), passages: found.length, madeAt };
        means.set(collection, mean);
      }
      return mean.vector.reduce((sum, number, at) => sum + number * vector[at]!, 0);
    },

    /** Tells that documents of a collection changed: a mean of few passages is then no longer good. */
    changed(collection: string) {
      if ((means.get(collection)?.passages ?? 0) < sampleSize) means.delete(collection);
    },
    forget: (collection: string) => void means.delete(collection),
  };
}

export type Passages = ReturnType<typeof createPassages>;
