import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Tiktoken } from 'js-tiktoken/lite';
import cl100k from 'js-tiktoken/ranks/cl100k_base';
import { createTokenCounter } from '../../src/ingest/tokens.ts';

const countTokens = createTokenCounter();

test('tokens are counted as js-tiktoken counts them', () => {
  const reference = new Tiktoken(cl100k);
  const word = fc.oneof(
    fc.lorem({ maxCount: 5 }),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom('漢字仮名', '\n\n', '   ', '😀', "don't", '12345'),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), (words) => {
      const text = words.join(' ').slice(0, 900).toWellFormed();
      assert.equal(countTokens(text), reference.encode(text, [], []).length);
    }),
    { seed: 4, numRuns: 150 },
  );
});

test('text that looks like a special token is counted as ordinary text', () => {
  assert.ok(countTokens('<|endoftext|>') > 1);
  assert.equal(countTokens(''), 0);
});

test('long texts, and long runs of one character, are counted without taking quadratic time', () => {
  assert.equal(countTokens('word '.repeat(50_000).trim()), 50_000);
  for (const run of ['a', '漢', ' ', '\n', '😀', '.', '\u0301']) assert.ok(countTokens(run.repeat(300_000)) > 0);
  const random = Array.from({ length: 300_000 }, (_, index) =>
    String.fromCharCode(97 + ((Math.imul(index, 2_654_435_761) >>> 13) % 26)),
  );
  assert.ok(countTokens(random.join('')) > 100_000);
});
