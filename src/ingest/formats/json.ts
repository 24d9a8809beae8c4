import { LONGEST_HEADING, type LoadedDocument } from '../loaded-document.ts';
import { writeJson } from './json-text.ts';
import { loadMarkdown } from './markdown.ts';
import { notebookMarkdown } from './notebook.ts';
import { createRecordText } from './record-text.ts';

/**
 * JSON as readable text: its keys and values in order (json-text.ts). The title is the top level's `title`, if that is a string. A
 * Jupyter notebook, which is JSON too, is read cell by cell.
 * @throws {AppError} `BAD_DOCUMENT`
 */
export function loadJson(source: string): Omit<LoadedDocument, 'format'> {
  const records = createRecordText();
  writeJson(source, records, 'The file is not valid JSON. With one value on each line it must be named .jsonl.');
  const value: unknown = JSON.parse(source);
  const notebook = notebookMarkdown(value);
  return notebook === null ? { ...records.finish(), title: titleOf(value) } : loadMarkdown(notebook);
}

function titleOf(value: unknown): string | null {
  const title = value && typeof value === 'object' && 'title' in value ? value.title : null;
  const words = typeof title === 'string' ? title.replace(/\s+/g, ' ').trim() : '';
  return words !== '' && words.length <= LONGEST_HEADING ? words : null;
}
