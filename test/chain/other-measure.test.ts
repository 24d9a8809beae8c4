import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lacksWhatIsAsked } from '../../src/chain/answer-gate.ts';
import { lacksMeasure } from '../../src/chain/other-measure.ts';
import { rankSentences } from '../../src/chain/rank-sentences.ts';
import { foundPassage } from '../doubles/found-passage.ts';

const lamp = 'The Tarn 7 lamp weighs 1.3 kg and burns for two to three days.';

for (const [question, text, isMissing] of [
  ['What does the Tarn 7 cost?', lamp, true],
  ['How much does the Tarn 7 cost?', lamp, true],
  ['What is the price of the Tarn 7?', lamp, true],
  ['How tall is the Tarn 7?', lamp, true],
  ['What does the Tarn 7 weigh?', lamp, false],
  ['How long does the Tarn 7 burn?', lamp, false],
  ['How heavy is the Tarn 7?', 'The Tarn 7 lamp is 30 cm tall and takes 2 litres.', true],
  ['How tall is the Tarn 7?', 'The Tarn 7 lamp is 30 cm tall.', false],
  ['What does the Tarn 7 cost?', 'The Tarn 7 lamp is 79 €.', false],
  ['What does the Tarn 7 cost?', 'The Tarn 7 lamp sold for CHF 79.', false],
  ['What does the Tarn 7 cost?', 'The Tarn 7 lamp is free with ten litres of oil.', false],
  ['What is the fee?', 'The fee is 20 a month.', false],
  ['What is the fee?', 'The fee is 2 % of the sum.', false],
  ['What is the fee for pupils?', 'For pupils the fee is waived.', false],
  ['What is the price of the lamp?', 'Lamp | 79', true],
  ['What is the price of the lamp?', 'Item | Price\nLamp | 79', false],
  ['How much did the town pay for it?', 'The town bought it in 1962, 30 years ago.', true],
  ['How much did the town spend?', 'The town spent over 3 billion on it.', false],
  ['What does a hit cost?', 'A hit costs one read.', false],
  ['What does a miss cost?', 'A miss costs a read from the disk.', false],
  ['How wide is the first layer?', 'The first layer has 32 values.', false],
  ['How old is the lamp?', lamp, false],
  ['What is the length of the lamp?', 'The lamp weighs 2 kg.', true],
  ['What is the length of the notice period?', 'The notice period is three months.', false],
  ['What is the length of the film?', 'It runs for 94 minutes.', false],
  ['How much time does the team spend on reviews?', 'The team spends two hours a day on them.', false],
  ['How much leave do workers earn each month?', 'Workers earn 2 days of leave each month.', false],
  ['How much is the tenant charged as a deposit?', "The deposit is three months' rent.", false],
  ['What does the pump cost?', 'Pump X200: EUR 1,200', false],
  ['How much does a ticket cost?', 'Tickets: 500 kr', false],
  ['How much does a ticket cost?', 'A ticket weighs 1.25 g.', true],
  ['How much does a ticket cost?', 'Adults 12.50, children 6.00', false],
  ['What does the cost depend on?', 'It depends on the distance beyond 20 km.', false],
  ['What is the rent due date?', 'Rent is due within 3 days of the first of each month.', false],
  ['What is the fee for pupils?', 'The fee for pupils is set by the board.', false],
  ['What is the weight of the price among the criteria?', 'The price counts 60%.', false],
] as const)
  test(`“${text.replace('\n', ' / ')}” ${isMissing ? "can't answer" : 'may answer'} “${question}”`, () => {
    assert.equal(lacksMeasure(question, [text]), isMissing);
  });

test('a context without the measure that is asked for lacks what is asked', () => {
  const lacks = (question: string) =>
    lacksWhatIsAsked(rankSentences(question, [foundPassage(lamp, { title: 'Tarn 7' })]));
  assert.equal(lacks('What does the Tarn 7 lamp cost?'), true);
  assert.equal(lacks('What does the Tarn 7 lamp weigh?'), false);
});
