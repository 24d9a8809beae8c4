import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerable, gateOfE5Small as gate } from '../../src/chain/answer-gate.ts';
import { extract } from '../../src/chain/extract-answer.ts';
import { judgeByFeatures, weightsOfE5Small as weights } from '../../src/chain/judge-by-features.ts';
import { withoutOtherSubjects } from '../../src/chain/other-subject.ts';
import { rankSentences } from '../../src/chain/rank-sentences.ts';
import { sufficiencyOf } from '../../src/chain/sufficiency.ts';
import { foundPassage } from '../doubles/found-passage.ts';

/** A context of documents, given as texts by title. */
const contextOf = (texts: Record<string, string>) =>
  Object.entries(texts).map(([title, text], at) => foundPassage(text, { id: 'abc'[at]!, title, rank: at + 1 }));
const one = 'The battery lasts 8 hours.';

for (const [question, titles, left] of [
  ['How long does the battery of the Falcon Pro last?', ['Falcon One', 'Falcon Pro'], ['Falcon Pro']],
  ['How long does the battery of the Falcon One last?', ['Falcon One', 'Falcon Pro'], ['Falcon One']],
  ['how long does the battery of the falcon pro last?', ['Falcon One', 'Falcon Pro'], ['Falcon Pro']],
  ['What does the Falcon Pro weigh?', ['Falcon', 'Falcon Pro data sheet'], ['Falcon Pro data sheet']],
  ['What does the handbook of 2023 say of leave?', ['Handbook 2024', 'Handbook 2023'], ['Handbook 2023']],
  ['Is the Falcon One lighter than the Falcon Pro?', ['Falcon One', 'Falcon Pro'], ['Falcon One', 'Falcon Pro']],
  [
    'Is the Falcon One lighter than the Falcon Pro?',
    ['Falcon One', 'Falcon Pro', 'Handbook'],
    ['Falcon One', 'Falcon Pro', 'Handbook'],
  ],
  ['What does the Falcon weigh?', ['Falcon', 'Falcon Pro'], ['Falcon', 'Falcon Pro']],
  ['What does the Falcon Pro weigh?', ['Handbook', 'Falcon Pro'], ['Handbook', 'Falcon Pro']],
  ['What does the Pro Falcon weigh?', ['One Falcon', 'Pro Falcon'], ['Pro Falcon']],
  ['What does handbook 2023 say?', ['Handbook 2024', 'Handbook 2023 of Acme'], ['Handbook 2023 of Acme']],
  ['Where is the falcon charger?', ['Falcon One', 'Falcon charger guide'], ['Falcon One', 'Falcon charger guide']],
  ['Charger for the Falcon?', ['Falcon One', 'Falcon charger guide'], ['Falcon One', 'Falcon charger guide']],
  ['What does Acme pay for hotels?', ['Travel handbook', 'Acme handbook'], ['Travel handbook', 'Acme handbook']],
  ['Which contract covers 2 laptops?', ['Contract 1', 'Contract 2'], ['Contract 1', 'Contract 2']],
  ['Who was king of the French?', ['Huguenots', 'French and Indian War'], ['Huguenots', 'French and Indian War']],
] as const)
  test(`“${question}” is answered from ${left.join(' and ')}, given ${titles.join(' and ')}`, () => {
    const context = contextOf(Object.fromEntries(titles.map((title) => [title, one])));
    const named: readonly string[] = left;
    assert.deepEqual(
      withoutOtherSubjects(question, context).left,
      context.filter(({ title }) => named.includes(title)),
    );
  });

test('a document that mentions the subject asked about may answer; if none would be left, all may', () => {
  const question = 'How long does the battery of the Falcon Pro last?';
  const mentions = contextOf({
    'Falcon One': `${one} That of the Pro lasts 12 hours.`,
    'Falcon Pro': 'It weighs 4 kg.',
  });
  assert.deepEqual(withoutOtherSubjects(question, mentions).left, mentions);
  const ofMax = { 'Falcon One': 'That of the Pro lasts 12 hours.', 'Falcon Pro Max': one };
  const { left } = withoutOtherSubjects('How long does the battery of the Falcon Pro Max last?', contextOf(ofMax));
  assert.deepEqual(
    left.map(({ title }) => title),
    ['Falcon Pro Max'],
  );
  const bySource = contextOf({ 'Falcon One': one, 'Falcon Pro': 'It weighs 4 kg.' });
  bySource[0]!.source = 'falcon-pro.md';
  assert.deepEqual(withoutOtherSubjects(question, bySource).left, bySource);
  const parts = contextOf({ 'Falcon Pro Two': one, 'Falcon Max Two': one });
  assert.deepEqual(withoutOtherSubjects('Is there a Falcon Pro Falcon Max?', parts).left, parts);
  assert.deepEqual(withoutOtherSubjects(question, []), { left: [], isOfOthersAlone: false });
});

for (const [question, titles, left] of [
  ['How many days are there in 2025?', ['Leave (2023)', 'Leave (2025)'], ['Leave (2025)']],
  ['How many days were there in 2023?', ['Leave (2023)', 'Leave (2025)'], ['Leave (2023)']],
  ['How many days were there in 2024?', ['Leave (2023)', 'Leave (2025)'], ['Leave (2023)', 'Leave (2025)']],
  ['Are there more in 2025 than in 2023?', ['Leave (2023)', 'Leave (2025)'], ['Leave (2023)', 'Leave (2025)']],
  ['How many are there in 2025?', ['Leave (2023)', 'Sickness (2025)'], ['Leave (2023)', 'Sickness (2025)']],
  ['How many are there in 2025?', ['Leave', 'Leave (2025)'], ['Leave', 'Leave (2025)']],
  ['Who was there on 25 March?', ['Minutes, 11 March 2025', 'Minutes, 25 March 2025'], ['Minutes, 25 March 2025']],
  ['Who was there in March?', ['Minutes, 11 June 2025', 'Minutes, 11 March 2025'], ['Minutes, 11 March 2025']],
  [
    'Who were the 25 guests?',
    ['Minutes, 11 March 2025', 'Minutes, 25 March 2025'],
    ['Minutes, 11 March 2025', 'Minutes, 25 March 2025'],
  ],
] as const)
  test(`“${question}” is answered from ${left.join(' and ')}, though each of ${titles.join(' and ')} mentions all`, () => {
    const mentions = `There were 25 of them on 11 June and on 25 March. ${titles.join(', ')}: see there.`;
    const context = contextOf(Object.fromEntries(titles.map((title) => [title, mentions])));
    assert.deepEqual(
      withoutOtherSubjects(question, context).left.map(({ title }) => title),
      left,
    );
  });

test('what is said of a similar subject is no answer, and on its own leaves the question unanswered', () => {
  const question = 'How long does the battery of the Falcon Pro last?';
  const asked = { question, answer: { text: one, abstained: false } };
  const open = contextOf({ 'Falcon One': one, 'Falcon Pro': 'The Falcon Pro weighs 4 kg.' });
  assert.equal(withoutOtherSubjects(question, open).isOfOthersAlone, true);
  assert.equal(withoutOtherSubjects('Which colour has the Falcon Pro?', open).isOfOthersAlone, false);
  const further = { ...open[1]!, id: 'c', text: 'Its battery is new.' };
  assert.equal(withoutOtherSubjects(question, [...open, further]).isOfOthersAlone, false);
  assert.ok(judgeByFeatures({ ...asked, context: open } as never, weights)!.score < 0.1);
  assert.equal(answerable(rankSentences(question, open), gate), 0);
  assert.equal(sufficiencyOf(question, open, { gate, weights }), 0);
  const answered = contextOf({ 'Falcon One': one, 'Falcon Pro': 'The battery of it lasts 12 hours.' });
  assert.equal(extract(rankSentences(question, answered).sentences), 'The battery of it lasts 12 hours.');
  assert.ok(judgeByFeatures({ ...asked, context: answered } as never, weights)!.score < 0.1);
  assert.ok(answerable(rankSentences(question, answered), gate) > 0);
});
