import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandsOf, project, readPage, runShell as shell } from './doubles/page-commands.ts';
import { startService } from './doubles/service.ts';
import { temporaryFolder } from './doubles/temporary-folder.ts';

const readme = readPage('README.md');
const commands = commandsOf(readme).map(({ command }) => command);

/** Commands of the README that .ci/run runs in a bare clone, not the tests below. */
const ranByCi = [/^npm start$/, /^npm test$/, /^npm run check$/, /^docker compose up$/];

test('every command of the README is run by a test or by CI', () => {
  assert.ok(commands.length >= 8);
  for (const command of commands)
    assert.ok(
      [...ranByCi, /^curl -s /, /^npx assay /, /^OPENAI_BASE_URL=/].some((pattern) => pattern.test(command)),
      command,
    );
});

test("the README's curl commands work, and its first question gets the reply shown there", async (t) => {
  const { url, parts, add, call } = await startService(t, { embedded: true });
  await parts.ingestFile('default', `${project}corpus/neuron-state-anomalies.md`, 'neuron-state-anomalies.md');
  await add('other.md', 'Alder wood is light.');
  const replies = [];
  for (const command of commands.filter((each) => each.startsWith('curl')))
    replies.push(
      JSON.parse(
        (await shell(command.replace('http://127.0.0.1:3000', url).replace('path/to/file.pdf', 'corpus/mm1.pdf')))
          .stdout,
      ),
    );
  const [asked, file, text] = replies;
  const shown = /"answer": "([^"]+)"/.exec(readme)![1];
  assert.equal(asked.answer, shown);
  assert.equal(asked.verdict.label, 'Correct');
  assert.equal(asked.verdict.evidence[0].quote, shown);
  assert.ok(readme.includes(`"start": ${asked.verdict.evidence[0].start}, "end": ${asked.verdict.evidence[0].end}`));
  const [, reason] = /"reason": "([^"]+)"/.exec(readme)!;
  for (const part of reason!.split('…')) assert.ok(asked.verdict.reason.includes(part.trim()), part);
  const [, unanswered] = /hold no answer \(try "([^"]+)"\)/.exec(readme)!;
  assert.equal((await call('POST', '/ask', { question: unanswered })).json.abstained, true);
  assert.equal(file.source, 'file.pdf'.replace('file', 'mm1'));
  assert.equal(text.source, 'notes/alder.md');
});

test("the README's npx assay commands work in the order given", async (t) => {
  const DATA_DIR = await temporaryFolder(t);
  const elsewhere = await temporaryFolder(t);
  const { url, add } = await startService(t, { embedded: true });
  await add('alder.md', 'Alder wood does not rot under water.');
  const run = async (part: string) => {
    const command = commands.find((each) => each.startsWith('npx') && each.includes(part))!;
    const here = command.replace('path/to/folder', 'corpus').replace('path/to/backup', `${elsewhere}/backup`);
    return shell(`${here.replace('http://127.0.0.1:3000', url)} </dev/null`, { DATA_DIR });
  };
  assert.match((await run('ingest')).stderr, /13 new/);
  assert.match((await run('ask')).stdout, /\S/);
  // Relevance is relative to the first passage, which therefore has none.
  assert.match(
    (await run('search')).stdout,
    /^1\. (?!.*relevance)[\s\S]*\n2\. .*, relevance \d+ of 100 compared with the first\n/,
  );
  assert.equal((await run('chat')).stdout, '');
  assert.match((await run('--server')).stdout, /does not rot/);
  assert.match((await run('doctor --verify')).stdout, /ok +store: passages/);
  await run('backup');
  await run('restore');
  const lines = (await run('export')).stdout.trim().split('\n');
  assert.ok(lines.length > 20 && JSON.parse(lines[0]!).text.length > 0);
  assert.equal(commands.filter((each) => each.startsWith('npx')).length, 9, 'a new command needs a line here');
});

test("the README's settings for a model server of your own do what it says", async (t) => {
  const command = commands.find((each) => each.startsWith('OPENAI_BASE_URL='))!;
  const settings = Object.fromEntries(
    [...command.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name!, value!]),
  );
  const { OPENAI_BASE_URL, ...others } = settings;
  assert.match(OPENAI_BASE_URL!, /^http:.*\/v1$/);
  const { call, add, openai } = await startService(t, { settings: others });
  await add('a.md', 'Alder wood is light.');
  openai.chat('It is light.', '{"verdict":"Correct"}');
  assert.equal((await call('POST', '/ask', { question: 'How is alder wood?' })).json.answer, 'It is light.');
  const models = openai.chatRequests.map(({ body }) => (body as { model: string }).model);
  assert.deepEqual(models, [others.CHAT_MODEL, others.CHAT_MODEL]);
  assert.equal(openai.embeddingRequests.length, 0, 'the embedded model makes the vectors');
});
