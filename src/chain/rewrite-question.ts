import { readWords } from '../ranking/words.ts';

/**
 * A question reworded for a second search: its content words in their order, without those that only ask. A question
 * without content words stays as it is.
 */
export function rewriteQuestion(question: string): string {
  const words = readWords(question).flatMap(({ text, common }) => (common ? [] : [text]));
  return words.length === 0 ? question : words.join(' ');
}
