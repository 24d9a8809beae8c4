import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createExtractiveAnswer } from '../../src/chain/extract-answer.ts';
import { abstention } from '../../src/chain/state.ts';
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

test('sentences of a passage come in its order', async () => {
  const { text } = await ask('Does alder wood rot under water, and is alder wood light?', [oak, alder]);
  assert.ok(text.indexOf('light and soft') < text.indexOf('does not rot'), text);
});

test('what two documents say alike is said once', async () => {
  const note = 'Alder wood does not rot under water. Boats are built of it.';
  const context = [foundPassage(note), foundPassage(note.replaceAll('. ', '.\n'), { id: 'p2', rank: 2 })];
  const { text } = await ask('Does alder wood rot under water?', context);
  assert.equal(text.match(/does not rot/g)?.length, 1, text);
});

test('emphasis around a sentence is not torn apart, also where windows of an earlier version end within it', async () => {
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

test('without a sentence there is nothing to quote', async () => {
  assert.deepEqual(await ask('How tall is an alder?', []), { text: abstention, abstained: true });
});

test('whatever the passages hold, the answer is made of their sentences, word for word', async () => {
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
      let rest = answer;
      const pieces = context.map((passage) => flat(passage.text));
      // Take away, from the left, the longest stretch that stands in a passage; each must be one of at most three.
      for (let taken = 0; rest !== '' && taken < 3; taken += 1) {
        let length = rest.length;
        while (length > 0 && !pieces.some((piece) => piece.includes(rest.slice(0, length).trim()))) length -= 1;
        rest = rest.slice(length).trim();
      }
      assert.equal(rest, '');
    }),
  );
});
