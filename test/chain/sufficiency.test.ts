import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { gateOfAnyModel, gateOfE5Small } from '../../src/chain/answer-gate.ts';
import { weightsOfAnyModel, weightsOfE5Small } from '../../src/chain/judge-by-features.ts';
import { createSuffices, sufficiencyOf } from '../../src/chain/sufficiency.ts';
import type { FoundPassage } from '../../src/passage.ts';
import { foundPassage } from '../doubles/found-passage.ts';

const e5Small = { gate: gateOfE5Small, weights: weightsOfE5Small };
const anyModel = { gate: gateOfAnyModel, weights: weightsOfAnyModel };
const text = 'Alder wood is light and soft. It does not rot under water. A grown alder is about 25 metres tall.';
const alder = (similarity: number) =>
  foundPassage(text, { title: 'Alder', similarity: (window) => similarity + (window.includes('25') ? 0.04 : 0) });
const tall = 'How tall is a grown alder?';
const rome = 'Who was the first emperor of Rome?';

test('a context that answers the question is rated sufficient and one about something else is not, by every model', () => {
  for (const model of [e5Small, anyModel]) {
    assert.ok(sufficiencyOf(tall, [alder(0.87)], model) > 0.5);
    assert.ok(sufficiencyOf(rome, [alder(0.74)], model) < 0.05);
  }
});

test('a quotation that shares nothing but a superlative with the question does not make a context sufficient', () => {
  const overlap =
    'A larger overlap makes the index bigger and fills the results with near duplicates. ' +
    'Our own code splits documents into pieces of 800 characters.';
  const found = (similarity: number) => [
    foundPassage(overlap, { similarity: (window) => (window.includes('larger') ? similarity : similarity - 0.03) }),
  ];
  assert.ok(sufficiencyOf('What is the largest dinosaur?', found(0.8), e5Small) < 0.2);
  assert.ok(sufficiencyOf('What does a larger overlap do to the index?', found(0.88), e5Small) > 0.5);
});

test('similarities are read on the scale of their own embedding model; words count for any', () => {
  const otherScale = [alder(0.3)];
  assert.ok(sufficiencyOf(tall, otherScale, e5Small) < sufficiencyOf(tall, otherScale, anyModel));
});

test('“who” without a name and “how many” without a number in the context have no answer, however near the words are', () => {
  const near = [foundPassage('The authors tried the layer on problems.', { title: 'Layer', similarity: () => 0.95 })];
  assert.equal(sufficiencyOf('Who are the authors of the layer?', near, e5Small), 0);
  assert.equal(sufficiencyOf('How many authors tried the layer?', near, e5Small), 0);
});

test('“when” without a word of a time has no quotation for an answer, but a language model, which may know others, is asked', async () => {
  const context = [foundPassage('The lamp of the workshop was lit as the ferries came in.', { similarity: () => 0.9 })];
  const question = 'When was the lamp of the workshop lit?';
  assert.equal(sufficiencyOf(question, context, e5Small, 'quotation'), 0);
  assert.ok(sufficiencyOf(question, context, e5Small, 'model') > 0.05);
});

test('the step compares sufficiency with its threshold, and an empty context never suffices', async () => {
  const ask = (context: FoundPassage[], least: number) =>
    createSuffices(e5Small, least, 'quotation').invoke({
      question: tall,
      context,
      collection: 'default',
      topK: 3,
      evaluation: 'context',
    });
  const sufficiency = sufficiencyOf(tall, [alder(0.87)], e5Small);
  assert.equal(await ask([alder(0.87)], sufficiency), true);
  assert.equal(await ask([alder(0.87)], sufficiency + 1e-9), false);
  assert.equal(await ask([], 0), false);
});

test('whatever the strings, sufficiency is between 0 and 1', () => {
  const any = fc.string({ unit: 'binary', maxLength: 200 });
  fc.assert(
    fc.property(any, fc.array(any, { maxLength: 3 }), (question, texts) => {
      const context = texts.map((each, at) => foundPassage(each, { id: `p${at}`, rank: at + 1 }));
      const sufficiency = sufficiencyOf(question, context, e5Small);
      assert.ok(sufficiency >= 0 && sufficiency <= 1);
    }),
  );
});
