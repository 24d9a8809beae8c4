import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layOutPage, type TextItem } from '../../../src/ingest/formats/pdf-layout.ts';

/** An item of text in letters of ten points, each of which is five points wide, that begins at `x`. */
const item = (str: string, x: number, { y = 700, size = 10 } = {}): TextItem => ({
  str,
  transform: [size, 0, 0, size, x, y],
  width: str.length * size * 0.5,
  height: size,
  hasEOL: false,
});
/** Two items of which the second begins under the last letter of the first. */
const under = (first: string, second: string, y = 700) => [
  item(first, 72),
  item(second, 72 + (first.length - 1) * 5 - 0.2, { y }),
];

test('a letter over which an accent was drawn before it is one letter', () => {
  for (const [first, second, text] of [
    ['Schr¨', 'odinger', 'Schrödinger'],
    ['caf´', 'e', 'café'],
    ['Fran¸', 'cois', 'François'],
    ['na¨', 'ıve', 'naïve'],
    ['Erd˝', 'os', 'Erdős'],
    ['voil`', 'a', 'voilà'],
    ['Dvoˇ', 'r´ak', 'Dvoř´ak'],
    ['¨', 'Uber', 'Über'],
    // There is no such letter, or no accent.
    ['the ˆ', 'β', 'the ˆβ'],
    ['4 ~', 'x', '4 ~x'],
  ] as const)
    assert.equal(layOutPage(under(first, second)), text);
  assert.equal(layOutPage(under('the ¨', 'Ubung', 698)), 'the Übung');
});

test('an accent beside a letter is a sign of its own', () => {
  assert.equal(layOutPage([item('the `', 72), item('a', 97)]), 'the `a');
  assert.equal(layOutPage([item('´', 72), item(' ', 77), item('e', 82)]), '´ e');
});

test('the number of a footnote stands apart from its first word', () => {
  const note = (text: string, mark = '1') => layOutPage([item(mark, 72, { y: 704, size: 6 }), item(text, 75)]);
  assert.equal(note('See the annex.'), '¹ See the annex.');
  assert.equal(note('“No.”', '12'), '¹² “No.”');
  assert.equal(note('He', '4'), '4He');
  assert.equal(note('See the annex.', 'a'), 'aSee the annex.');
  assert.equal(layOutPage([item('1', 72), item('See', 77)]), '1See');
});

test('a sentence does not go on behind a footnote at the end of a column', () => {
  const column = [
    { ...item('2', 72, { y: 104, size: 6 }) },
    { ...item('The annex says more of it, and of what else there', 75, { y: 100 }), hasEOL: true },
    item('is to pay is told here.', 400, { y: 700 }),
  ];
  assert.equal(layOutPage(column).split('\n\n').length, 2);
});
