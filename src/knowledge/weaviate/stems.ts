import { stemmer } from 'stemmer';

/** The words of a text in order, in lower case, without diacritics and soft hyphens. */
export const tokensOf = (text: string): string[] =>
  text
    .replaceAll('\u00ad', '')
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .match(/[\p{L}\p{N}]+/gu) ?? [];

/**
 * The stems of a text's words in order, by Porter's stemmer: the form in which words are compared, as in the embedded store's full
 * text.
 */
export const stemsOf = (text: string): string[] => tokensOf(text).map(stemmer);
