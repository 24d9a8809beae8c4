import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lacksWhatIsAsked } from '../../src/chain/answer-gate.ts';
import { createFeatureJudge } from '../../src/chain/judge-by-features.ts';
import { partyOrderOf } from '../../src/chain/party-order.ts';
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
    assert.equal(partyOrderOf(question, [sentence]) === 'swapped', isSwapped);
  });

const lease = 'The landlord repairs the roof and the outer walls.';
const minutes = 'Marta Quill wrote the report, and Jonas Reed read it out.';
const contract = 'The Processor deletes the data within 30 days. The plans were drawn by the Architect.';
const named = 'The tenant, the gardener, Jonas Reed, Quill and Reed, the Controller and the firm are named here.';

for (const [question, sentence, order] of [
  // A verb in another form than the question's.
  ['Who bought the press?', 'The press was bought by the printer.', 'as asked'],
  ['Who did the apprentices teach?', 'The smith taught the apprentices.', 'swapped'],
  ['Who did the smith teach?', 'The smith taught the apprentices.', 'as asked'],
  ['Did the tenant sell the house?', 'The house was sold by the tenant.', 'as asked'],
  ['Who founded the firm?', 'The firm was founded by Calder Group.', 'as asked'],
  ['Who can approve overtime?', 'Overtime must be approved by the line manager.', 'as asked'],
  ['Who must sign the form?', 'Both parties must sign the form.', 'as asked'],
  ['Who may inspect the tenant?', 'The tenant may inspect the cellar.', 'swapped'],
  ['Who pays for the repairs?', 'The repairs are paid for by the tenant.', 'as asked'],
  ['Who pays for the repairs?', 'The tenant pays for the repairs.', 'as asked'],
  ['Which team supports the portal?', 'The portal supports logins; the web team supports it.', 'as asked'],
  ['Who replaced the director?', 'The director replaced the chair, and Marta Quill replaced him.', 'as asked'],
  ['Who closed the council?', 'The bridge shook, so the council closed it.', 'swapped'],
  // Another who does it.
  ['Does the tenant repair the roof?', lease, 'of another'],
  ['Does the tenant repair the door?', lease, 'of another'],
  ['What does the tenant repair?', lease, 'of another'],
  ['How often must the tenant repair the roof?', lease, 'of another'],
  ['Is the roof repaired by the tenant?', 'The roof is repaired by the landlord.', 'of another'],
  ['Did the gardener draw the plans?', 'At the end the plans were drawn by the architect.', 'of another'],
  ['Did Jonas Reed write the report?', minutes, 'of another'],
  ['Does the Controller delete the data?', contract, 'of another'],
  ['Does the controller delete the data?', contract, 'of another'],
  ['Does the gardener delete the data?', contract, 'as asked'],
  ['Does the tenant clean the stairs?', 'The landlord cleans the stairs. The tenant cleans the yard.', 'of another'],
  [
    'Does the tenant clean the stairs?',
    'The tenant cleans the yard, and the landlord cleans the stairs.',
    'of another',
  ],
  ['What does the tenant clean?', 'The landlord cleans after rain; the tenant cleans the yard.', 'as asked'],
  ['Does the tenant clean the yard?', 'The tenant cleans the yard, and the landlord cleans the stairs.', 'as asked'],
  ['Does the tenant clean the stairs?', 'The tenant, so the landlord says, cleans the stairs.', 'as asked'],
  ['Does the landlord repair the roof?', lease, 'as asked'],
  ['What does the landlord repair?', lease, 'as asked'],
  ['Did Marta Quill write the report?', minutes, 'as asked'],
  // What somebody is to another.
  ['Who is responsible for the roof?', 'The landlord is responsible for the roof.', 'as asked'],
  ['Who is responsible for the roof?', 'The landlord is not responsible for the roof.', 'unclear'],
  ['Who is responsible for the roof?', 'The responsible landlord has a roof.', 'unclear'],
  ['Is the tenant liable for the roof?', 'The landlord is solely liable for the roof.', 'of another'],
  ['What is the tenant liable for?', 'The landlord is liable for the roof.', 'of another'],
  ['Is the landlord liable for the roof?', 'The landlord is liable for the roof.', 'as asked'],
  // Perhaps the one asked about: a name for a role, a pronoun, a part of the firm.
  ['Did Jonas Reed repair the roof?', lease, 'as asked'],
  ['Does the tenant repair the roof?', 'He repairs the roof.', 'as asked'],
  ['Does the tenant repair the roof?', 'Her brother repairs the roof.', 'as asked'],
  ['Does the firm repair the roof?', lease, 'as asked'],
  // Not clear: a noun, an object.
  ['Does the neighbour repair the roof?', 'Ladders are kept for repairs.', 'unclear'],
  ['Does the tenant repair the roof?', 'The landlord and the tenant repaired the roof.', 'as asked'],
  ['When did the reform begin?', 'The dukes began a long programme of reform.', 'unclear'],
  ['What did the reform begin?', 'The programme was begun.', 'unclear'],
] as const)
  test(`“${sentence}” has what “${question}” asks ${order}`, () => {
    assert.equal(partyOrderOf(question, sentence.split(/(?<=\.) /), [sentence, named]), order);
  });

test('another is one whom the documents set apart from the one asked about', () => {
  assert.equal(partyOrderOf('Does the lessee repair the roof?', [lease], [lease]), 'unclear');
  assert.equal(partyOrderOf('Does the lessee repair the roof?', [lease], [lease, 'The lessee pays.']), 'of another');
  const books = 'Sir Charles Lyell published the Principles.';
  assert.equal(
    partyOrderOf('What did Pierre Bayle publish?', [books, 'Pierre Bayle lived by his Dictionary.']),
    'unclear',
  );
});

test('one sentence that says it as asked is enough', () => {
  assert.ok(
    partyOrderOf('Who acquired Harbour Lines?', [bought, 'Later Tide Holding acquired Harbour Lines.']) === 'as asked',
  );
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
  assert.match(wrong.reason, /the sense of its words gives it \d+ of 100 .* says the other way round who does it/);
  const denied = await ask('Did Brook Freight acquire Harbour Lines?', `No. ${text}`);
  assert.doesNotMatch(denied.reason, /other way round/);
});

test('a quotation that says of another what is asked is Incorrect, and the reason says so', async () => {
  const ask = (question: string) =>
    createFeatureJudge().invoke({
      question,
      context: [foundPassage(`${lease} The tenant pays the rent.`, { title: 'Lease', similarity: () => 0.9 })],
      answer: { text: lease, abstained: false },
      collection: 'default',
      topK: 3,
      evaluation: 'context',
    });
  assert.equal((await ask('Does the landlord repair the roof?')).label, 'Correct');
  const wrong = await ask('Does the tenant repair the roof?');
  assert.equal(wrong.label, 'Incorrect');
  assert.match(wrong.reason, /against it: .*it says of another who does it/);
});

test('“who” is answered by a role, though it is no name, where it stands as the question wants it', () => {
  const lacks = (question: string, text = closed) => lacksWhatIsAsked(rankSentences(question, [foundPassage(text)]));
  assert.equal(lacks('Who closed the bridge?'), false);
  assert.equal(lacks('Who closed the council?'), true);
  assert.equal(lacks('Who painted the bridge?'), true);
  assert.equal(lacks('Who closed the bridge?', 'The bridge was closed in May.'), true);
  assert.equal(lacks('Who should I contact?', 'Contact the help desk.'), false);
  assert.equal(lacks('Who is allowed to use the lab?', 'Only trained staff are allowed to use the lab.'), false);
});

test('the work grows with the sentences, not with the length of the question', () => {
  const sentences = Array.from({ length: 50 }, () => bought);
  const workOf = (repeats: number) =>
    countCalls('.ts', () => partyOrderOf('Who did Brook Freight acquire? '.repeat(repeats), sentences));
  workOf(1); // loads and remembers what all need
  assert.ok(workOf(100) < 20 * workOf(1));
});
