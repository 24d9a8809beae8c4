import { loweredDigits, raisedDigits } from './raised.ts';

// How the parts of formulas are written on one line.

/** Writes what is raised: c², 2^k, 2^(k+1). */
export const power = (text: string): string => (text === '' ? '' : (raisedDigits(text, '') ?? `^${grouped(text)}`));

/** Writes what is lowered: x₁, x_k. */
export const index = (text: string): string => (text === '' ? '' : (loweredDigits(text) ?? `_${grouped(text)}`));

/** Writes a numerator, a denominator or what is under a root: in brackets where it is more than a word or number. */
export const grouped = (text: string): string => (/^[\p{L}\p{N}.]*$/u.test(text) ? text : `(${text})`);

/** What goes between two parts of a formula, one of them a fraction: a space where they would run together, as in 2 1/2. */
export const gapBetween = (before: string, after: string): string =>
  /[\p{L}\p{N}]$/u.test(before.slice(-2)) && /^[\p{L}\p{N}]/u.test(after) ? ' ' : '';
