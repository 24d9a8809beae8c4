import { AppError } from '../errors.ts';
import { decodeBytes, type Format, formatOfName, isTextFormat, type TextFormat } from './format.ts';
import { LONGEST_TEXT, type LoadedDocument } from './loaded-document.ts';

/**
 * A file: its bytes, its name (only the extension matters), its format where that is known otherwise, and, for a text that doesn't show or
 * declare its own, its encoding.
 */
export type FileToLoad = {
  bytes: Uint8Array;
  name: string;
  format?: Format | undefined;
  charset?: string | undefined;
};

/** A text that came as characters, for example in a JSON body. */
export type TextToLoad = { text: string; format: TextFormat };

const BLACK_FLAG = '\u{1f3f4}';
/** The flag of a region is a black flag and up to six tag characters, closed by another one (Unicode TS #51). */
const FLAG_OR_TAG = /\u{1f3f4}[\u{e0020}-\u{e007e}]{1,6}\u{e007f}|[\u{e0000}-\u{e007f}]/gu;
/** The first half of each tag character. */
const TAG_CHARACTERS_BEGIN = '\udb40';

type Parsed = Omit<LoadedDocument, 'format'>;

/**
 * Turns a file into text, of which passages will be exact slices, with its title, headings and blocks. A hostile file may make this take
 * long and much memory: services go through the parser (parser.ts), which bounds both.
 * @throws {AppError} `UNSUPPORTED_FORMAT` for an unknown extension; `BAD_DOCUMENT` for a file that isn't what its format promises, or
 * holds no text or too much. Messages never repeat anything from the document or its name.
 */
export async function loadDocument({
  bytes,
  name,
  format = formatOfName(name),
  charset,
}: FileToLoad): Promise<LoadedDocument> {
  const text = decodeBytes(bytes, format, charset);
  if (text !== null && isTextFormat(format)) return loadText({ text, format });
  const hint = format === 'pdf' ? 'Scanned pages must be made readable first.' : '';
  return checked({ format, ...(await parseBytes(bytes, format)) }, hint);
}

/**
 * The same for a text that came as characters. Line ends become `\n`, and a byte order mark is dropped. Plain text and Markdown
 * otherwise stay as they are; other formats become readable text.
 * @throws {AppError} `BAD_DOCUMENT`
 */
export async function loadText({ text, format }: TextToLoad): Promise<LoadedDocument> {
  if (text.includes('\0')) throw new AppError('BAD_DOCUMENT', 'The text holds a NUL character.');
  if (!text.isWellFormed())
    throw new AppError('BAD_DOCUMENT', 'The text holds half of a surrogate pair: it is not valid Unicode.');
  const source = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  return checked({ format, ...(await parseText(source, format)) }, '');
}

/** Each format's code is loaded when first needed, so that unused formats don't slow the start. */
async function parseText(source: string, format: TextFormat): Promise<Parsed> {
  switch (format) {
    case 'text':
      return (await import('./formats/text.ts')).loadPlainText(source);
    case 'markdown':
      return (await import('./formats/markdown.ts')).loadMarkdown(source);
    case 'html':
      return (await import('./formats/html.ts')).loadHtml(source);
    case 'csv':
      return (await import('./formats/csv.ts')).loadCsv(source);
    case 'json':
      return (await import('./formats/json.ts')).loadJson(source);
    case 'jsonl':
      return (await import('./formats/json-lines.ts')).loadJsonLines(source);
  }
}

async function parseBytes(bytes: Uint8Array, format: Format): Promise<Parsed> {
  if (format === 'docx') return (await import('./formats/docx.ts')).loadDocx(bytes);
  if (format === 'epub') return (await import('./formats/epub.ts')).loadEpub(bytes);
  return (await import('./formats/pdf.ts')).loadPdf(bytes);
}

function checked(document: LoadedDocument, hint: string): LoadedDocument {
  if (document.text.length > LONGEST_TEXT) throw new AppError('BAD_DOCUMENT', 'The document holds too much text.');
  if (document.text.trim() === '') throw new AppError('BAD_DOCUMENT', `The document holds no text. ${hint}`.trim());
  return {
    ...document,
    text: cleaned(document.text),
    title: document.title && cleaned(document.title),
    headings: document.headings.map((heading) => ({ ...heading, text: cleaned(heading.text) })),
  };
}

/**
 * Replaces NUL and lone surrogates, which escapes in JSON or XML can spell, and tag characters outside of flags, which spell words that a
 * model reads but no person sees: code unit by code unit, so that offsets stay valid.
 */
function cleaned(text: string): string {
  const readable = text.toWellFormed().replaceAll('\0', '\ufffd');
  if (!readable.includes(TAG_CHARACTERS_BEGIN)) return readable;
  return readable.replace(FLAG_OR_TAG, (found) => (found.startsWith(BLACK_FLAG) ? found : '\ufffd\ufffd'));
}
