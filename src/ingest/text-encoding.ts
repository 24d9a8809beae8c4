import { isAscii, isUtf8 } from 'node:buffer';
import { encodingOf } from '../charset.ts';
import { AppError } from '../errors.ts';

/** HTML must declare its encoding within its first kilobyte. */
const DECLARED_WITHIN_BYTES = 1_024;
const DECLARED_IN_HTML = /<meta\s[^<>]{0,200}\bcharset\s{0,9}=\s{0,9}["']?([\w-]{1,40})/i;
const DECLARED_IN_XML = /^<\?xml\s[^<>]{0,100}\bencoding\s{0,9}=\s{0,9}["']([\w-]{1,40})/i;
const UTF8_MARK = Buffer.from('\ufeff');
/** Begins each change of the character set in ISO-2022-JP, which is spelled in ASCII. */
const ESCAPE = 0x1b;

/** The UTF-16 variant that a byte order mark shows, if any; Windows writes such files for "Unicode" text. */
function utf16Of(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : null;
}

/**
 * The encoding that the bytes of a text show of themselves, whatever is said of them: UTF-8 or UTF-16 by its mark, or UTF-8 by being valid:
 * text in another encoding is no valid UTF-8, except where that is spelled in ASCII or holds NUL bytes.
 * @returns null where they show none
 */
export function shownEncoding(bytes: Uint8Array): string | null {
  const isPlain = isUtf8(bytes) && !bytes.includes(0) && !(bytes.includes(ESCAPE) && isAscii(bytes));
  return isPlain || UTF8_MARK.equals(bytes.subarray(0, UTF8_MARK.length)) ? 'utf-8' : utf16Of(bytes);
}

/**
 * Decodes a text: in the encoding that it shows of itself; else, for HTML, in the one it declares; else in the given charset. Nothing is
 * guessed, since a wrong guess would alter words that are quoted later.
 * @throws {AppError} `BAD_DOCUMENT` where it is not valid in that encoding, or holds a NUL byte
 */
export function decodeText(bytes: Uint8Array, format: string, charset?: string): string {
  const declared = format === 'html' ? declaredEncoding(bytes) : null;
  const encoding = shownEncoding(bytes) ?? declared ?? charset ?? 'utf-8';
  if (!encoding.startsWith('utf-16') && bytes.includes(0)) {
    const way = 'If it is UTF-16, save it as UTF-8 and try again.';
    throw new AppError('BAD_DOCUMENT', `The file holds a NUL byte, so it is not ${format}. ${way}`);
  }
  const how = format === 'csv' ? ' (in Excel: “CSV UTF-8”)' : '';
  return decodeAs(encoding, bytes, encoding === 'utf-8' ? `${how}, or give its charset,` : '');
}

/**
 * Decodes XML or HTML within an archive, in the encoding that it shows or else declares, or else the given one.
 * @throws {AppError} `BAD_DOCUMENT`
 */
export function decodeMarkup(bytes: Uint8Array, charset = 'utf-8'): string {
  const encoding = shownEncoding(bytes) ?? declaredEncoding(bytes) ?? charset;
  return encoding.startsWith('utf-16') ? new TextDecoder(encoding).decode(bytes) : decodeAs(encoding, bytes);
}

/** The encoding that HTML or XML declares, as Word and older programs do; null where that is none that works. */
function declaredEncoding(bytes: Uint8Array): string | null {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(
    'latin1',
    0,
    DECLARED_WITHIN_BYTES,
  );
  const encoding = encodingOf((DECLARED_IN_HTML.exec(head) ?? DECLARED_IN_XML.exec(head))?.[1] ?? '');
  // A declaration that could be read byte by byte can't be in UTF-16.
  return encoding?.startsWith('utf-') ? null : encoding;
}

function decodeAs(encoding: string, bytes: Uint8Array, how = ''): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    const message = `The file is not valid ${encoding.toUpperCase()}. Save it as UTF-8${how} and try again.`;
    throw new AppError('BAD_DOCUMENT', message, { cause });
  }
}
