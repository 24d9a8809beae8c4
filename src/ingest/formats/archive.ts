import { isAscii, isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl';
import { AppError } from '../../errors.ts';
import { decodeMarkup } from '../text-encoding.ts';

/** Books with a picture on every page have a few thousand. */
const MOST_ENTRIES = 10_000;
/** Declared by all entries together; pictures count, though they are never unpacked. */
const LARGEST_DECLARED_BYTES = 1_024 * 1_024 * 1_024;
/** Read from one archive in all. A book of a thousand pages has two megabytes. */
const LARGEST_READ_BYTES = 64 * 1_024 * 1_024;
/** An entry that unpacks to more than this may be at most `HIGHEST_RATIO` times its packed size. Real XML stays below 60. */
const RATIO_FROM_BYTES = 8 * 1_024 * 1_024;
const HIGHEST_RATIO = 200;

/** A ZIP archive in memory. Nothing of it is ever written to disk. */
export type Archive = {
  has(name: string): boolean;
  /** The text of an entry: UTF-8, UTF-16 with a byte order mark, or in the encoding that it declares as XML or HTML. Entries that aren't there are empty. */
  readText(name: string): Promise<string>;
  /** The bytes of an entry; none where it isn't there. */
  readBytes(name: string): Promise<Buffer>;
};

/**
 * Opens a ZIP archive with yauzl, which reads the central directory alone, and guards it: the number of entries, their declared sizes and
 * ratios are limited before anything is unpacked, and no entry may unpack to more than it declared.
 * @throws {AppError} `BAD_DOCUMENT`, also from `readText`, for an archive that is damaged or encrypted, has too many entries, a name that
 * occurs twice or isn't a relative path, or would unpack to too much.
 */
export async function openArchive(bytes: Uint8Array): Promise<Archive> {
  const archive = await translated(() =>
    fromBufferPromise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), { autoClose: false }),
  );
  const entries = await translated(() => readEntries(archive));
  let budget = LARGEST_READ_BYTES;

  async function readBytes(name: string): Promise<Buffer> {
    const entry = entries.get(name.normalize());
    if (!entry) return Buffer.alloc(0);
    budget -= entry.uncompressedSize;
    if (budget < 0) throw tooLarge();
    return translated(async () => collect(await archive.openReadStreamPromise(entry)));
  }

  return {
    has: (name) => entries.has(name.normalize()),
    readText: async (name) => decodeMarkup(await readBytes(name)),
    readBytes,
  };
}

async function readEntries(archive: ZipFile): Promise<Map<string, Entry>> {
  if (archive.entryCount > MOST_ENTRIES)
    throw new AppError('BAD_DOCUMENT', `The file is an archive of more than ${MOST_ENTRIES} entries.`);
  const entries = new Map<string, Entry>();
  let declaredBytes = 0;
  for await (const entry of archive.eachEntry()) {
    const { compressedSize, uncompressedSize } = entry;
    const name = nameOf(entry);
    if (entry.isEncrypted())
      throw new AppError('BAD_DOCUMENT', 'The file needs a password. Save it without one and try again.');
    if (entries.has(name)) throw new AppError('BAD_DOCUMENT', 'The file is an archive with two entries of one name.');
    declaredBytes += uncompressedSize;
    const isBomb = uncompressedSize > RATIO_FROM_BYTES && uncompressedSize > compressedSize * HIGHEST_RATIO;
    if (isBomb || declaredBytes > LARGEST_DECLARED_BYTES) throw tooLarge();
    entries.set(name, entry);
  }
  return entries;
}

/** An entry's name, whose letters macOS takes apart (ü), and which it writes in UTF-8 without saying so. */
function nameOf({ fileName, fileNameRaw }: Entry): string {
  const isUnsaid = !isAscii(fileNameRaw) && isUtf8(fileNameRaw);
  return (isUnsaid ? fileNameRaw.toString().replaceAll('\\', '/') : fileName).normalize();
}

/** yauzl fails where an entry unpacks to more or less than it declares, so the budget holds. */
async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Translates yauzl's errors, which may name entries and so are only kept as the cause. */
async function translated<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const isPath = cause instanceof Error && /absolute path|relative path|invalid characters/.test(cause.message);
    const message = isPath ? 'The file is an archive with names that lead out of it.' : 'The file is damaged.';
    throw new AppError('BAD_DOCUMENT', message, { cause });
  }
}

const tooLarge = () => new AppError('BAD_DOCUMENT', 'The file unpacks to far too much.');
