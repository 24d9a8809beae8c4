/** Beyond these a number is written in digits: letters repeat (aa, bbb), and Romans wrote none larger. */
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

/** A whole number in small letters, as lists are numbered: a to z, then aa; in digits where it has no letter. */
export function inLetters(number: number): string {
  if (number < 1 || number > LARGEST_IN_LETTERS) return String(number);
  const letter = String.fromCharCode(97 + ((number - 1) % 26));
  return letter.repeat(Math.ceil(number / 26));
}

/** A whole number in small Roman numerals; in digits where it has none. */
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
