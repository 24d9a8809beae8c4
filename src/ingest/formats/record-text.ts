import { AppError } from '../../errors.ts';
import { type Block, LONGEST_TEXT, type LoadedDocument } from '../loaded-document.ts';

/** A value and what it is called; an empty name stands for none. */
export type Field = { name: string; value: string };

/** A record with a longer line than this (UTF-16 code units) is written as a paragraph, a line for each field. */
export const LONGEST_LINE = 400;
const LONGEST_NAME = 100;

export type RecordText = ReturnType<typeof createRecordText>;

/**
 * Writes records as text that can be read and quoted: short ones a line each, `name: value; name: value`, lines in a row
 * being a table; a long one as a paragraph of its own, so that its sentences are found. Every field carries its name, for a
 * passage must make sense without the top of the file.
 */
export function createRecordText() {
  const pieces: string[] = [];
  const blocks: Block[] = [];
  const breaks: number[] = [];
  let length = 0;
  let table: Block | null = null;

  function write(piece: string): void {
    pieces.push(piece);
    length += piece.length;
    if (length > LONGEST_TEXT) throw new AppError('BAD_DOCUMENT', 'The document holds too much text.');
  }

  /** Ends the table: what comes next stands apart. */
  function gap(): void {
    table = null;
  }

  /** Writes fields that belong together. `path` says where they stand in a document that nests. */
  function add(fields: Field[], path = ''): void {
    if (fields.length === 0) return;
    const line = lineOf(fields, path);
    if (line !== null) {
      if (length > 0) write(table ? '\n' : '\n\n');
      if (!table) {
        table = { start: length, end: length, kind: 'table' };
        blocks.push(table);
      }
      breaks.push(length);
      write(line);
      table.end = length;
      return;
    }
    gap();
    fields.forEach(({ name, value }, index) => {
      if (length > 0) write(index === 0 ? '\n\n' : '\n');
      breaks.push(length);
      const label = [path, oneLine(name).slice(0, LONGEST_NAME)].filter((part) => part !== '').join('.');
      write(`${label}${label === '' ? '' : ': '}${value.trim().replace(/\r\n?/g, '\n')}`);
    });
  }

  function finish(): Omit<LoadedDocument, 'format' | 'title'> {
    return { text: pieces.join(''), headings: [], blocks, breaks };
  }

  return { add, gap, finish };
}

/** The fields on one line, or null where that would be too long. */
function lineOf(fields: Field[], path: string): string | null {
  const parts: string[] = [];
  let length = path.length;
  for (const { name, value } of fields) {
    length += value.length + 2;
    if (length > LONGEST_LINE) return null;
    const label = oneLine(name).slice(0, LONGEST_NAME);
    parts.push(label === '' ? oneLine(value) : `${label}: ${oneLine(value)}`);
  }
  const line = `${path === '' ? '' : `${path}: `}${parts.join('; ')}`;
  return line.length <= LONGEST_LINE ? line : null;
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();
