import type { NewDocument } from '../../src/knowledge/port.ts';
import { hashedEmbedding } from './hashed-embedding.ts';

/** Enough that few words meet in one number. */
export const smallDimension = 64;

/** A document ready for the store: a passage for each of its lines, and in each one window, under one heading. */
export function smallDocument(source: string, text: string, collection = 'default'): NewDocument {
  const passages: NewDocument['passages'] = [];
  const vectors: number[] = [];
  for (const { 0: line, index: start } of text.matchAll(/.+/g)) {
    const span = { start, end: start + line.length, headingPath: ['Trees'] };
    passages.push({ ...span, windows: [span] });
    vectors.push(...hashedEmbedding(line, smallDimension));
  }
  const about = { collection, source, title: source, format: 'text', metadata: { from: source } };
  return { ...about, text, contentHash: text, passages, vectors: Float32Array.from(vectors) };
}
