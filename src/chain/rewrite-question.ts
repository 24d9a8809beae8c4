import { readWords } from '../ranking/words.ts';

/**
 * A question put otherwise for a second search: the words that tell what it is about, in their order, without those that only
 * ask. A question without such words stays as it is.
 */
export function rewriteQuestion(question: string): string {
  const telling = readWords(question).flatMap(({ text, common }) => (common ? [] : [text]));
  return telling.length === 0 ? question : telling.join(' ');
}
