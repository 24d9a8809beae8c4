import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFeatureJudge } from '../../src/chain/judge-by-features.ts';
import { tellsOpposite } from '../../src/chain/opposite-quality.ts';
import { foundPassage } from '../doubles/found-passage.ts';

const breaks = 'The minimum break is 30 minutes.';
const copies = 'The agent copies the mail every night.';

for (const [question, text, isOpposite] of [
  ['What is the maximum break?', breaks, true],
  ['What is the longest break?', breaks, true],
  ['How long must a break be at least?', 'A break is at most 30 minutes.', true],
  ['How many days of leave do part-time nurses have?', 'Full-time nurses have 30 days of leave.', true],
  ['What do adults pay?', 'Children pay 3 €.', true],
  ['Which files are not copied?', copies.replace('mail', 'files'), true],
  ['What does the agent not copy?', copies, true],
  ["Who doesn't copy the mail?", copies, true],
  // The quality itself, or what may tell it; both; a denial.
  ['What is the minimum break?', breaks, false],
  ['What is the maximum break?', `${breaks} The maximum is an hour.`, false],
  ['What is the maximum break?', 'Breaks are from 10 minutes, the minimum, up to an hour.', false],
  ['What is the maximum break?', 'A break is no longer than an hour, and at least 10 minutes.', false],
  ['What are the minimum and the maximum break?', breaks, false],
  ['What does the agent not copy?', 'The agent copies all but the mail.', false],
  ['What does the agent not copy?', 'The agent does not copy the mail.', false],
  ['What does the agent copy?', copies, false],
  ['Which rooms are not cleaned?', 'Rooms on the top floor are left out when the rest is cleaned.', false],
  // Another clause of what is asked, or other words for it.
  ['What is the best way to clean the lens?', 'Clean the lens with a cloth; the worst is a wet one.', false],
  ['What is the maximum file size?', 'The limit for files is 10 MB, and the smallest is 1 KB.', false],
  ['What is the maximum file size?', 'Files must be smaller than 10 MB; the minimum is 1 KB.', false],
  ['What is the maximum file size?', 'Files larger than 10 MB are rejected.', false],
  ['What is the minimum age?', 'You must be 18 or older; the highest age is 65.', false],
  ['What must children pay?', 'Adults pay 10; under 14 it is half.', false],
  ['What is the internal number of the desk?', 'Desk: 1234 (external 0800 1234)', false],
  ['What is the output of the command?', 'The command prints its input in upper case.', false],
  ['Which days are not working days?', 'Saturdays and Sundays are weekend days.', false],
  ['What expenses are covered?', 'The firm covers travel costs, paid from income.', false],
  ['How many days cannot be carried over?', 'Five days can be carried over; the rest goes.', false],
  ["Which ports aren't open?", 'Ports 80 and 443 are open; the firewall blocks more.', false],
  // May be answered by the opposite, or speaks of something else.
  ['Is 30 minutes the maximum break?', breaks, false],
  ["Why doesn't the agent copy the mail?", copies, false],
  ['What do I do if the agent does not copy the mail?', `${copies} Start it.`, false],
  ['What must be kept not to copy it twice?', copies, false],
  ['What does the agent not read?', copies, false],
] as const)
  test(`“${text}” ${isOpposite ? 'tells' : "doesn't tell"} the opposite of what “${question}” asks`, () => {
    assert.equal(tellsOpposite(question, [text]), isOpposite);
  });

test('what is denied must stand in the sentence, and a quality may stand in its heading', () => {
  const left = 'Offices below are skirted.';
  assert.equal(tellsOpposite('Which offices are not cleaned?', [left], [`How offices are cleaned\n${left}`]), false);
  assert.equal(tellsOpposite('What is the maximum break?', ['Break | 30'], ['Minimum in minutes\nBreak | 30']), true);
  assert.equal(tellsOpposite('What is the minimum break?', [breaks], [`Maximum and minimum\n${breaks}`]), false);
});

test('another sentence that shares one word of several with the question may not be what tells it', () => {
  const most = 'A message may be at most 4 MB long.';
  const other = 'A consumer acknowledges each message.';
  assert.equal(tellsOpposite('How long must a message be at least?', [most, other]), true);
  assert.equal(tellsOpposite('What is the best way to clean it?', ['Clean it my way.', 'The worst is dirt.']), false);
});

test('a quotation that tells the opposite is Incorrect, and the reason says so', async () => {
  const ask = (question: string) =>
    createFeatureJudge().invoke({
      question,
      context: [foundPassage(`${breaks} Lunch is at noon.`, { title: 'Breaks', similarity: () => 0.9 })],
      answer: { text: breaks, abstained: false },
      collection: 'default',
      topK: 3,
      evaluation: 'context',
    });
  assert.equal((await ask('What is the minimum break?')).label, 'Correct');
  const wrong = await ask('What is the maximum break?');
  assert.equal(wrong.label, 'Incorrect');
  assert.match(wrong.reason, /against it: .*it tells the opposite of what is asked/);
});
