import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FormField, fieldsByPage, withFieldValues } from '../../../src/ingest/formats/pdf-fields.ts';

const words = (str: string, left: number, baseline: number) => ({
  ...{ str, width: 40, height: 12, hasEOL: true, fontName: 'f', dir: 'ltr' },
  transform: [12, 0, 0, 12, left, baseline],
});
/** What is read of a form whose only words are a label, left of its fields. */
const read = (...fields: FormField[]) => withFieldValues([words('Colours', 50, 100)], fields).map(({ str }) => str);
const rect = [100, 95, 200, 115];

test('a field is read if it shows a text', () => {
  const shown = { rect, value: 'red' };
  for (const type of ['text', 'combobox', 'listbox'])
    assert.deepEqual(read({ ...shown, type }), ['Colours', ' ', 'red'], type);
  assert.deepEqual(read({ ...shown, type: 'listbox', value: ['red', 'blue', 3] }), ['Colours', ' ', 'red, blue']);
  assert.deepEqual(read({ ...shown, type: 'text', value: ' red ' }), ['Colours', ' ', 'red']);
  for (const unread of [
    ...[
      { type: 'button' },
      { type: 'signature' },
      { value: ' ' },
      { value: null },
      { hidden: true },
      { password: true },
    ],
    ...[{ rect: null }, { rect: [100, 95, 100, 115] }, { rect: [100, 95, 200, 95] }],
  ])
    assert.deepEqual(read({ type: 'text', ...shown, ...unread }), ['Colours'], JSON.stringify(unread));
});

test('a tick stands beside the words that are nearest to it, a text after those before it', () => {
  const line = [words('Yes', 50, 100), words('No', 190, 100)];
  const filled = (field: FormField) => withFieldValues(line, [field]).map(({ str }) => str);
  const tick = { type: 'checkbox', value: 'on', exportValues: 'on' };
  assert.deepEqual(filled({ ...tick, rect: [95, 95, 105, 110] }), ['Yes', ' ', '☑', 'No']);
  assert.deepEqual(filled({ ...tick, rect: [175, 95, 185, 110] }), ['Yes', '☑', ' ', 'No']);
  assert.deepEqual(filled({ ...tick, value: 'Off', rect: [175, 95, 185, 110] }), ['Yes', '☐', ' ', 'No']);
  assert.deepEqual(
    filled({ type: 'radiobutton', value: 'Off', exportValues: 'Off', rect: [175, 95, 185, 110] })[1],
    '☐',
  );
  assert.deepEqual(filled({ type: 'text', value: 'x', rect: [175, 95, 185, 110] }), ['Yes', ' ', 'x', 'No']);
  // Without words on its line: before what is lower.
  assert.deepEqual(filled({ type: 'text', value: 'x', rect: [95, 195, 105, 210] }), [' ', 'x', 'Yes', 'No']);
  assert.deepEqual(filled({ type: 'text', value: 'x', rect: [95, 5, 105, 20] }), ['Yes', 'No', ' ', 'x']);
});

test('fields belong to their pages, and of very many on one page the first are read', () => {
  const field = { type: 'text', value: 'x', rect };
  const pages = fieldsByPage({ one: [{ ...field, page: 1 }, field], other: [{ ...field, page: 1 }] });
  assert.deepEqual(
    [...pages].map(([page, fields]) => [page, fields.length]),
    [
      [1, 2],
      [0, 1],
    ],
  );
  assert.equal(fieldsByPage(null).size, 0);
  assert.equal(read(...Array(501).fill(field)).filter((str) => str === 'x').length, 500);
});
