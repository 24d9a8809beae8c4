import { z } from 'zod';
import type { Span } from './sentences.ts';

/**
 * A passage: a stretch of a document, word for word. `text` is exactly `document.slice(start, end)`, offsets in UTF-16 code
 * units of the document's stored text. `score` is its relevance to the question, 0 to 1, higher is nearer, relative to the
 * best candidate of the same search; `rank` counts from 1.
 */
export const Passage = z.object({
  id: z.string(),
  documentId: z.string(),
  source: z.string().describe('The name of its document, such as a relative path.'),
  title: z.string(),
  text: z.string().describe('Word for word: the text of the document from start to end.'),
  start: z.int().nonnegative().describe('Where it begins in the text of its document, in UTF-16 code units.'),
  end: z.int().nonnegative().describe('Where it ends there.'),
  score: z
    .number()
    .min(0)
    .max(1)
    .describe(
      'How relevant it is compared with the first passage of the same search, which always has 1, however well it fits.',
    ),
  rank: z.int().positive(),
});
export type Passage = z.infer<typeof Passage>;

/**
 * A passage as a search returns it, with its windows (one to two consecutive sentences each, the unit whose vector is
 * indexed; the same for every search) and, for each window, the cosine between its vector and the question's.
 */
export type FoundPassage = Passage & { windows: Span[]; similarities: number[] };

/** Passages as they are shown: without their windows. */
export const toPassages = (found: FoundPassage[]): Passage[] =>
  found.map(({ windows, similarities, ...passage }) => passage);
