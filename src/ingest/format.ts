import { z } from 'zod';
import { AppError } from '../errors.ts';

/** The formats that Assay reads. */
export const Format = z.enum(['text', 'markdown', 'html', 'pdf']);
export type Format = z.infer<typeof Format>;

const formatByExtension: Record<string, Format> = {
  txt: 'text',
  text: 'text',
  md: 'markdown',
  markdown: 'markdown',
  html: 'html',
  htm: 'html',
  pdf: 'pdf',
};

/** Writers put the mark of a PDF within its first kilobyte (ISO 32000, annex H), so readers look there. */
const PDF_MARK = '%PDF-';
const PDF_MARK_WITHIN_BYTES = 1_024;

/**
 * The format that a file's name promises, by its extension. Only the last part of a path counts.
 * @throws {AppError} `UNSUPPORTED_FORMAT` for any other extension, or none.
 */
export function formatOfName(name: string): Format {
  const extension = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  const format = Object.hasOwn(formatByExtension, extension) ? formatByExtension[extension] : undefined;
  if (format) return format;
  const readable = Object.keys(formatByExtension).join(', ');
  throw new AppError('UNSUPPORTED_FORMAT', `This kind of file can't be read. Files ending in ${readable} can.`);
}

/**
 * Checks that bytes are what their format promises, as far as a look at them can tell, and decodes the formats that are text.
 * @returns the text; `null` for a PDF, which isn't text.
 * @throws {AppError} `BAD_DOCUMENT` when a PDF has no PDF mark, or a text isn't UTF-8, has a NUL byte or is a PDF.
 */
export function decodeBytes(bytes: Uint8Array, format: Format): string | null {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, PDF_MARK_WITHIN_BYTES));
  if (format === 'pdf') {
    if (head.includes(PDF_MARK)) return null;
    throw new AppError('BAD_DOCUMENT', 'The file is named a PDF but is none.');
  }
  if (head.subarray(0, PDF_MARK.length).equals(Buffer.from(PDF_MARK))) {
    throw new AppError('BAD_DOCUMENT', `The file is a PDF, not ${format}: give it the extension .pdf.`);
  }
  if (bytes.includes(0)) throw new AppError('BAD_DOCUMENT', `The file holds a NUL byte, so it is not ${format}.`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError('BAD_DOCUMENT', 'The file is not valid UTF-8. Save it as UTF-8 and try again.', { cause });
  }
}
