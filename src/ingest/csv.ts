import papaparse from 'papaparse';
import type { LoadedDocument } from './loaded-document.ts';
import { createRecordText } from './record-text.ts';

/** Excel writes and reads such a first line. */
const SEPARATOR_LINE = /^sep=([^\n])\n/i;
const NUMBER_OR_DATE = /^[\s\d.,:/%$€£+-]+$/;
const LONGEST_NAME = 100;

/**
 * A table as text: a line for each row, every value behind its column's name. papaparse reads it and finds out the
 * delimiter (comma, semicolon, tab, bar). The first row holds the names where it looks like it: all different, none a
 * number, a date or a sentence.
 */
export function loadCsv(source: string): Omit<LoadedDocument, 'format'> {
  const separator = SEPARATOR_LINE.exec(source);
  const records = createRecordText();
  let names: string[] | null = null;
  let isFirst = true;

  const add = (row: string[]) =>
    records.add(
      row.flatMap((value, column) => (value.trim() === '' ? [] : { name: names?.[column]?.trim() ?? '', value })),
    );

  papaparse.parse<string[]>(source.slice(separator?.[0].length ?? 0), {
    delimiter: separator?.[1] ?? '',
    skipEmptyLines: 'greedy',
    step({ data }) {
      if (isFirst && areNames(data)) names = data;
      else add(data);
      isFirst = false;
    },
  });
  const loaded = records.finish();
  // Names without rows are all there is.
  if (loaded.text === '' && names) {
    const only: string[] = names;
    names = null;
    add(only);
    return { ...records.finish(), title: null };
  }
  return { ...loaded, title: null };
}

function areNames(row: string[]): boolean {
  const names = row.map((cell) => cell.trim()).filter((cell) => cell !== '');
  const looksLikeName = (name: string) =>
    name.length <= LONGEST_NAME && !NUMBER_OR_DATE.test(name) && !/[.!?]$/.test(name);
  return names.length > 0 && new Set(names).size === names.length && names.every(looksLikeName);
}
