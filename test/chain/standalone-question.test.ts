import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withEarlierWords } from '../../src/chain/standalone-question.ts';
import { countCalls } from '../doubles/count-calls.ts';

const rewrite = (question: string, ...earlier: string[]) =>
  withEarlierWords({
    question,
    history: earlier.flatMap((text) => [
      { role: 'user' as const, text },
      { role: 'assistant' as const, text: 'Granite.' },
    ]),
  });

test('without a model, a question that refers to the conversation is put after the subject it refers to', () => {
  for (const [earlier, question, expected] of [
    [
      ['When was the tower of Cape Alder rebuilt?'],
      'Who was its keeper?',
      'tower Cape Alder rebuilt: Who was its keeper?',
    ],
    // What was asked for is not what is talked about.
    [
      ['How many epochs did the digit network need?'],
      'And which learning rate?',
      'digit network need: And which learning rate?',
    ],
    [['What is the M/M/1 queue?'], 'Why?', 'M/M/1 queue: Why?'],
    [['Which files does a store have?'], 'What does the second one hold?', 'store: What does the second one hold?'],
    // A chain of questions that lean goes back to the one that doesn't.
    [
      ['Is there parking?', 'Who lit the lamp of Cape Alder?', 'When did he do it?'],
      'And why?',
      'lit lamp Cape Alder: And why?',
    ],
  ] as const)
    assert.equal(rewrite(question, ...earlier), expected);
});

test('a question that stands by itself stays as it is, and so does one with nothing to refer to', () => {
  const standing = 'Which stone was the north quarry known for?';
  assert.equal(rewrite(standing, 'When was the tower rebuilt?'), standing);
  assert.equal(
    rewrite('There is a quarry in the north, of which stone?', 'Who was the keeper?').includes('keeper'),
    false,
  );
  assert.equal(rewrite('Why is it so?', 'Is it?'), 'Why is it so?');
  const long = `${'word '.repeat(790)}it?`;
  assert.equal(rewrite(long, `${'quarry tower '.repeat(100)}?`), long);
});

test('of a very long conversation no more is read than a question can hold', () => {
  const turn = 'Is it the lighthouse keeper of harbour number seven who lit the lamp?';
  const turns = (count: number) => Array.from({ length: count }, () => turn);
  const workOf = (count: number) =>
    countCalls('/src/ranking/words.ts', () => assert.equal(rewrite('And why?', ...turns(count)), 'And why?'));
  workOf(200); // remembers the words
  assert.equal(workOf(4_000), workOf(200));
  assert.match(rewrite('And why?', ...turns(20)), /^lighthouse keeper .* lamp: And why\?$/);
  // Nor of one that is about nothing.
  const fillers = (count: number) => Array.from({ length: count }, () => 'Is it that, or is it this? '.repeat(10));
  const workOfFillers = (count: number) =>
    countCalls('/src/ranking/words.ts', () => assert.equal(rewrite('And why?', ...fillers(count)), 'And why?'));
  workOfFillers(200);
  assert.equal(workOfFillers(4_000), workOfFillers(200));
  assert.match(rewrite('And why?', 'Who lit the lamp?', ...fillers(20)), /^lit lamp: And why\?$/);
});
