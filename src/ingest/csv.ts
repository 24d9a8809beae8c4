import papaparse from 'papaparse';
import type { LoadedDocument } from './loaded-document.ts';
import { createRecordText } from './record-text.ts';

/** Excel writes and reads such a first line. */
const SEPARATOR_LINE = /^sep=([^\n])\n/i;
const NUMBER_OR_DATE = /^[\s\d.,:/%$€£+-]+$/;
/** A year, a month or a day in figures. */
const PERIOD = /^(?:\d{1,2}[-/.]){0,2}(?:1[5-9]|2[01])\d\d(?:[-/.]\d{1,2}){0,2}$/;
const LONGEST_NAME = 100;

/**
 * A table as text: a line for each row, every value behind its column's name. papaparse reads it and finds out the
 * delimiter (comma, semicolon, tab, bar). The first row holds the names where it looks like it: all different, none a
 * sentence, a number or a date, but for years and dates above values that are none.
 */
export function loadCsv(source: string): Omit<LoadedDocument, 'format'> {
  const separator = SEPARATOR_LINE.exec(source);
  const records = createRecordText();
  let first: string[] | null = null;
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
      if (isFirst) first = data;
      else {
        if (first && areNames(first, data)) names = first;
        else if (first) add(first);
        first = null;
        add(data);
      }
      isFirst = false;
    },
  });
  // Names without rows are all there is.
  if (first) add(first);
  return { ...records.finish(), title: null };
}

/** Whether a row names the columns, `next` being the one below. */
function areNames(row: string[], next: string[]): boolean {
  const cells = row.map((cell, column) => ({ name: cell.trim(), below: next[column]?.trim() ?? '' }));
  const named = cells.filter(({ name }) => name !== '');
  const periods = named.filter(({ name }) => PERIOD.test(name));
  const looksLikeName = ({ name }: { name: string }) =>
    name.length <= LONGEST_NAME && !NUMBER_OR_DATE.test(name) && !/[.!?]$/.test(name);
  return (
    named.length > periods.length &&
    new Set(named.map(({ name }) => name)).size === named.length &&
    named.every((cell) => periods.includes(cell) || looksLikeName(cell)) &&
    periods.every(({ below }) => !PERIOD.test(below)) &&
    (periods.length === 0 || periods.some(({ below }) => below !== ''))
  );
}
