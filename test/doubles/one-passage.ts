import type { NewDocument } from '../../src/knowledge/port.ts';

/** A document of one passage, whose one window is all of it. */
export function onePassageDocument(source: string, text: string, vectors: Float32Array): NewDocument {
  const span = { start: 0, end: text.length, headingPath: [] };
  return {
    collection: 'default',
    source,
    title: source,
    format: 'text',
    metadata: {},
    text,
    contentHash: text,
    passages: [{ ...span, windows: [span] }],
    vectors,
  };
}
