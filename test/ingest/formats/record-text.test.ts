import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecordText } from '../../../src/ingest/formats/record-text.ts';

test('short records form a table, and long ones stand apart with a line for each field', () => {
  const records = createRecordText();
  const long = 'x'.repeat(390);
  records.add([
    { name: ' A\n b ', value: '1' },
    { name: '', value: '2' },
  ]);
  records.add([{ name: 'a', value: long }]); // just fits
  records.add(
    [
      { name: 'a', value: long },
      { name: 'b', value: ' 1\r\n2 ' },
    ],
    'path',
  );
  records.add([]);
  records.add([{ name: 'n'.repeat(200), value: '3' }]);
  records.gap();
  records.add([{ name: 'a', value: '4' }], 'path');
  records.add([{ name: '', value: `${long}${long}` }]);
  const { text, blocks, breaks } = records.finish();
  const lines = [
    ...['A b: 1; 2', `a: ${long}`, '', `path.a: ${long}`, 'path.b: 1\n2', '', `${'n'.repeat(100)}: 3`, ''],
    ...['path: a: 4', '', `${long}${long}`],
  ];
  assert.equal(text, lines.join('\n'));
  assert.deepEqual(
    blocks.map(({ kind, start, end }) => [kind, text.slice(start, end)]),
    [
      ['table', lines.slice(0, 2).join('\n')],
      ['table', lines[6]],
      ['table', lines[8]],
    ],
  );
  const begun = breaks.map((at) => text.slice(at).split('\n', 1)[0]!);
  assert.deepEqual(
    begun,
    lines.flatMap((line) => (line === '' ? [] : line.split('\n', 1))),
  );
});

test('a record whose names make it too long for a line is no line', () => {
  for (const [length, tables] of [
    [396, 1],
    [397, 0],
  ] as const) {
    const records = createRecordText();
    records.add([{ name: 'ab', value: 'x'.repeat(length) }]);
    const { text, blocks } = records.finish();
    assert.deepEqual([text, blocks.length], [`ab: ${'x'.repeat(length)}`, tables]);
  }
});
