import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gateFeatures } from '../../src/chain/answer-gate.ts';
import { rankSentences } from '../../src/chain/rank-sentences.ts';
import { readAnswer } from '../../src/chain/verdict-features.ts';
import { countCalls } from '../doubles/count-calls.ts';
import { foundPassage } from '../doubles/found-passage.ts';

/** Words of their own kind: `word(7)` is never in a text of other numbers. */
const word = (number: number) => `w${[...String(number)].map((digit) => 'bcdfghjklm'[Number(digit)]).join('a')}`;
const words = (from: number, count: number) => Array.from({ length: count }, (_, at) => word(from + at));

test('the work for a long question grows with the sentences of the context, not with both multiplied', () => {
  const workOf = (questionWords: number, sentences: number) => {
    const question = `Who ${words(1000, questionWords).join(' ')}?`;
    const text = words(4000, sentences)
      .map((each) => `One ${each} sang of ${word(1000)} in Wend.`)
      .join(' ');
    const context = [foundPassage(text, { title: 'Songs' })];
    return countCalls('.ts', () => {
      const ranked = rankSentences(question, context);
      assert.equal(ranked.sentences.length, sentences);
      gateFeatures(ranked);
      assert.ok(readAnswer(ranked.sentences[0]!.text, ranked));
    });
  };
  workOf(2, 2); // loads and remembers what all need
  const ofLongQuestion = workOf(500, 4) - workOf(2, 4);
  const ofManySentences = workOf(2, 400);
  assert.ok(workOf(500, 400) < 3 * (ofLongQuestion + ofManySentences));
});

test('the work for a context grows with its sentences, however many they are and however long their title', () => {
  const workOf = (sentences: number, titleWords: number) => {
    const text = words(8000, sentences)
      .map((each) => `One ${each} sang in Wend.`)
      .join('\n');
    const context = [foundPassage(text, { title: words(2000, titleWords).join(' ') })];
    return countCalls('.ts', () => assert.ok(readAnswer('One sang.', rankSentences('Who sang?', context))));
  };
  workOf(2, 500); // loads and remembers what all need
  const few = workOf(200, 2);
  assert.ok(workOf(200, 500) < 2 * few);
  assert.ok(workOf(1600, 2) < 12 * few);
});
