import papaparse from 'papaparse';
import { LONGEST_HEADING, type LoadedDocument } from '../loaded-document.ts';
import { createRecordText } from './record-text.ts';

/** A first line that Excel writes and reads. */
const SEPARATOR_LINE = /^sep=([^\n])\n/i;
/** After a first value in quotation marks comes the delimiter. */
const FIRST_QUOTED = /^\n*"(?:[^"]|""){0,1000}"([,;\t|])/;
const NUMBER_OR_DATE = /^[\s\d.,:/%$€£+-]+$/;
/** A year, a month or a day in figures. */
const PERIOD = /^(?:\d{1,2}[-/.]){0,2}(?:1[5-9]|2[01])\d\d(?:[-/.]\d{1,2}){0,2}$/;
const LONGEST_NAME = 100;
/** The columns' names, and what stands above them, are looked for in so many rows. */
const ROWS_LOOKED_AT = 20;
const SENTENCE_END = /[.!?]$/;
/** With more words before its full stop, a text is a sentence and no name: "Price incl. VAT." is one. */
const MOST_WORDS = 3;
/** Each line with an unclosed quotation mark costs another pass over the rest of the file. */
const MOST_MENDED = 20;

/**
 * A table as text: a line for each row, with every value after its column's name. papaparse reads it and detects the delimiter (comma,
 * semicolon, tab, bar). The first row is taken for the columns' names if it looks like it: all different, and none a sentence, a number
 * or a date, except years and dates above values that are neither. Rows before it with a single value, in the first column, are captions;
 * the first of them is the title. Above wide tables, so are pairs of a name and a value.
 */
export function loadCsv(source: string): Omit<LoadedDocument, 'format'> {
  const separator = SEPARATOR_LINE.exec(source);
  const records = createRecordText();
  const firstRows: string[][] = [];
  let title: string | null = null;
  let names: string[] | null = null;
  let hasBegun = false;

  const add = (row: string[]) =>
    records.add(
      row.flatMap((value, column) => (value.trim() === '' ? [] : { name: names?.[column]?.trim() ?? '', value })),
    );

  function begin(): void {
    hasBegun = true;
    const captions = firstRows.splice(0, captionsAbove(firstRows));
    for (const row of captions) {
      const [name = '', value] = filled(row);
      if (value === undefined) add(row);
      else records.add([{ name: name.trim().replace(/:$/, ''), value }]);
    }
    records.gap();
    const [caption = ''] = captions.find((row) => filled(row).length === 1) ?? [];
    const heading = caption.replace(/\s+/g, ' ').trim();
    if (heading !== '' && heading.length <= LONGEST_HEADING) title = heading;
    const [first, second] = firstRows;
    if (first && second && areNames(first, second)) names = firstRows.shift()!;
    firstRows.forEach(add);
  }

  const rows = source.slice(separator?.[0].length ?? 0);
  const delimiter = (separator ?? FIRST_QUOTED.exec(rows))?.[1] ?? '';
  readRows(rows, delimiter, (row) => {
    if (hasBegun) add(row);
    else if (firstRows.push(row) === ROWS_LOOKED_AT) begin();
  });
  if (!hasBegun) begin();
  return { ...records.finish(), title };
}

const filled = (row: string[]) => row.filter((value) => value.trim() !== '');

/** How many of the first rows stand above the columns' names. */
function captionsAbove(rows: string[][]): number {
  const widths = rows.map((row) => filled(row).length);
  for (const most of [2, 1]) {
    const above = widths.findIndex((width) => width > most);
    // Only in the first columns: a single value further right is a column's name, beside columns that have none.
    const areFirst = rows.slice(0, above).every((row) => filled(row.slice(0, most)).length === filled(row).length);
    const below = widths.slice(above);
    const isWide = widths[above]! >= 2 * most && below.filter((width) => width > most).length * 2 > below.length;
    // A title stands above a table whatever its rows are.
    const isTitle = most === 1 && above === 1;
    if (above > 0 && areFirst && (isWide || isTitle)) return above;
  }
  return 0;
}

/**
 * Reads rows, in linear time. A quotation mark that is never closed would swallow the following rows: so the marks of its line are taken
 * literally, and after many such lines, those of everything that follows.
 */
function readRows(source: string, delimiter: string, onRow: (row: string[]) => void): void {
  let mended = 0;
  for (let at = 0; at < source.length; mended++) {
    const isLiteral = mended >= MOST_MENDED;
    const open = read(source.slice(at), isLiteral);
    if (open === null) return;
    const start = at + open;
    const lineEnd = source.indexOf('\n', start);
    const next = lineEnd === -1 ? source.length : lineEnd + 1;
    read(source.slice(start, next), true);
    at = next;
  }

  /** @returns where a row with an unclosed quotation mark begins, or null where all rows have been read */
  function read(rows: string, isLiteral: boolean): number | null {
    let rowStart = 0;
    let open: number | null = null;
    papaparse.parse<string[]>(rows, {
      delimiter,
      quoteChar: isLiteral ? '\0' : '"',
      skipEmptyLines: 'greedy',
      step({ data, errors, meta }, parser) {
        delimiter ||= meta.delimiter;
        const begins = rowStart + /^\n*/.exec(rows.slice(rowStart, meta.cursor))![0].length;
        rowStart = meta.cursor;
        if (errors.some(({ type }) => type === 'Quotes') && rows.slice(begins, meta.cursor).trim().includes('\n')) {
          open = begins;
          parser.abort();
        } else onRow(data);
      },
    });
    return open;
  }
}

/** Whether a row holds the columns' names, given the row below it. */
function areNames(row: string[], next: string[]): boolean {
  const cells = row.map((cell, column) => ({ name: cell.trim(), below: next[column]?.trim() ?? '' }));
  const named = cells.filter(({ name }) => name !== '');
  const periods = named.filter(({ name }) => PERIOD.test(name));
  const looksLikeName = ({ name, below }: { name: string; below: string }) =>
    name.length <= LONGEST_NAME && !NUMBER_OR_DATE.test(name) && !isSentence(name, below);
  return (
    named.length > periods.length &&
    new Set(named.map(({ name }) => name)).size === named.length &&
    named.every((cell) => periods.includes(cell) || looksLikeName(cell)) &&
    periods.every(({ below }) => !PERIOD.test(below)) &&
    (periods.length === 0 || periods.some(({ below }) => below !== ''))
  );
}

/** Whether a text is no name but a sentence, as the one below it may be. */
function isSentence(text: string, below: string): boolean {
  if (!SENTENCE_END.test(text)) return false;
  return SENTENCE_END.test(below) || (!text.endsWith('?') && text.split(/\s+/).length > MOST_WORDS);
}
