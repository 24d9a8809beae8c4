import { AppError } from '../errors.ts';
import type { NewDocument } from './port.ts';

/**
 * The length of a new document's vectors.
 * @throws AppError MODEL_BAD_OUTPUT where they are not all of one length, or hold what is no number
 */
export function vectorLengthOf(document: NewDocument): number {
  const windows = document.passages.reduce((sum, passage) => sum + passage.windows.length, 0);
  const length = document.vectors.length / windows;
  if (!Number.isInteger(length) || length < 1 || !document.vectors.every(Number.isFinite))
    throw new AppError('MODEL_BAD_OUTPUT', 'The embedding model returned vectors of unequal length or not of numbers.');
  return length;
}

/** What documents with vectors of another length than the store's are refused with. */
export const otherLength = (length: number, stored: number) =>
  new AppError('MODEL_BAD_OUTPUT', `The embedding model returned vectors of ${length}, not ${stored}, numbers.`);
