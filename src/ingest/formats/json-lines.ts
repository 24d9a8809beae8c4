import type { LoadedDocument } from '../loaded-document.ts';
import { writeJson } from './json-text.ts';
import { createRecordText } from './record-text.ts';

/**
 * JSON Lines as readable text: one record for each line that isn't blank.
 * @throws {AppError} `BAD_DOCUMENT`, naming the line that isn't JSON
 */
export function loadJsonLines(source: string): Omit<LoadedDocument, 'format'> {
  const records = createRecordText();
  let number = 0;
  for (let start = 0; start < source.length; ) {
    const lineEnd = source.indexOf('\n', start);
    const end = lineEnd === -1 ? source.length : lineEnd;
    const line = source.slice(start, end);
    number++;
    if (line.trim() !== '') writeJson(line, records, `Line ${number} of the file is not valid JSON.`);
    start = end + 1;
  }
  return { ...records.finish(), title: null };
}
