import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentStems, readWords } from '../../src/ranking/words.ts';

test('words are the same however their accents are encoded, with soft hyphens or without', () => {
  for (const [one, other] of [
    ['le résumé, l’été', 'le re\u0301sume\u0301, l’e\u0301te\u0301'],
    ['two-year warranties', 'two-year war\u00adran\u00adties'],
  ] as const)
    assert.deepEqual(contentStems(one), contentStems(other));
});

test('each word has the place where it begins, its text as it stands there, and its stem', () => {
  const words = readWords('A war\u00adranty of 1,024 days, it’s said');
  assert.deepEqual(
    words.map(({ text, start, stem }) => [text, start, stem]),
    [
      ['A', 0, 'a'],
      ['war\u00adranty', 2, 'warranti'],
      ['of', 12, 'of'],
      ['1,024', 15, '1024'],
      ['days', 21, 'day'],
      ['it’s', 27, 'it'],
      ['said', 32, 'said'],
    ],
  );
});
