import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createExtractiveAnswer } from '../../src/chain/extract-answer.ts';
import { endsSentence } from '../../src/chain/sentence-candidates.ts';
import { defaultAbstention } from '../../src/chain/state.ts';
import type { FoundPassage } from '../../src/passage.ts';
import { foundPassage } from '../doubles/found-passage.ts';

const alder = foundPassage(
  `## Alder

Alder wood is light and soft. It does not rot under water, so Venice stands on alder piles.
The bark of the alder gave tanners a red dye. A grown alder is about 25 metres tall.

- Alders live with bacteria that bind nitrogen.
- Beavers seldom fell alders.

| Tree  | Height    |
| ----- | --------- |
| Alder | 25 metres |
`,
  { title: 'Alder', similarity: (text) => (/25 metres|Venice/.test(text) ? 0.9 : 0.84) },
);
const oak = foundPassage('Oaks grow slowly. An oak may stand for five hundred years.', {
  id: 'p2',
  title: 'Oak',
  rank: 2,
  start: 40,
  similarity: () => 0.8,
});

function ask(question: string, context: FoundPassage[], options = {}) {
  const state = { question, context, collection: 'default', topK: 3, evaluation: 'context' as const };
  return createExtractiveAnswer(options).invoke(state);
}

test('the sentence that answers is quoted whole, without heading, table or list marker', async () => {
  const tall = await ask('How tall is a grown alder?', [alder, oak]);
  assert.deepEqual(tall, { text: 'A grown alder is about 25 metres tall.', abstained: false });
  const item = await ask('Which animals seldom fell alders?', [alder, oak]);
  assert.match(item.text, /^Beavers seldom fell alders\./);
});

test('sentences of one passage keep their order', async () => {
  const { text } = await ask('Does alder wood rot under water, and is alder wood light?', [oak, alder]);
  assert.ok(text.indexOf('light and soft') < text.indexOf('does not rot'), text);
});

test('a sentence that two documents share is quoted once', async () => {
  const note = 'Alder wood does not rot under water. Boats are built of it.';
  const context = [foundPassage(note), foundPassage(note.replaceAll('. ', '.\n'), { id: 'p2', rank: 2 })];
  const { text } = await ask('Does alder wood rot under water?', context);
  assert.equal(text.match(/does not rot/g)?.length, 1, text);
});

test('emphasis marks are not torn from their sentence, even if a window of an earlier version ends inside them', async () => {
  const text = '**Logit.** A logit is a raw score before softmax. **Recall.** Recall is a share.';
  const passage = foundPassage(text);
  const end = text.indexOf('** A');
  const torn = {
    ...passage,
    windows: [
      { start: 0, end },
      { start: end, end: text.length },
    ],
    similarities: [0.8, 0.9],
  };
  for (const context of [[passage], [torn]]) {
    const { text: answer } = await ask('What is a logit?', context);
    assert.equal(answer, 'A logit is a raw score before softmax.');
  }
});

test('a heading or a line ending in a colon that introduces a list is quoted with the whole list', async () => {
  const steps = '1. Stop the queue.\n2. Restart the mill\n   and wait.\n\n3. Start the queue';
  const runbook = foundPassage(`# Mill\n\nTo restart the mill:\n\n${steps}\n\nThe mill is in Delft.`);
  const { text } = await ask('How do I restart the mill?', [runbook]);
  assert.equal(text, `To restart the mill:\n\n${steps}`);
  const notes = foundPassage('# Releases\n\n## What is new in 3.2\n\n- dark mode\n- exports\n\n## 3.1\n\n- sign-on\n');
  assert.equal((await ask('What is new in 3.2?', [notes])).text, 'What is new in 3.2\n\n- dark mode\n- exports');
  const code = foundPassage('Run this to make a backup:\n\n```\nbackup --all\n```\n\nIt takes an hour.');
  assert.match((await ask('How do I make a backup?', [code])).text, /^Run this.*:\n\n```\nbackup --all\n```/);
});

test('a table row is quoted under its column names, which are not an answer by themselves', async () => {
  const head = '| Alert | Severity | Who is paged |\n| --- | --- | --- |\n';
  const rows = ['| QueueDepth | critical | on-call |', '| LatencyHigh | warning | nobody |'];
  const table = foundPassage(`## Alerts\n\n${head}${rows.join('\n')}\n`);
  for (const [at, question] of [
    'Which severity has the alert QueueDepth?',
    'Who is paged for LatencyHigh?',
  ].entries()) {
    const { text } = await ask(question, [table]);
    assert.ok(text.startsWith(head) && text.includes(rows[at]!), text);
    assert.equal(text.split('Severity').length, 2, text);
  }
});

test('a record is quoted by what it says, however short its line is', async () => {
  const managers = { North: 'Ingrid Solberg-Halvorsen', West: 'Aoife Byrne', South: 'Carlo Rossi-Montefiori' };
  const lines = Object.entries(managers).map(
    ([region, manager]) => `Region: ${region}; Manager: ${manager}; Revenue: 4200000; Employees: 38`,
  );
  const { text } = await ask('Who manages the region West?', [
    foundPassage(lines.join('\n\n'), { similarity: (text) => (/North/.test(text) ? 0.9 : 0.8) }),
  ]);
  assert.equal(text, lines[1]);
});

test('the text below a question is its answer', async () => {
  const others = foundPassage('On your first day you get a laptop. Laptops are replaced every four years.', {
    id: 'p2',
    rank: 2,
  });
  const question = 'Can I use my own laptop?';
  for (const asked of [`## ${question}\n\n`, `${question}\n\n`, `**${question}**\n`]) {
    const faq = foundPassage(`${asked}No. Only managed devices may be connected.\n\nThe canteen is in building C.`);
    assert.match((await ask(question, [faq, others])).text, /^No\. Only managed/, asked);
  }
});

test('without a sentence there is nothing to quote, and the answer abstains', async () => {
  assert.deepEqual(await ask('How tall is an alder?', []), { text: defaultAbstention, abstained: true });
});

test('whatever the passages hold, the answer consists of their sentences, word for word', async () => {
  const word = fc.constantFrom(
    'alder',
    'oak',
    'Venice',
    '25',
    '| x |',
    '# a',
    '- b',
    '1. c',
    'z.',
    'e.g.',
    '?',
    '\n',
    '\n\n',
    '𝒜',
    '**',
    '```',
  );
  const text = fc.oneof(
    fc.array(word, { minLength: 1, maxLength: 60 }).map((words) => words.join(' ')),
    fc.string({ unit: 'binary', maxLength: 200 }),
  );
  const flat = (value: string) => value.replace(/\s+/g, ' ').trim();
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 4 }), fc.string({ maxLength: 80 }), async (texts, question) => {
      const context = texts.map((each, at) => foundPassage(each, { id: `p${at}`, rank: at + 1, start: 7 * at }));
      const { text: answer, abstained } = await ask(question, context);
      if (abstained) return;
      let rest = flat(answer);
      const pieces = context.map((passage) => flat(passage.text));
      // Cuts the longest stretch that is in a passage off the left, up to six times: at most three sentences, each maybe under column names.
      for (let taken = 0; rest !== '' && taken < 6; taken += 1) {
        let length = rest.length;
        while (length > 0 && !pieces.some((piece) => piece.includes(rest.slice(0, length).trim()))) length -= 1;
        rest = rest.slice(length).trim();
      }
      assert.equal(rest, '');
    }),
  );
});

test('of two records in a row only the one that answers is quoted', async () => {
  const records =
    'Region: West; Manager: Alice Byrne; Budget: 400 EUR\nRegion: East; Manager: Omar Haddad; Budget: 250 EUR';
  const { text } = await ask('Who is the manager of the region East?', [foundPassage(records)]);
  assert.equal(text, 'Region: East; Manager: Omar Haddad; Budget: 250 EUR');
});

test('the heading above a sentence or an item tells what it is about', async () => {
  const recipes = foundPassage(
    `## Lentil soup

- 3 kg red lentils
- 12 onions

Sweat the onions for 8 minutes, then add the lentils.

## Onion cake

- 30 onions

Sweat the onions for 20 minutes.`,
    { title: 'Recipes' },
  );
  const soup = await ask('How long are the onions of the lentil soup sweated?', [recipes], { mostSentences: 1 });
  assert.equal(soup.text, 'Sweat the onions for 8 minutes, then add the lentils.');
  const cake = await ask('How long are the onions of the onion cake sweated?', [recipes], { mostSentences: 1 });
  assert.equal(cake.text, 'Sweat the onions for 20 minutes.');
  const items = await ask('How many onions are in the onion cake?', [recipes]);
  assert.match(items.text, /30 onions/);
});

test('a row or record is left out where another holds more of the question', async () => {
  const table = foundPassage(
    `| Plan | Requests per minute |
|---|---|
| Free | 60 |
| Team | 600 |
| Company | 6,000 |`,
    { title: 'Limits' },
  );
  const rowsOf = async (question: string, passage: FoundPassage) =>
    (await ask(question, [passage])).text.split('\n').filter((line) => !/Plan|---/.test(line));
  assert.deepEqual(await rowsOf('How many requests per minute has the team plan?', table), ['| Team | 600 |']);
  assert.deepEqual(await rowsOf('How many requests per minute have the team and free plans?', table), [
    '| Free | 60 |',
    '| Team | 600 |',
  ]);
  const records = foundPassage(
    `Product: Bike 100; Price: 749.00; Stock: 12
Product: Bike 200; Price: 1099.00; Stock: 3`,
    { title: 'Prices' },
  );
  assert.deepEqual(await rowsOf('What is the price of the bike 200?', records), [
    'Product: Bike 200; Price: 1099.00; Stock: 3',
  ]);
  assert.equal((await rowsOf('What are the prices of the bikes?', records)).length, 2);
});

test('a numbered clause is quoted without the heading above it and the clause before it', async () => {
  const contract = foundPassage(
    `4. Liability
4.1 The liability of the supplier is limited to EUR 250,000 for each contract year
4.2 This limit doesn't apply to intent or to injury of persons.
5. Termination
5.1 Either party may terminate with notice of at least
2.5 months to the end of a quarter.`,
    { title: 'Agreement' },
  );
  const limit = await ask('What is the liability of the supplier limited to?', [contract], { mostSentences: 1 });
  assert.equal(limit.text, '4.1 The liability of the supplier is limited to EUR 250,000 for each contract year');
  const notice = await ask('With what notice may either party terminate?', [contract], { mostSentences: 1 });
  assert.match(notice.text, /^5\.1 Either party .* at least 2\.5 months to the end of a quarter\.$/);
  const headings = await ask('What is said of termination?', [contract], { mostSentences: 1 });
  assert.match(headings.text, /^5\.1 /);
});

test('the markers of an admonition or a callout are not quoted', async () => {
  for (const note of [
    '> [!IMPORTANT]\n> Keys rotate every 90 days.',
    ':::note Keys\nKeys rotate every 90 days.\n:::',
    '!!! note "Keys"\n    Keys rotate every 90 days.',
  ]) {
    const { text } = await ask('How often do keys rotate?', [foundPassage(`${note}\n\nThe office is in Oslo.`)]);
    assert.equal(text, 'Keys rotate every 90 days.', note);
  }
});

test('Chinese sentences are chosen though no space is in them, and shown without spaces or line ends between', async () => {
  const passage = foundPassage('# 数据\n\n最高允许压力为6巴，\n按标准测定。水泵的最高压力每年检查。\n\n水泵', {
    title: '水泵',
  });
  const { text } = await ask('最高压力是多少？', [passage]);
  assert.match(text, /最高允许压力为6巴，按标准测定。/);
  assert.doesNotMatch(text, /\s/);
});

test('sentences of Hindi, Arabic and Urdu end with their own signs, so that the next goes on in the same line', () => {
  for (const sentence of ['दाब 6 बार है।', 'هل هذا صحيح؟', 'یہ درست ہے۔', '「はい。」'])
    assert.ok(endsSentence(sentence), sentence);
});
