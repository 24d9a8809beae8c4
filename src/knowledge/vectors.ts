import { AppError } from '../errors.ts';
import type { NewDocument } from './port.ts';

/**
 * The length of a new document's vectors.
 * @throws AppError MODEL_BAD_OUTPUT where they aren't all of one length, or hold a value that isn't finite
 */
export function vectorLengthOf(document: NewDocument): number {
  const windows = document.passages.reduce((sum, passage) => sum + passage.windows.length, 0);
  const length = document.vectors.length / windows;
  if (!Number.isInteger(length) || length < 1 || !allFinite(document.vectors))
    throw new AppError('MODEL_BAD_OUTPUT', 'The embedding model returned vectors of unequal length or not of numbers.');
  return length;
}

/** The refusal of vectors that have another length than the store's. */
export const unexpectedLength = (length: number, stored: number) =>
  new AppError('MODEL_BAD_OUTPUT', `The embedding model returned vectors of ${length}, not ${stored}, numbers.`);

/** Whether all values are finite. A loop, because `every` calls a function for each of the hundreds of values in a search. */
export function allFinite(vectors: Float32Array): boolean {
  for (let at = 0; at < vectors.length; at += 1) if (!Number.isFinite(vectors[at])) return false;
  return true;
}

/** The vectors of passages in one array, one after another. */
export function joinVectors(passages: { vectors: Float32Array }[]): Float32Array<ArrayBuffer> {
  const together = new Float32Array(passages.reduce((length, { vectors }) => length + vectors.length, 0));
  let at = 0;
  for (const { vectors } of passages) {
    together.set(vectors, at);
    at += vectors.length;
  }
  return together;
}

/** The vectors of passages as one array, if that is what they are taken from: those of a new document are. */
export function oneAfterAnother(passages: { vectors: Float32Array }[]): Float32Array | undefined {
  const { buffer, byteOffset } = passages[0]?.vectors ?? new Float32Array();
  let length = 0;
  for (const { vectors } of passages) {
    if (vectors.buffer !== buffer || vectors.byteOffset !== byteOffset + length * 4) return undefined;
    length += vectors.length;
  }
  return new Float32Array(buffer, byteOffset, length);
}
