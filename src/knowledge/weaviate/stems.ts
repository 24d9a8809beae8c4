import { stemmer } from 'stemmer';

/** The words of a text in order, without case, diacritics, and the soft hyphens that only say where a word may be broken. */
export const tokensOf = (text: string): string[] =>
  text
    .replaceAll('\u00ad', '')
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .match(/[\p{L}\p{N}]+/gu) ?? [];

/**
 * The words of a text in order, in the form in which they are compared: without endings too (Porter's stemmer), as the embedded
 * store's full text has them.
 */
export const stemsOf = (text: string): string[] => tokensOf(text).map(stemmer);
