/** Larger numbers are written in digits: letters would repeat too often (aa, bbb), and there are no larger Roman numerals. */
const LARGEST_IN_LETTERS = 26 * 4;
const LARGEST_ROMAN = 3_999;
const ROMAN: [string, number][] = Object.entries({
  m: 1_000,
  cm: 900,
  d: 500,
  cd: 400,
  c: 100,
  xc: 90,
  l: 50,
  xl: 40,
  x: 10,
  ix: 9,
  v: 5,
  iv: 4,
  i: 1,
});

/** A whole number in lower-case letters, as in lists: a to z, then aa, bb and so on up to zzzz; in digits beyond. */
export function inLetters(number: number): string {
  if (number < 1 || number > LARGEST_IN_LETTERS) return String(number);
  const letter = String.fromCharCode(97 + ((number - 1) % 26));
  return letter.repeat(Math.ceil(number / 26));
}

/** A whole number in lower-case Roman numerals; in digits where there is none. */
export function inRoman(number: number): string {
  if (number < 1 || number > LARGEST_ROMAN) return String(number);
  let left = number;
  let written = '';
  for (const [letters, value] of ROMAN) {
    written += letters.repeat(Math.floor(left / value));
    left %= value;
  }
  return written;
}
