import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lacksWhatIsAsked } from '../../src/chain/answer-gate.ts';
import { createFeatureJudge } from '../../src/chain/judge-by-features.ts';
import { swapsParties } from '../../src/chain/party-order.ts';
import { rankSentences } from '../../src/chain/rank-sentences.ts';
import { countCalls } from '../doubles/count-calls.ts';
import { foundPassage } from '../doubles/found-passage.ts';

const bought = 'In March Harbour Lines acquired Brook Freight.';
const reports = 'The archivist leads the reading room and reports to the librarian.';
const closed = 'The bridge was closed by the council.';

for (const [question, sentence, isSwapped] of [
  ['Who did Brook Freight acquire?', bought, true],
  ['Who acquired Harbour Lines?', bought, true],
  ['Which company acquired Harbour Lines?', bought, true],
  ['Did Brook Freight acquire Harbour Lines?', bought, true],
  ['When did Brook Freight acquire Harbour Lines?', bought, true],
  ['Who was acquired by Brook Freight?', bought, true],
  ['By whom was Harbour Lines acquired?', bought, true],
  ['Who did Harbour Lines acquire?', bought, false],
  ['Who acquired Brook Freight?', bought, false],
  ['Who was acquired by Harbour Lines?', bought, false],
  ['By whom was Brook Freight acquired?', bought, false],
  ['When did Harbour Lines acquire Brook Freight?', bought, false],
  ['How did Harbour Lines acquire so much?', bought, false],
  ['What did Brook Freight carry?', bought, false],
  ['Does the librarian report to the archivist?', reports, true],
  ['Who reports to the archivist?', reports, true],
  ['Does the archivist report to the librarian?', reports, false],
  ['Who reports to the librarian?', reports, false],
  ['Did the bridge close the council?', closed, true],
  ['Did the council close the bridge?', closed, false],
  ['Who closed the bridge?', closed, false],
  ['Who closed the council?', closed, true],
  ['Who lends keys to the porter?', 'The porter lends keys to guests.', true],
  ['Who lends keys to guests?', 'The porter lends keys to guests.', false],
  // Not clear: no object, another clause, a participle, a noun, a verb for either.
  ['Who ended the wars?', 'The wars finally ended in 1598.', false],
  ['Who bought Brook Freight?', 'Brook Freight, which Harbour Lines bought, carries salt.', false],
  ['Who bought Brook Freight?', 'After Brook Freight they bought two ships.', false],
  ['Who starts the pump?', 'The pump starts when the operator presses the button.', false],
  ['Who taught the porter?', 'The porter taught himself.', false],
  ['Who moved the office?', 'The office moved to Graz when the landlord sold the house.', false],
  ['Who repairs the lift?', 'Lift repairs are work for the caretaker.', false],
  ['How does the client call the server?', 'The server calls back once the client has called the server.', false],
  ['Who does the porter report to?', 'The librarian receives monthly reports from the porter.', false],
  ['Who pays the landlord?', 'The tenant pays rent to the landlord.', false],
  ['Who searched the office?', 'The office was locked, sealed and searched twice.', false],
  ['Do the models enforce the rules?', 'The rules are learned and not enforced.', false],
  ['Who checks the report?', 'The report of the checks is kept.', false],
  ['Who married the clerk?', 'The clerk married the mason.', false],
  ['Who acquired it?', bought, false],
  ['', bought, false],
] as const)
  test(`“${sentence}” ${isSwapped ? 'says the reverse' : "doesn't say the reverse"} of what “${question}” asks`, () => {
    assert.equal(swapsParties(question, [sentence]), isSwapped);
  });

test('one sentence that says it as asked is enough', () => {
  assert.ok(!swapsParties('Who acquired Harbour Lines?', [bought, 'Later Tide Holding acquired Harbour Lines.']));
});

test('a quotation that says the reverse is Incorrect, and the reason says why; “No” before it is an answer', async () => {
  const text = 'Harbour Lines acquired Brook Freight.';
  const ask = (question: string, answer: string) =>
    createFeatureJudge().invoke({
      question,
      context: [foundPassage(`${text} There is no other ship.`, { title: 'Ships', similarity: () => 0.9 })],
      answer: { text: answer, abstained: false },
      collection: 'default',
      topK: 3,
      evaluation: 'context',
    });
  const right = await ask('Who acquired Brook Freight?', text);
  assert.equal(right.label, 'Correct');
  assert.doesNotMatch(right.reason, /other way round/);
  const wrong = await ask('Who acquired Harbour Lines?', text);
  assert.equal(wrong.label, 'Incorrect');
  assert.ok(wrong.score! <= 0.1);
  assert.match(wrong.reason, /the order of its words gives it \d+ of 100 .* says the other way round who does it/);
  const denied = await ask('Did Brook Freight acquire Harbour Lines?', `No. ${text}`);
  assert.doesNotMatch(denied.reason, /other way round/);
});

test('“who” is answered by a role, though it is no name, where it stands as the question wants it', () => {
  const lacks = (question: string, text = closed) => lacksWhatIsAsked(rankSentences(question, [foundPassage(text)]));
  assert.equal(lacks('Who closed the bridge?'), false);
  assert.equal(lacks('Who closed the council?'), true);
  assert.equal(lacks('Who painted the bridge?'), true);
  assert.equal(lacks('Who closed the bridge?', 'The bridge was closed in May.'), true);
});

test('the work grows with the sentences, not with the length of the question', () => {
  const sentences = Array.from({ length: 50 }, () => bought);
  const workOf = (repeats: number) =>
    countCalls('.ts', () => swapsParties('Who did Brook Freight acquire? '.repeat(repeats), sentences));
  workOf(1); // loads and remembers what all need
  assert.ok(workOf(100) < 20 * workOf(1));
});
