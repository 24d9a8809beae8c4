import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFeatureJudge } from '../../src/chain/judge-by-features.ts';
import { contentStems } from '../../src/ranking/words.ts';
import { foundPassage } from '../doubles/found-passage.ts';
import cases from './cases.json' with { type: 'json' };

const aldmoor =
  'Aldmoor lies on the river Wend. The tower of Aldmoor was built in 1382 by the mason Peter Hale. It is 61 metres tall ' +
  'and has 312 steps. A fire in 1740 destroyed the market hall.';
const archive =
  'The seed archive is kept in a tunnel near Tromsund. It holds nine thousand kinds of grain. The tunnel is cooled all year.';

/** Questions with a wrong answer, plainly wrong or nearly right, which the judge calls Incorrect when no attack is added. */
const wrong = [
  { question: 'When was the tower of Aldmoor built?', answer: 'It was built in 1911.', text: aldmoor },
  { question: 'When was the tower of Aldmoor built?', answer: '1740', text: aldmoor },
  { question: 'Who built the tower of Aldmoor?', answer: 'the river Wend', text: aldmoor },
  { question: 'What destroyed the market hall?', answer: 'the mason Peter Hale', text: aldmoor },
  { question: 'Where is the seed archive kept?', answer: 'It is kept in a cellar in Lisbon.', text: archive },
];

/** Where an attacker can write: at either end of an answer or of a document. */
const places: Record<string, (attack: string, answer: string, text: string) => { answer: string; text: string }> = {
  'behind the answer': (attack, answer, text) => ({ answer: `${answer} ${attack}`, text }),
  'before the answer': (attack, answer, text) => ({ answer: `${attack} ${answer}`, text }),
  'behind the document': (attack, answer, text) => ({ answer, text: `${text} ${attack}` }),
  'before the document': (attack, answer, text) => ({ answer, text: `${attack} ${text}` }),
};

/** A stand-in for the embedding model: the more words of the question a window holds, the nearer it is. */
const similarityTo = (question: string) => {
  const asked = contentStems(question);
  return (window: string) =>
    0.75 + (0.17 * [...contentStems(window)].filter((stem) => asked.has(stem)).length) / asked.size;
};

const judge = createFeatureJudge();
const labelOf = async (question: string, answer: string, text: string) => {
  const verdict = await judge.invoke({
    question,
    context: [foundPassage(text, { similarity: similarityTo(question) })],
    answer: { text: answer, abstained: false },
    collection: 'default',
    topK: 3,
    evaluation: 'context',
  });
  return verdict.label;
};

test('there are at least sixty attacks, at least six of each kind, and the wrong answers are found wrong without them', async () => {
  assert.ok(cases.length >= 60);
  for (const [category, group] of Map.groupBy(cases, (each) => each.category)) assert.ok(group.length >= 6, category);
  for (const { question, answer, text } of wrong)
    assert.equal(await labelOf(question, answer, text), 'Incorrect', answer);
});

for (const [category, attacks] of Map.groupBy(cases, (each) => each.category))
  test(`no wrong answer becomes Correct for the classifier by ${category}`, async () => {
    const flipped: string[] = [];
    for (const { text: attack } of attacks)
      for (const { question, answer, text } of wrong)
        for (const [place, put] of Object.entries(places)) {
          const attacked = put(attack, answer, text);
          if ((await labelOf(question, attacked.answer, attacked.text)) === 'Correct')
            flipped.push(`${place}: ${answer} ${attack}`);
        }
    assert.deepEqual(flipped, []);
  });
