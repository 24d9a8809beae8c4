import { loweredDigits, raisedDigits } from './raised.ts';

// How the parts of formulas are written on one line.

/** What is raised: c², 2^k, 2^(k+1). */
export const power = (text: string): string => (text === '' ? '' : (raisedDigits(text, '') ?? `^${grouped(text)}`));

/** What is lowered: x₁, x_k. */
export const index = (text: string): string => (text === '' ? '' : (loweredDigits(text) ?? `_${grouped(text)}`));

/** What stands above or below a line, or under a root: in brackets where it is more than a word or number. */
export const grouped = (text: string): string => (/^[\p{L}\p{N}.]*$/u.test(text) ? text : `(${text})`);

/** What stands between two parts of a formula, one of them a fraction: a space where they would be read as one number, as in 2 1/2. */
export const gapBetween = (before: string, after: string): string =>
  /[\p{L}\p{N}]$/u.test(before.slice(-2)) && /^[\p{L}\p{N}]/u.test(after) ? ' ' : '';
