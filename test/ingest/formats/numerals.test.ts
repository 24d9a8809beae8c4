import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inLetters, inRoman } from '../../../src/ingest/formats/numerals.ts';

test('numbers are written in letters up to zzzz, as lists have them, and in digits beyond', () => {
  assert.deepEqual([1, 2, 26, 27, 28, 52, 53, 104, 105, 0, -1].map(inLetters), [
    'a',
    'b',
    'z',
    'aa',
    'bb',
    'zz',
    'aaa',
    'zzzz',
    '105',
    '0',
    '-1',
  ]);
});

test('numbers are written in Roman numerals up to the largest there is, and in digits beyond', () => {
  const values: Record<string, number> = { i: 1, v: 5, x: 10, l: 50, c: 100, d: 500, m: 1_000 };
  const read = (roman: string) =>
    Array.from(roman, (letter) => values[letter]!).reduce(
      (sum, value, at, all) => sum + (value < (all[at + 1] ?? 0) ? -value : value),
      0,
    );
  const well = /^m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})$/;
  for (let number = 1; number < 4_000; number += 1) {
    const roman = inRoman(number);
    assert.match(roman, well);
    assert.equal(read(roman), number);
  }
  assert.deepEqual([4_000, 0, -1].map(inRoman), ['4000', '0', '-1']);
});
