import type { FoundPassage } from '../passage.ts';
import type { Documents } from './documents.ts';
import { type Candidate, fuse } from './fuse.ts';
import type { NearWindow } from './index-part.ts';

/**
 * The best passages for a question, from the windows that are near it and the passages that share its words: each candidate
 * gets both scores, exactly, from the stored vectors where the index didn't give one.
 * @param options.words BM25 scores by passage key
 * @param options.mean the mean cosine between the question and all windows of the collection
 */
export function rankPassages(options: {
  near: NearWindow[];
  words: Map<number, number>;
  vector: Float32Array;
  topK: number;
  mean: number;
  documents: Pick<Documents, 'passage' | 'vectors'>;
}): FoundPassage[] {
  const { near, words, vector, topK, mean, documents } = options;
  const candidates = new Map<number, Candidate>();
  for (const { passageKey: key, similarity } of near)
    if (!candidates.has(key)) candidates.set(key, { key, similarity, bm25: words.get(key) ?? 0 });
  for (const [key, bm25] of words) {
    if (candidates.has(key)) continue;
    candidates.set(key, { key, similarity: Math.max(...similarities(vector, documents.vectors(key))), bm25 });
  }
  return fuse([...candidates.values()], mean)
    .slice(0, topK)
    .map(({ key, score }, place) => {
      const { id, documentId, source, title, text, start, end, windows, vectors } = documents.passage(key);
      const close = similarities(vector, vectors);
      const ranked = windows.map((window, at) => ({ start: window.start, end: window.end, similarity: close[at]! }));
      return { id, documentId, source, title, text, start, end, score, rank: place + 1, windows: ranked };
    });
}

/** The cosines between a question's vector and the vectors that stand one after another in `vectors`. */
function similarities(question: Float32Array, vectors: Float32Array): number[] {
  return Array.from({ length: vectors.length / question.length }, (_, row) => {
    let product = 0;
    for (let at = 0; at < question.length; at += 1) product += question[at]! * vectors[row * question.length + at]!;
    return product;
  });
}
