import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layOutPage, type TextItem } from '../../../src/ingest/formats/pdf-layout.ts';

/** A line of code in letters of ten points that are six wide, or of prose, whose letters differ. */
const code = (y: number, column: number, text: string, font = 'code'): TextItem => ({
  str: text,
  transform: [10, 0, 0, 10, 72 + 6 * column, y],
  width: 6 * text.length,
  height: 10,
  hasEOL: true,
  fontName: font,
});
const prose = (y: number, text: string, width: number): TextItem => ({ ...code(y, 0, text, 'prose'), width });
const paragraph = [
  prose(760, 'What follows shows how the library is used by those', 240),
  prose(748, 'who want to read a file line by line.', 180),
];

test('lines of code stay lines, with their indents and the spaces within them', () => {
  const lines = [
    code(700, 0, 'def read(path, encoding="utf-8", errors="strict"):'),
    code(688, 4, 'with open(path, encoding=encoding, errors=errors) as f:'),
    code(676, 8, 'yield from f'),
    { ...code(664, 0, '+'), hasEOL: false },
    { ...code(664, 1, ' '), width: 18, hasEOL: false },
    code(664, 4, 'return None'),
  ];
  assert.equal(
    layOutPage([...paragraph, ...lines]),
    [
      'What follows shows how the library is used by those who want to read a file line by line.',
      '',
      'def read(path, encoding="utf-8", errors="strict"):',
      '    with open(path, encoding=encoding, errors=errors) as f:',
      '        yield from f',
      '+   return None',
    ].join('\n'),
  );
});

test('a page written on a typewriter is prose, and so are lines whose font has few words or digits alone', () => {
  const typed = [
    code(700, 0, 'The parish paid for the repair of the bridge in'),
    code(688, 0, 'the year of the flood, and asked nobody else to'),
    code(676, 0, 'share in it.'),
  ];
  assert.equal(layOutPage(typed).includes('\n'), false);
  assert.equal(layOutPage([...paragraph, ...typed.slice(0, 2)]).split('\n').length, 3);
  const figures = [700, 688, 676, 664].map((y, at) => code(y, 0, `${1901 + at} 4${at}07 1${at}22`, 'figures'));
  assert.equal(layOutPage([...paragraph, ...figures]).split('\n').length, 3);
});

test('dots that lead to a page number are one sign', () => {
  const line = { ...prose(700, 'Basics . . . . . . . . . . . . . 56', 300), fontName: 'prose' };
  assert.equal(layOutPage([line]), 'Basics … 56');
  assert.equal(layOutPage([{ ...line, str: 'Name: ..............' }]), 'Name: …');
  assert.equal(layOutPage([{ ...line, str: 'And so on ...' }]), 'And so on ...');
});
