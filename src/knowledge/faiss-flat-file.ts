import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { AppError } from '../errors.ts';

/** The first four bytes of a flat index: by squared distance, by inner product, by another metric. */
const flatKinds = ['IxF2', 'IxFI', 'IxFl'];
const mostDimensions = 65_536;

export type FlatFile = ReturnType<typeof openFlatFile>;

/**
 * Opens a flat index that FAISS wrote. FAISS itself trusts every size that such a file states, so the file is read here, never beyond
 * its end. Its layout, little endian: kind (4 characters), dimension (int32), count (int64), two unused words (int64 each), whether it
 * is trained (1 byte), metric (int32), the metric's argument where the metric is above 1 (float32), the number of floats (int64), and
 * the floats. https://github.com/facebookresearch/faiss/blob/main/faiss/impl/index_write.cpp
 * @returns a reader of its vectors, which the caller closes
 * @throws AppError BAD_DOCUMENT where it is of another kind, or its sizes contradict each other
 */
export function openFlatFile(file: string) {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const head = readAt(descriptor, 0, Math.min(size, 49));
    const refuse = (what: string) => new AppError('BAD_DOCUMENT', `${file} can't be used: ${what}.`);
    if (head.length < 45) throw refuse('it is too short for an index of FAISS');
    const kind = head.toString('latin1', 0, 4);
    if (!flatKinds.includes(kind)) {
      const shown = /^I[A-Za-z0-9]{3}$/.test(kind) ? `an index of the kind ${kind}` : 'no index of FAISS';
      throw refuse(`it is ${shown}, and only a flat one (${flatKinds.join(', ')}) holds the vectors as they were`);
    }
    const dimension = head.readInt32LE(4);
    const count = head.readBigInt64LE(8);
    const metric = head.readInt32LE(33);
    const headLength = metric > 1 ? 49 : 45;
    if (head.length < headLength) throw refuse('it ends within its head');
    const floats = head.readBigInt64LE(headLength - 8);
    if (dimension < 1 || dimension > mostDimensions) throw refuse(`it states vectors of ${dimension} numbers`);
    if (count < 0n || floats !== count * BigInt(dimension))
      throw refuse(`it states ${count} vectors of ${dimension} numbers, and ${floats} numbers`);
    if (BigInt(size) !== BigInt(headLength) + floats * 4n)
      throw refuse(`it has ${size} bytes, and ${BigInt(headLength) + floats * 4n} are what it states`);

    return {
      dimension,
      count: Number(count),
      /** The vector at this place as it was written: its length (norm) may be anything, and its values may be NaN. */
      vector(at: number): Float32Array {
        if (!Number.isInteger(at) || at < 0 || at >= Number(count)) throw refuse(`it has no vector ${at}`);
        const bytes = readAt(descriptor, headLength + at * dimension * 4, dimension * 4);
        return Float32Array.from({ length: dimension }, (_, place) => bytes.readFloatLE(place * 4));
      },
      close: () => closeSync(descriptor),
    };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function readAt(descriptor: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const read = readSync(descriptor, bytes, done, length - done, position + done);
    if (read === 0) throw new AppError('BAD_DOCUMENT', 'The index of FAISS became shorter while it was read.');
    done += read;
  }
  return bytes;
}
