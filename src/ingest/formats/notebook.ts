import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';

/** Longer outputs (in UTF-16 code units) are logs and listings, whose beginning is enough. */
const LONGEST_OUTPUT = 2_000;

const Lines = z.union([z.string(), z.array(z.string())]).transform((lines) => [lines].flat().join(''));
const Output = z.object({ text: Lines.optional(), data: z.object({ 'text/plain': Lines.optional() }).optional() });
const Cell = z.object({
  cell_type: z.string(),
  source: Lines,
  outputs: z.array(Output).default([]),
});
const Notebook = z.object({
  nbformat: z.number().min(4),
  cells: z.array(Cell),
  metadata: z.object({ language_info: z.object({ name: z.string() }).optional() }).optional(),
});

/**
 * A Jupyter notebook (nbformat 4) as Markdown: its cells in order, with code and its output as fenced code. Pictures and tracebacks are
 * left out.
 * @returns null for a value that is no notebook
 */
export function notebookMarkdown(value: unknown): string | null {
  const { success, data } = Notebook.safeParse(value);
  if (!success) return null;
  const language = /^[\w+#-]+$/.exec(data.metadata?.language_info?.name ?? '')?.[0] ?? '';
  return data.cells
    .flatMap(({ cell_type: type, source, outputs }) => {
      if (type !== 'code') return [source];
      const printed = outputs.map(({ text, data }) => (text ?? data?.['text/plain'] ?? '').slice(0, LONGEST_OUTPUT));
      return [fenced(source, language), ...printed.map((output) => fenced(stripVTControlCharacters(output)))];
    })
    .map((cell) => cell.replace(/\r\n?/g, '\n').trim())
    .filter((cell) => cell !== '')
    .join('\n\n');
}

/** Code between fences that don't occur in it. */
function fenced(code: string, language = ''): string {
  if (code.trim() === '') return '';
  const longest = (code.match(/~+/g) ?? []).reduce((most, { length }) => Math.max(most, length), 5);
  const fence = code.includes('```') ? '~'.repeat(longest + 1) : '```';
  return `${fence}${language}\n${code.trimEnd()}\n${fence}`;
}
