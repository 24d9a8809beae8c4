import { stemmer } from 'stemmer';
import { toSearchableWords } from '../../scripts.ts';

const withoutDiacritics = (text: string): string[] =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .match(/[\p{L}\p{N}]+/gu) ?? [];

/** The words of a text in order, in lower case, in one spelling and without diacritics. */
export const tokensOf = (text: string): string[] => withoutDiacritics(toSearchableWords(text.toLowerCase()));

/**
 * The stems of a text's words in order, by Porter's stemmer: the form in which words are compared, as in the embedded store's full
 * text.
 */
export const stemsOf = (text: string): string[] => tokensOf(text).map(stemmer);

/** The same for words that were read from a text in one spelling (`wordsOf`). */
export const stemsOfWords = (words: string[]): string[] => withoutDiacritics(words.join(' ')).map(stemmer);
