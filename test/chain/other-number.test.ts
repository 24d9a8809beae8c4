import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerable, gateOfE5Small as gate } from '../../src/chain/answer-gate.ts';
import { namesOtherNumber } from '../../src/chain/other-number.ts';
import { rankSentences } from '../../src/chain/rank-sentences.ts';
import { countCalls } from '../doubles/count-calls.ts';
import { foundPassage } from '../doubles/found-passage.ts';

const bikes = 'The Bike 100 costs 749 euros. The Bike 200 costs 899 euros.';

for (const [question, text, isOther] of [
  ['What does the Bike 300 cost?', bikes, true],
  ['what does the bike 300 cost?', bikes, true],
  ['What does the Bike 200 cost?', bikes, false],
  ['Which bike costs 800 euros?', bikes, false],
  ['Who won the 12 races?', bikes, false],
  ['What is new in Harbor 3.4?', 'Harbor 3.3 adds a command.', true],
  ['What is new in Harbor 3?', 'Harbor 3.3 adds a command.', false],
  ['What is new in Harbor 3.3.1?', 'Harbor 3.3 adds a command.', false],
  ['Does it run on Node 22?', 'It runs on Node 20 or later.', false],
  ['Does it run on Node 22?', 'It runs on all since Node 20.', false],
  ['Who signs in Step 5?', 'Steps 3–7 are for the clerk.', false],
  ['Can it carry 30 kg?', 'It can carry 25 kg.', false],
  ['Is it open on March 25?', 'It is open from March 20 to April 2 and on March 11.', false],
  ['How many days of leave were there in 2021?', 'From 2023 on there are 25 days of leave.', true],
  ['How many days of leave are there in 2026?', 'From 2023 on there are 25 days of leave.', false],
  ['How many days of leave were there in 2021?', 'There are 25 days of leave.', false],
  ['Can a file of 1500 pages be read?', 'A file may have 5,000 pages. It was so in 2026.', false],
  ['Can I store 1000 documents?', 'As of 2026 any number of documents can be stored.', false],
  ['Is a limit of 2000 enough?', 'The limit was doubled in 2026.', false],
  ['What did the May 2021 edition cost?', 'The edition of 2024 cost 12 euros.', true],
  ['How many fled by the 1700s?', 'In 1709 there were 2,000 who had fled.', false],
] as const)
  test(`“${question}” is${isOther ? '' : "n't"} about something else than “${text}”`, () => {
    const context = [foundPassage(text, { title: 'Notes' })];
    assert.equal(namesOtherNumber(question, context), isOther);
    if (isOther) assert.equal(answerable(rankSentences(question, context), gate), 0);
  });

test('a number that a title or the name of a file holds is known', () => {
  const question = 'What does the bike cost in 2021?';
  const text = 'In 2024 it cost 749 euros.';
  assert.ok(namesOtherNumber(question, [foundPassage(text)]));
  assert.ok(!namesOtherNumber(question, [foundPassage(text, { title: 'Prices 2021' })]));
  assert.ok(!namesOtherNumber(question, [{ ...foundPassage(text), source: 'prices-2021.csv' }]));
});

test('the work for a question with many numbers grows with it and the context, not with both multiplied', () => {
  const workOf = (numbers: number) => {
    const bikesFrom = (first: number, more: string) =>
      Array.from({ length: numbers }, (_, at) => `Bike ${first + at}${more}`).join(' ');
    const context = [foundPassage(bikesFrom(1_000, ' or later.'))];
    return countCalls('.ts', () => assert.equal(namesOtherNumber(bikesFrom(5_000, ''), context), false));
  };
  workOf(2); // loads and remembers what all need
  assert.ok(workOf(400) < 3 * workOf(200));
});
