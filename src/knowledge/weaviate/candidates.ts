import type { Engine } from './engine.ts';
import type { Statistics } from './statistics.ts';
import { createWords } from './words.ts';

/** A passage of one version of a document, by its id in the engine, and what one of the searches says of it. */
export type Candidate = { passage: string; documentId: string; version: string; score: number };

/** The two searches of the engine: for what is near a question, and for what shares its words. */
export function createCandidates(engine: Engine, statistics: Statistics) {
  const words = createWords(engine, statistics);

  /** The windows that are nearest, nearest first, each as its passage with the cosine as its score. */
  async function near(collection: string, vector: Float32Array, limit: number): Promise<Candidate[]> {
    const fields = ['passage', 'documentId', 'version'];
    const [found] = await engine.find<Omit<Candidate, 'score'>>([
      { className: 'AssayWindow', tenant: collection, near: vector, limit, fields },
    ]);
    return found!.map(({ passage, documentId, version, cosine: score }) => ({ passage, documentId, version, score }));
  }

  return async (query: { collection: string; question: string; vector: Float32Array; limit: number }) => {
    const { collection, vector, limit } = query;
    const [nearest, { mean, found }] = await Promise.all([near(collection, vector, limit), words(query)]);
    return { near: nearest, words: await found(nearest), mean };
  };
}
