import { AppError } from '../../errors.ts';
import { type Block, LONGEST_TEXT, type LoadedDocument, withoutBreakHints } from '../loaded-document.ts';

/** A value and its name, which may be empty. */
export type Field = { name: string; value: string };

/** A record whose line would be longer than this (in UTF-16 code units) is written as a paragraph, with a line for each field. */
export const LONGEST_LINE = 400;
const LONGEST_NAME = 100;

export type RecordText = ReturnType<typeof createRecordText>;

/**
 * Writes records as text that can be read and quoted: a short record as a line, `name: value; name: value`, consecutive ones forming a
 * table; a long record as a paragraph of its own, so that its sentences are found. Every field has its name, because a passage must make
 * sense without the top of the file.
 */
export function createRecordText() {
  const pieces: string[] = [];
  const blocks: Block[] = [];
  const breaks: number[] = [];
  let length = 0;
  let table: Block | null = null;

  function write(written: string): void {
    const piece = withoutBreakHints(written);
    pieces.push(piece);
    length += piece.length;
    if (length > LONGEST_TEXT) throw new AppError('BAD_DOCUMENT', 'The document holds too much text.');
  }

  /** Ends the table, so that what comes next is set apart. */
  function gap(): void {
    table = null;
  }

  /** Writes a record. `path` tells where its fields are in a nested document. */
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
