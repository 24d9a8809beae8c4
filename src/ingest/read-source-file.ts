import { open } from 'node:fs/promises';
import { AppError } from '../errors.ts';
import { formatOfName } from './format.ts';

const MIB = 1_024 * 1_024;
/** What is larger can't be read in a parser's memory. */
const LARGEST_MIB = 256;

/**
 * The bytes of a file to ingest. A file of another kind, or one that is too large, is not read: a folder may hold films.
 * @throws {AppError} `UNSUPPORTED_FORMAT` by the ending of its name; `TOO_LARGE`; `BAD_INPUT` where it can't be read
 */
export async function readSourceFile(path: string): Promise<Uint8Array> {
  formatOfName(path);
  try {
    await using file = await open(path);
    if ((await file.stat()).size > LARGEST_MIB * MIB)
      throw new AppError('TOO_LARGE', `The file is larger than ${LARGEST_MIB} MiB.`);
    return await file.readFile();
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('BAD_INPUT', `The file can't be read (${(cause as NodeJS.ErrnoException).code}).`, { cause });
  }
}
