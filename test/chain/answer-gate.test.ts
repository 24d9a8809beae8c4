import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  answerable,
  gateFeatureNames,
  gateFeatures,
  gateOfE5Small,
  lacksWhatIsAsked,
} from '../../src/chain/answer-gate.ts';
import { rankSentences } from '../../src/chain/rank-sentences.ts';
import { foundPassage } from '../doubles/found-passage.ts';

const best = 'The alder of Kent has three large cones.';
const alder = (sentence = best) =>
  foundPassage(`Beavers like rivers. ${sentence} It is old. Bark is soft.`, {
    title: 'Alder of Ware',
    similarity: (window) => (window.startsWith(sentence) ? 0.9 : 0.8),
  });
const willow = foundPassage('Willows grow by the sea.', { id: 'p2', title: 'Willow', rank: 2, similarity: () => 0.7 });
const ranked = (question: string, sentence = best) => rankSentences(question, [alder(sentence), willow]);

/** What the gate reads of a question and the two passages, by name; only what is named in `expected`. */
function assertFeatures(question: string, expected: Partial<Record<(typeof gateFeatureNames)[number], number>>) {
  const values = gateFeatures(ranked(question));
  for (const [name, value] of Object.entries(expected))
    assert.ok(Math.abs(values[gateFeatureNames.indexOf(name as never)]! - value) < 1e-9, `${name} of “${question}”`);
}

test('the gate reads similarities, ten times as large, and how far the best stands out', () => {
  assertFeatures('How many cones has the alder?', {
    'similarity of the best window': 9,
    'similarity of the best sentence': 9,
    'spread of the similarities': (0.9 - (0.9 + 0.9 + 0.8 + 0.8 + 0.7) / 5) * 10,
  });
});

test('the gate counts the words and names of a question that are in the best sentence, near it and nowhere', () => {
  assertFeatures('How many cones has the alder of Kent?', {
    'words in the best sentence': 1,
    'words in the context': 1,
  });
  assertFeatures('Which cones has Kent: of beavers, bark, willows, Ware, Wessex, Rome?', {
    'words in the best sentence': 2 / 8,
    'words in the context': 6 / 8,
    'words nowhere in the context': 2,
    'names nowhere in the context': 2,
    'names not near the best sentence': 2,
  });
  assertFeatures('Do Old Bark, Willows and Beavers like Kent?', {
    'names nowhere in the context': 0,
    'names not near the best sentence': 2, // bark and willows; what comes right before and after it is near
  });
  assertFeatures('Do Rome, Bath, York, Hull, Ely, Deal, Diss grow?', {
    'words nowhere in the context': 6,
    'names nowhere in the context': 4,
    'names not near the best sentence': 4,
  });
});

test('the gate reads whether what is asked for is counted, and whether what is named is there', () => {
  const [asks, counts] = ['asks how many', 'counts what is asked for'] as const;
  const [names, lacks] = ['names what is asked for', 'what is asked for is nowhere in the context'] as const;
  assertFeatures('How many large cones has it?', { [asks]: 1, [counts]: 1, [names]: 0, [lacks]: 0 });
  assertFeatures('How many beavers has the alder of Kent?', { [asks]: 1, [counts]: 0, [names]: 0 });
  assertFeatures('HOW MUCH alder has large cones in Kent?', { [asks]: 1, [counts]: 0 });
  assertFeatures('How many has it?', { [asks]: 0, [counts]: 0 });
  assertFeatures('Who counts large cones?', { [asks]: 0, [counts]: 0, [names]: 0, [lacks]: 0 });
  assertFeatures('Which large cones has it?', { [asks]: 0, [counts]: 0, [names]: 1, [lacks]: 0 });
  assertFeatures('Which large nuts has Kent?', { [names]: 1, [lacks]: 1 });
  assertFeatures('Are there cones?', { [names]: 0, [lacks]: 0 });
});

test('a number counts a thing from up to three words before it, and not from behind', () => {
  for (const [sentence, counts] of [
    ['Three of the cones of Kent are large.', 1],
    ['Three of the large cones of Kent are here.', 0],
    ['The cones of Kent are three.', 0],
  ] as const) {
    const read = gateFeatures(ranked('How many cones has Kent?', sentence));
    assert.equal(read[gateFeatureNames.indexOf('counts what is asked for')], counts, sentence);
  }
});

test('only likely sentences, or the best, may hold a name or number that is asked for', () => {
  const { question, sentences } = ranked('How many cones has the alder?');
  const [first, ...others] = sentences as [(typeof sentences)[number], ...typeof sentences];
  const lacks = (probability: number, bestProbability: number) =>
    lacksWhatIsAsked({
      question,
      sentences: [
        { ...others[0]!, probability: bestProbability },
        { ...first, probability },
      ],
    });
  assert.deepEqual([lacks(0.2, 0.8), lacks(0.19, 0.8)], [false, true]);
  assert.equal(lacksWhatIsAsked({ question, sentences: [{ ...first, probability: 0.1 }, ...others] }), false);
});

test('what is counted must be mentioned somewhere, if only in a title', () => {
  assert.equal(lacksWhatIsAsked(ranked('How many unicorns has the alder?')), true);
  assert.equal(lacksWhatIsAsked(ranked('How many alders are there in Ware?')), false);
  assert.equal(lacksWhatIsAsked(ranked('How many are there in Ware?')), false);
  assert.equal(lacksWhatIsAsked(ranked('How tall are the unicorns?')), false);
  assert.equal(lacksWhatIsAsked(ranked('Which unicorns has it?')), false);
  assert.equal(lacksWhatIsAsked(ranked('Who are the unicorns, and who is Kent?', 'It has no cones.')), true);
  assert.equal(answerable({ question: ranked('Is it?').question, sentences: [] }, gateOfE5Small), 0);
});
