import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startCommand } from './doubles/command-line.ts';
import { promptText } from './doubles/openai-replies.ts';
import { startOpenAiServer } from './doubles/openai-server.ts';
import { filesOf, followPage, project, readersFolder, readPage } from './doubles/page-commands.ts';

const page = 'docs/extending.md';
const epochs = 'How many epochs did the training of the digit network take?';
const verdict = (reason: string) => JSON.stringify({ quotes: [], reason, verdict: 'Correct', score: 0.9 });

test('docs/extending.md shows every file of examples/extending as it is', () => {
  const shown = filesOf(readPage(page));
  const files = readdirSync(join(project, 'examples/extending')).map((name) => `examples/extending/${name}`);
  assert.deepEqual([...shown.keys()].sort(), files.sort());
  for (const [name, text] of shown) assert.equal(text, readPage(name), `${page} shows another ${name}`);
});

test('docs/extending.md: its commands swap prompt, model, retriever and judge, with the results it describes', async (t) => {
  const folder = await readersFolder(t);
  const openai = await startOpenAiServer({ test: t });
  openai.chatWhen(/Question: How many epochs/, 'It took 8 epochs.');
  openai.chatWhen(/You judge whether an answer/, verdict('The passage says so.'));
  openai.chatWhen(/in one sentence, in French/i, 'Huit époques.');
  openai.chatWhen(/30 days of leave a year[\s\S]*Question: How many days/, 'You have 30 days of leave.');
  openai.chatWhen(/You judge whether[\s\S]*30 days of leave a year/, verdict('The handbook says so.'));
  const settings = { OPENAI_BASE_URL: openai.baseUrl, EMBEDDING_MODEL: 'e5-small-v2-q' };
  const chats = () => openai.chatRequests.map(({ body }) => body);
  const models = () => chats().map(({ model }) => model);

  const before = followPage(page, { folder, settings, skip: (command) => /serve\.ts|judge\.ts/.test(command) });
  const done = new Map((await before).map(({ command, printed }) => [command, printed]));
  const [, , , prompt, chatModel] = [...done];
  assert.match(prompt![0], /^PROMPTS_DIR=/);
  assert.match(prompt![1], /^Huit époques\.\n/);
  assert.match(promptText(chats()[0]!), /for the people of a small museum/);
  assert.match(chatModel![0], /^CHAT_MODEL=another-model /);
  assert.match(chatModel![1], /^It took 8 epochs\.\n/);
  assert.deepEqual(models().slice(2, 4), ['another-model', 'another-model']);
  const mine = chats()[4]!;
  assert.deepEqual([mine.model, mine.temperature], ['a-model-of-mine', 0.2], 'the answer is by the model of model.ts');
  assert.equal(models()[5], 'gpt-4.1-mini', 'the verdict by that of the settings');
  assert.doesNotMatch(promptText(chats()[6]!), /Lost keys/, 'the retriever found one page of the handbook');

  const asked = chats().length;
  openai.chatWhen(/Question: How many epochs/, 'It took 9 epochs, not 12.');
  await followPage(page, { folder, settings, skip: (command) => !/judge\.ts/.test(command) });
  assert.equal(chats().length, asked + 1, 'the judge needs no model');
  assert.ok(existsSync(join(folder, 'my-prompts')) && !existsSync(join(project, 'my-prompts')));

  const DATA_DIR = join(folder, 'data');
  const child = startCommand([], { ...settings, DATA_DIR, PORT: '0' }, 'examples/extending/serve.ts');
  t.after(async () => void child.kill('SIGKILL'));
  const [line] = (await once(child.stdout!.setEncoding('utf8'), 'data')) as [string];
  const url = /http:\S+/.exec(line)![0];
  const response = await fetch(`${url}/ask`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ question: epochs }),
  });
  const reply = (await response.json()) as { answer: string; verdict: { label: string; reason: string } };
  assert.deepEqual(
    [reply.answer, reply.verdict.label, reply.verdict.reason],
    ['It took 9 epochs, not 12.', 'Incorrect', "The passages don't have: 9, 12."],
  );
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null], 'it ends in an orderly way');
});
