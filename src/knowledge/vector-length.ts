import { AppError } from '../errors.ts';
import type { NewDocument } from './port.ts';

/**
 * The length of a new document's vectors.
 * @throws AppError MODEL_BAD_OUTPUT where they are not all of one length, or hold what is no number
 */
export function vectorLengthOf(document: NewDocument): number {
  const windows = document.passages.reduce((sum, passage) => sum + passage.windows.length, 0);
  const length = document.vectors.length / windows;
  if (!Number.isInteger(length) || length < 1 || !allFinite(document.vectors))
    throw new AppError('MODEL_BAD_OUTPUT', 'The embedding model returned vectors of unequal length or not of numbers.');
  return length;
}

/** What documents with vectors of another length than the store's are refused with. */
export const otherLength = (length: number, stored: number) =>
  new AppError('MODEL_BAD_OUTPUT', `The embedding model returned vectors of ${length}, not ${stored}, numbers.`);

/** Whether vectors hold nothing but numbers. A loop: `every` calls a function for each, and a search has some hundreds. */
export function allFinite(vectors: Float32Array): boolean {
  for (let at = 0; at < vectors.length; at += 1) if (!Number.isFinite(vectors[at])) return false;
  return true;
}
