import { inOneSpelling, spacelessLetter } from '../src/scripts.ts';

const spacelessLetters = new RegExp(spacelessLetter, 'gv');

/**
 * A text as SQuAD's official script compares it: lower case, no punctuation, no articles, single spaces. Each letter of a
 * script without spaces between words counts as a word, and each letter is the same however people write it.
 */
function normalized(text: string): string {
  return inOneSpelling(text)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s]/gu, '')
    .replace(/\b(?:a|an|the)\b/g, ' ')
    .replace(spacelessLetters, ' $& ')
    .replace(/\s+/g, ' ')
    .trim();
}

const wordsOf = (text: string) => normalized(text).split(' ').filter(Boolean);

/** Whether an answer is one of the right ones, but for case, punctuation and articles (Rajpurkar et al., SQuAD, 2016). */
export const isExact = (answer: string, rightOnes: string[]) =>
  rightOnes.some((right) => normalized(right) === normalized(answer));

/** The best F1 of an answer's words against a right one's (as in SQuAD), 0 to 1; long answers score low. */
export function bestF1(answer: string, rightOnes: string[]): number {
  const said = wordsOf(answer);
  return Math.max(
    0,
    ...rightOnes.map((right) => {
      const left = wordsOf(right);
      const expected = left.length;
      let shared = 0;
      for (const word of said) {
        const at = left.indexOf(word);
        if (at < 0) continue;
        shared += 1;
        left.splice(at, 1);
      }
      return shared === 0 ? 0 : (2 * shared) / (said.length + expected);
    }),
  );
}

/** Whether an answer holds one of the right ones as whole words. */
export const holdsOne = (answer: string, rightOnes: string[]) =>
  rightOnes.some((right) => normalized(right) !== '' && ` ${normalized(answer)} `.includes(` ${normalized(right)} `));
