import { AppError } from '../errors.ts';
import { decodeBytes, type Format, formatOfName } from './format.ts';
import type { LoadedDocument } from './loaded-document.ts';

/** A file: its bytes, its name (only the extension matters), and its format where something better than the name tells. */
export type FileToLoad = { bytes: Uint8Array; name: string; format?: Format | undefined };

/** A text that came as characters, as in a JSON body. */
export type TextToLoad = { text: string; format: Exclude<Format, 'pdf'> };

type Parsed = Omit<LoadedDocument, 'format'>;

/**
 * Turns a file into text with its title, headings and blocks. The text is what passages are exact slices of.
 * @throws {AppError} `UNSUPPORTED_FORMAT` for an unknown extension, `BAD_DOCUMENT` for what isn't what its format promises
 * or holds no text. Messages never hold anything of the document or its name.
 */
export async function loadDocument({ bytes, name, format = formatOfName(name) }: FileToLoad): Promise<LoadedDocument> {
  const text = decodeBytes(bytes, format);
  if (format !== 'pdf' && text !== null) return loadText({ text, format });
  const { loadPdf } = await import('./pdf.ts');
  return withText({ format, ...(await loadPdf(bytes)) }, 'Scanned pages must be made readable first.');
}

/**
 * The same for a text that is characters already. Line ends become `\n` and a byte order mark goes; otherwise plain text and
 * Markdown stay as they are, and HTML becomes readable text.
 * @throws {AppError} `BAD_DOCUMENT`
 */
export async function loadText({ text, format }: TextToLoad): Promise<LoadedDocument> {
  if (text.includes('\0')) throw new AppError('BAD_DOCUMENT', 'The text holds a NUL character.');
  if (!text.isWellFormed())
    throw new AppError('BAD_DOCUMENT', 'The text holds half of a surrogate pair: it is not valid Unicode.');
  const source = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  return withText({ format, ...(await parse(source, format)) }, '');
}

/** The parsers are loaded when first needed: what isn't used doesn't slow the start. */
async function parse(source: string, format: TextToLoad['format']): Promise<Parsed> {
  switch (format) {
    case 'text':
      return (await import('./text.ts')).loadPlainText(source);
    case 'markdown':
      return (await import('./markdown.ts')).loadMarkdown(source);
    case 'html':
      return (await import('./html.ts')).loadHtml(source);
  }
}

function withText(document: LoadedDocument, hint: string): LoadedDocument {
  if (document.text.trim() !== '') return document;
  throw new AppError('BAD_DOCUMENT', `The document holds no text. ${hint}`.trim());
}
