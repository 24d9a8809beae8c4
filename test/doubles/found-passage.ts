import type { FoundPassage } from '../../src/passage.ts';
import { splitSentences } from '../../src/sentences.ts';

/**
 * A passage as a search returns it, with windows of two sentences; each window's similarity is what `similarity` says of
 * its text, 0.8 by default.
 */
export function foundPassage(
  text: string,
  options: { id?: string; title?: string; rank?: number; start?: number; similarity?: (text: string) => number } = {},
): FoundPassage {
  const { id = 'p1', title = 'Notes', rank = 1, start = 0, similarity = () => 0.8 } = options;
  const sentences = splitSentences(text);
  const pairs =
    sentences.length < 2 ? sentences : sentences.slice(1).map(({ end }, at) => ({ start: sentences[at]!.start, end }));
  const windows = pairs.map((window) => ({ start: start + window.start, end: start + window.end }));
  const similarities = pairs.map((window) => similarity(text.slice(window.start, window.end)));
  const about = { id, documentId: `document of ${id}`, source: `${id}.md`, title };
  return { ...about, text, start, end: start + text.length, score: 1, rank, windows, similarities };
}
