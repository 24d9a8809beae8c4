import { z } from 'zod';
import { AppError } from '../errors.ts';
import { decodeText } from './text-encoding.ts';

/** The formats that Assay reads. */
export const Format = z.enum(['text', 'markdown', 'html', 'pdf', 'docx', 'csv', 'json', 'jsonl', 'epub']);
export type Format = z.infer<typeof Format>;

/** The formats whose files are not text. */
type BinaryFormat = 'pdf' | 'docx' | 'epub';
export type TextFormat = Exclude<Format, BinaryFormat>;

const formatByExtension: Record<string, Format> = {
  txt: 'text',
  text: 'text',
  md: 'markdown',
  markdown: 'markdown',
  mdx: 'markdown',
  html: 'html',
  htm: 'html',
  pdf: 'pdf',
  docx: 'docx',
  csv: 'csv',
  tsv: 'csv',
  json: 'json',
  ipynb: 'json',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  epub: 'epub',
};

/** What to do with kinds of files that people have beside those. */
const otherKinds: [endings: RegExp, way: string][] = [
  [/^(?:xls[xmb]?|ods|numbers)$/, 'Save each of its sheets as “CSV UTF-8”.'],
  [/^(?:docm?|dot[xm]?|odt|rtf|pages)$/, 'Save it as .docx.'],
  [/^(?:pp[st][xm]?|odp|key)$/, 'Save it as PDF.'],
  [/^(?:eml|msg|mbox)$/, 'Save the mail as text or HTML.'],
  [/^(?:zip|rar|tar|tgz|gz)$/, 'Unpack it.'],
  [/^(?:png|jpe?g|tiff?|gif|webp|heic)$/, 'OCR can make a PDF with text of it.'],
];

/** A PDF's mark may be anywhere in its first kilobyte (ISO 32000, annex H). */
const PDF_MARK = Buffer.from('%PDF-');
const PDF_MARK_WITHIN_BYTES = 1_024;
const ZIP_MARK = Buffer.from('PK\x03\x04');
/** Microsoft's older container: Word files up to 2003, and newer ones that are encrypted. */
const OLE_MARK = Buffer.from('d0cf11e0a1b11ae1', 'hex');
const OLE_ENCRYPTED = Buffer.from('EncryptedPackage', 'utf16le');

/**
 * The format that a file's extension promises.
 * @throws {AppError} `UNSUPPORTED_FORMAT` for any other extension, or none.
 */
export function formatOfName(name: string): Format {
  const extension = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  const format = Object.hasOwn(formatByExtension, extension) ? formatByExtension[extension] : undefined;
  if (format) return format;
  const readable = Object.keys(formatByExtension).join(', ');
  const way =
    otherKinds.find(([endings]) => endings.test(extension))?.[1] ??
    `If it is text, name it .txt. Files ending in ${readable} can.`;
  throw new AppError('UNSUPPORTED_FORMAT', `This kind of file can't be read. ${way}`);
}

export const isTextFormat = (format: Format): format is TextFormat =>
  format !== 'pdf' && format !== 'docx' && format !== 'epub';

/**
 * Checks that bytes look like their format, and decodes formats that are text (text-encoding.ts).
 * @param charset the encoding of a text that doesn't show or declare its own
 * @returns the text; `null` for a PDF, a Word document or an EPUB, which aren't text.
 * @throws {AppError} `BAD_DOCUMENT` when the bytes bear the mark of another kind of file or lack that of their own, or when a text can't
 * be decoded or holds a NUL byte.
 */
export function decodeBytes(bytes: Uint8Array, format: Format, charset?: string): string | null {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const begins = (mark: Buffer) => all.subarray(0, mark.length).equals(mark);
  if (begins(OLE_MARK)) throw new AppError('BAD_DOCUMENT', whatOleIs(all));
  if (format === 'pdf') {
    if (all.subarray(0, PDF_MARK_WITHIN_BYTES).includes(PDF_MARK)) return null;
    throw new AppError('BAD_DOCUMENT', 'The file is named a PDF but is none.');
  }
  if (begins(PDF_MARK)) throw new AppError('BAD_DOCUMENT', `The file is a PDF, not ${format}: name it .pdf.`);
  if (!isTextFormat(format)) {
    if (begins(ZIP_MARK)) return null;
    throw new AppError('BAD_DOCUMENT', `The file is named .${format} but is none: it is no ZIP archive.`);
  }
  if (begins(ZIP_MARK)) {
    throw new AppError(
      'BAD_DOCUMENT',
      `The file is a ZIP archive, not ${format}: name a Word file .docx, a book .epub.`,
    );
  }
  return decodeText(bytes, format, charset);
}

function whatOleIs(bytes: Buffer): string {
  return bytes.includes(OLE_ENCRYPTED)
    ? 'The document needs a password. Save it without one and try again.'
    : 'The file is from an older Office program. Save it as .docx and try again.';
}
