import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AIMessageChunk } from '@langchain/core/messages';
import fc from 'fast-check';
import { readText } from '../../src/chain/answer.ts';
import { createToldText } from '../../src/chain/told-text.ts';

/** Texts made of what is hard about them. */
const piece = fc.constantFrom(
  ...[
    '<think>',
    '</think>',
    '<thinking>',
    '</thinking>',
    '<',
    '<t',
    '>',
    ' ',
    '\n',
    'I ',
    "I don't know",
    'do not ',
    'know',
  ],
  ...['It was 1904. ', 'a', 'é', '😀'],
);

test('however an answer is cut into tokens, what was told is the finished answer in the end', () => {
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 5 })),
      (pieces, cuts) => {
        const raw = pieces.join('');
        const answer = readText(new AIMessageChunk(raw));
        const told = createToldText();
        let text = '';
        for (let at = 0; at < raw.length; ) {
          const length = cuts.next().value!;
          text += told.add(raw.slice(at, at + length));
          at += length;
          assert.ok(answer.startsWith(text), `told too early: ${JSON.stringify(text)} of ${JSON.stringify(answer)}`);
        }
        assert.equal(text + told.finish(answer), answer);
      },
    ),
    { seed: 1904, numRuns: 2000 },
  );
});

test('an abstention is held back until its own words are known; what was told wrongly is set right', () => {
  const told = createToldText();
  for (const token of ['“I', ' don', '’t', ' know', '.', ' Sorry', '!']) assert.equal(told.add(token), '');
  assert.equal(told.finish('Nothing about that here.'), 'Nothing about that here.');
  const other = createToldText();
  assert.equal(other.add('It was '), 'It was');
  assert.equal(other.finish('Nothing.'), '\n\nNothing.');
});
