import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readPrompts } from '../../src/chain/prompts.ts';
import { asPiece } from '../../src/message-pieces.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

const shipped = fileURLToPath(new URL('../../prompts', import.meta.url));

test('all shipped prompts can be read', () => {
  const files = readdirSync(shipped).map((file) => file.replace(/\.md$/, ''));
  assert.deepEqual(Object.keys(readPrompts(shipped)).sort(), files.sort());
});

test('a folder may hold a single prompt: the others are Assay’s own', async (t) => {
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, 'answer-briefly.md'), '## human\nMine: {{context}} {{question}}');
  const prompts = readPrompts(folder);
  const [mine] = (await prompts['answer-briefly'].invoke({ context: 'C', question: 'Q' })).toChatMessages();
  assert.equal(mine?.text, 'Mine: C Q');
  const values = { context: 'C', question: 'Q' };
  const [own, taken] = await Promise.all(
    [readPrompts(shipped), prompts].map(async ({ answer }) => (await answer.invoke(values)).toString()),
  );
  assert.equal(taken, own);
});

test('a folder that does not exist, or holds no prompt, is refused', async (t) => {
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, 'anwser.md'), '## human\n{{context}} {{question}}');
  assert.throws(() => readPrompts(folder), {
    code: 'BAD_SETTINGS',
    message: /PROMPTS_DIR: the folder holds no prompt/,
  });
  assert.throws(() => readPrompts(join(folder, 'nowhere')), {
    code: 'BAD_SETTINGS',
    message: /PROMPTS_DIR: there is no such folder/,
  });
});

test('prompts that cannot be read, lack a variable or name an unknown one are reported together, each by its file', async (t) => {
  const folder = await temporaryFolder(t);
  cpSync(shipped, folder, { recursive: true });
  rmSync(join(folder, 'answer.md'));
  mkdirSync(join(folder, 'answer.md'));
  writeFileSync(join(folder, 'evaluate-answer.md'), '## human\n{{question}}');
  writeFileSync(join(folder, 'evaluate-context.md'), '## human\n{{question}} {{answer}} {{context}} {{secret}}');
  assert.throws(() => readPrompts(folder), {
    code: 'BAD_SETTINGS',
    message:
      /answer\.md: can't be read[\s\S]*evaluate-answer\.md: missing variable answer[\s\S]*evaluate-context\.md: unknown variable secret/,
  });
});

test('sections and other tags of the template language are refused', async (t) => {
  const folder = await temporaryFolder(t);
  cpSync(shipped, folder, { recursive: true });
  writeFileSync(join(folder, 'answer.md'), '## human\n{{#context}}{{question}}{{/context}}{{context}}');
  assert.throws(() => readPrompts(folder), /answer\.md: unknown variable #context/);
});

test('a value that is filled into a prompt is never read as a template, whatever it looks like', async () => {
  const hostile = '{{context}} {question} {{{answer}}} {{#x}} <b>&amp;</b> #{1}';
  const { answer } = readPrompts(shipped);
  const [, human] = (await answer.invoke({ question: hostile, context: 'CONTEXT' })).toChatMessages();
  assert.ok(human?.text.includes(`Question: ${hostile}`));
});

test('a prompt rendered by LangChain, where a callback listens, is the same as one rendered the short way', async () => {
  const { answer } = readPrompts(shipped);
  const values = { question: 'Why?', context: asPiece('A long context. '.repeat(20)) };
  const texts = async (config: object) =>
    (await answer.invoke(values, config)).toChatMessages().map((message) => message.text);
  assert.deepEqual(await texts({ callbacks: [{ handleChainEnd() {} }] }), await texts({}));
});
