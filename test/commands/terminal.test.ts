import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startKnowledge } from '../../src/knowledge/client.ts';
import { noTerminal, runCommand, startCommand, startOnTerminal } from '../doubles/command-line.ts';
import { fail } from '../doubles/openai-replies.ts';
import { startOpenAiServer } from '../doubles/openai-server.ts';
import { smallDocument } from '../doubles/small-document.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';

/** Begins the control sequences of a terminal. */
const escapeSign = '\u001b';
const question = 'When was the tower rebuilt?';
const correct = JSON.stringify({ quotes: ['rebuilt in 1904'], reason: 'It says so.', verdict: 'Correct', score: 0.98 });

async function towerOnTerminal(t: Test) {
  const openai = await startOpenAiServer({ test: t });
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, 'tower.txt'), 'The tower was rebuilt in 1904 with granite from the north quarry.');
  const settings = { DATA_DIR: join(folder, 'data'), OPENAI_BASE_URL: openai.baseUrl, MODEL_MAX_RETRIES: '0' };
  await runCommand(['ingest', join(folder, 'tower.txt')], settings);
  const start = (args: string[], more: Record<string, string> = {}, columns?: number) => {
    const terminal = startOnTerminal(args, { ...settings, ...more }, columns);
    t.after(terminal.stop);
    return terminal;
  };
  return { openai, settings, start };
}

test('on a terminal the answer appears while it is written, and the verdict in colour unless NO_COLOR is set', {
  skip: noTerminal,
}, async (t) => {
  const { openai, settings, start } = await towerOnTerminal(t);
  const shown = Promise.withResolvers<void>();
  async function* pieces() {
    yield 'It was rebuilt ';
    await shown.promise; // the rest is written only once the beginning is on the terminal
    yield 'in 1904.';
  }
  openai.chat({ content: pieces() }, correct);
  const terminal = start(['ask', question]);
  await terminal.waitFor('It was rebuilt');
  assert.doesNotMatch(terminal.shown(), /1904/);
  shown.resolve();
  assert.equal(await terminal.exit, 0);
  const [, word = ''] = terminal.shown().split('It was rebuilt in 1904.\r\n\r\n');
  assert.ok(word.startsWith(`${escapeSign}[1m${escapeSign}[32mCorrect${escapeSign}[`), terminal.shown());
  assert.match(word, /, 98 of 100: It says so\./);

  openai.chat('In 1904.', correct);
  const plain = start(['ask', question], { NO_COLOR: '1' });
  assert.equal(await plain.exit, 0);
  assert.match(
    plain.shown(),
    /In 1904\.\r\n\r\nCorrect, 98 of 100: It says so\.\r\n {2}“rebuilt in 1904” — tower\.txt/,
  );
  assert.ok(!plain.shown().includes(`${escapeSign}[`));

  openai.chat('In 1904.', correct);
  const piped = await runCommand(['ask', question], { ...settings, TERM: 'xterm-256color' });
  assert.ok(piped.stdout.startsWith('In 1904.') && !piped.stdout.includes(escapeSign));
});

test('in a chat Ctrl-C cancels only the ask under way or the line being typed, and Ctrl-D ends the chat', {
  skip: noTerminal,
}, async (t) => {
  const { openai, start } = await towerOnTerminal(t);
  openai.chat(fail.hang(), 'In 1904.', correct);
  const terminal = start(['chat']);
  await terminal.waitFor('> ');
  terminal.type(`${question}\r`);
  await openai.waitFor(({ path }) => path === '/v1/chat/completions');
  terminal.type('\u0003');
  await terminal.waitFor('Cancelled.');
  await terminal.waitFor('> ');
  terminal.type('thrown away\u0003');
  await terminal.waitFor('> ');
  terminal.type(`${question}\r`);
  await terminal.waitFor('In 1904.');
  await terminal.waitFor('98 of 100');
  await terminal.waitFor('> ');
  terminal.type('\u0004');
  assert.equal(await terminal.exit, 0, terminal.shown());
  assert.equal(openai.chatRequests.length, 3, 'what was thrown away is not asked');
});

test('in a chat Ctrl-D while an answer is written ends the chat after that answer', { skip: noTerminal }, async (t) => {
  const { openai, start } = await towerOnTerminal(t);
  const typed = Promise.withResolvers<void>();
  async function* pieces() {
    yield 'It was rebuilt ';
    await typed.promise;
    yield 'in 1904.';
  }
  openai.chat({ content: pieces() }, correct);
  const terminal = start(['chat']);
  await terminal.waitFor('> ');
  terminal.type(`${question}\r`);
  await terminal.waitFor('It was rebuilt');
  terminal.type('\u0004');
  typed.resolve();
  await terminal.waitFor('98 of 100');
  assert.equal(await terminal.exit, 0, terminal.shown());
  assert.doesNotMatch(terminal.shown(), /Unexpected/);
});

test('Ctrl-C while a progress bar is shown restores the terminal, and leaves no files of an evaluation behind', {
  skip: noTerminal,
}, async (t) => {
  const { openai, start } = await towerOnTerminal(t);
  openai.embeddingsWhen(() => true, fail.hang());
  const folder = await temporaryFolder(t);
  for (const args of [['ingest', 'corpus'], ['evaluate']]) {
    const calls = openai.embeddingRequests.length;
    const terminal = start(args, { TMPDIR: folder });
    await openai.waitFor((entry) => entry === openai.embeddingRequests[calls]);
    await terminal.waitFor(`${escapeSign}[?25l`);
    terminal.type('\u0003');
    assert.equal(await terminal.exit, 130, terminal.shown());
    for (const mode of ['?25', '?7'])
      assert.ok(terminal.shown().lastIndexOf(`[${mode}h`) > terminal.shown().lastIndexOf(`[${mode}l`), mode);
  }
  assert.deepEqual(readdirSync(folder), []);
});

test('a terminal that closes ends an evaluation, and leaves no files of it behind', {
  skip: noTerminal,
}, async (t) => {
  const { openai, start } = await towerOnTerminal(t);
  openai.embeddingsWhen(() => true, fail.hang());
  const folder = await temporaryFolder(t);
  const terminal = start(['evaluate'], { TMPDIR: folder });
  const calls = openai.embeddingRequests.length;
  await openai.waitFor((entry) => entry === openai.embeddingRequests[calls]);
  assert.notDeepEqual(readdirSync(folder), []);
  await terminal.stop();
  while (readdirSync(folder).length > 0) await delay(20);
});

test('a backup or export that is interrupted leaves nothing of its copy behind', async (t) => {
  const dataDir = join(await temporaryFolder(t), 'data');
  const knowledge = await startKnowledge({ dataDir, embeddingModel: 'hashed' });
  await knowledge.createCollection('default');
  const text = 'The alder stands near the pond. '.repeat(200_000);
  for (const source of ['a.md', 'b.md']) await knowledge.put([smallDocument(source, text)]);
  await knowledge.close();
  const folder = await temporaryFolder(t);
  for (const command of ['backup', 'export'])
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const child = startCommand([command, join(folder, 'copy')], { DATA_DIR: dataDir });
      const exited = once(child, 'exit');
      const watcher = watch(folder, () => child.kill(signal));
      const [code] = await exited;
      watcher.close();
      // Where the signal came too late, the copy is there, whole.
      assert.deepEqual(readdirSync(folder), code === 0 ? ['copy'] : [], command);
      rmSync(join(folder, 'copy'), { force: true });
    }
});

test('an interrupted command whose own signal does not end it, as the first process of a container, ends quietly all the same', () => {
  const script = `
    import { interruptible } from './src/commands/terminal.ts';
    process.kill = () => true;
    setImmediate(() => process.emit('SIGTERM', 'SIGTERM'));
    await interruptible((signal) => new Promise((_, reject) => signal.addEventListener('abort', reject)));
  `;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  assert.deepEqual({ status, stderr }, { status: 143, stderr: '' });
});

test('SIGHUP does not end a command that writes to no terminal, as one under nohup', async (t) => {
  const openai = await startOpenAiServer({ test: t });
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, 'tower.txt'), 'The tower was rebuilt in 1904.');
  const child = startCommand(['ingest', join(folder, 'tower.txt')], {
    DATA_DIR: join(folder, 'data'),
    OPENAI_BASE_URL: openai.baseUrl,
    MODEL_MAX_RETRIES: '1',
  });
  t.after(() => child.kill('SIGKILL'));
  openai.embeddings({
    send(response) {
      child.kill('SIGHUP');
      response.writeHead(503, { 'retry-after': '1' }).end();
    },
  });
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

test('a progress bar fits a narrow terminal with its numbers, and shows no time left that it cannot estimate', {
  skip: noTerminal,
}, async (t) => {
  const { start } = await towerOnTerminal(t);
  const terminal = start(['export', join(await temporaryFolder(t), 'all.jsonl')], {}, 40);
  assert.equal(await terminal.exit, 0);
  const lines = [...terminal.shown().matchAll(/Exporting \S+ \d+\/\d+( \S*s)?/g)];
  assert.ok(lines.length > 0);
  for (const [line, time = ''] of lines) {
    assert.ok(line.length <= 40, line);
    assert.match(time, /^( \d+s)?$/);
  }
});

test('a terminal that can do no more than print, as TERM=dumb says, gets no control sequences', {
  skip: noTerminal,
}, async (t) => {
  const { openai, start } = await towerOnTerminal(t);
  openai.chat('In 1904.', correct);
  for (const args of [
    ['export', join(await temporaryFolder(t), 'all.jsonl')],
    ['ask', question],
  ]) {
    const terminal = start(args, { TERM: 'dumb' });
    assert.equal(await terminal.exit, 0);
    assert.ok(terminal.shown() !== '' && !terminal.shown().includes(escapeSign), terminal.shown());
  }
});

test('a progress bar leaves alone the lines of the log that appear around it', { skip: noTerminal }, async (t) => {
  const { start } = await towerOnTerminal(t);
  const terminal = start(['ingest', 'corpus/langchain-notes.txt']);
  assert.equal(await terminal.exit, 0);
  assert.match(terminal.shown(), /Ingesting .*1\/1.*Ingested 1 file/s);
  // Were the cursor put back where it was when the bar began, what follows would overwrite the lines since then.
  assert.ok(!terminal.shown().includes(`${escapeSign}8`), terminal.shown());
});
