import { createRecent } from '../../recent.ts';
import type { Engine } from './engine.ts';

/** How many passages are cached; those of one version never change. */
const recentPassages = 2_048;

export type Passage = {
  documentId: string;
  passageId: string;
  text: string;
  start: number;
  end: number;
  spans: [number, number][];
  /** The windows' vectors, one after another. */
  vectors: Float32Array;
};

/** Decodes little-endian 32-bit floats from base64; of several texts, one after another. */
export const toFloats = (...base64: string[]) =>
  new Float32Array(Uint8Array.from(Buffer.concat(base64.map((each) => Buffer.from(each, 'base64')))).buffer);

/** Encodes 32-bit floats in base64. */
export const toBase64 = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');

/** Reads passages, and caches those that were read last. */
export function createPassages(engine: Engine) {
  const recent = createRecent<string, Passage>(recentPassages);

  return {
    /** The passages with these ids in the engine, by id; those that are gone are left out. */
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
      for (const { id, cosine: _, held: __, spans, vectors, ...row } of found!) {
        const passage = { ...row, spans: JSON.parse(spans), vectors: toFloats(vectors) };
        recent.set(id, passage);
        passages.set(id, passage);
      }
      return passages;
    },
  };
}

export type Passages = ReturnType<typeof createPassages>;
