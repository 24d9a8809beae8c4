import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../doubles/command-line.ts';
import { fail } from '../doubles/openai-replies.ts';
import { startOpenAiServer } from '../doubles/openai-server.ts';
import { startService } from '../doubles/service.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';

const text = 'The tower was rebuilt in 1904 with granite from the north quarry.';
const question = 'When was the tower rebuilt?';
const verdict = (label: string, score: number) =>
  JSON.stringify({ quotes: ['rebuilt in 1904'], reason: 'It says so.', verdict: label, score });

/** A store of one document with scripted models, and the settings to use it. */
async function storeOfTower(t: Test) {
  const openai = await startOpenAiServer({ test: t });
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, 'tower.txt'), text);
  const settings = { DATA_DIR: join(folder, 'data'), OPENAI_BASE_URL: openai.baseUrl, MODEL_MAX_RETRIES: '0' };
  const ingested = await runCommand(['ingest', join(folder, 'tower.txt'), '--json'], settings);
  return { openai, settings, folder, ingested };
}

test('ask and chat print the verdict with score, reason and quotations with their sources, and no terminal control codes', async (t) => {
  const { openai, settings, ingested } = await storeOfTower(t);
  assert.deepEqual([JSON.parse(ingested.stdout).added, ingested.stderr], [1, '']);
  openai.chat('In \u001b[31m1904.\u009b', verdict('Incorrect', 0.124));
  const asked = await runCommand(['ask', question], settings);
  assert.equal(
    asked.stdout,
    'In [31m1904.\n\nIncorrect, 12 of 100: It says so.\n  “rebuilt in 1904” — tower.txt\n',
    asked.stderr,
  );

  assert.equal(asked.stderr, '', 'its record is kept before the command ends');

  openai.chat('In 1904.', verdict('Correct', 0.98), 'Where did the granite of the tower come from?');
  openai.chat('From the north quarry.', verdict('Correct', 1), fail.status(400));
  openai.chat(question, 'In 1904.', verdict('Correct', 1));
  const typed = [
    question,
    'Where did it come from?',
    '/sources',
    '/nope',
    'And then?',
    '',
    'So when?',
    '/quit',
    'Never',
  ];
  // Questions after the first are rewritten to stand by themselves; for the third one that fails.
  const chat = await runCommand(['chat'], settings, undefined, `${typed.join('\n')}\n`);
  assert.equal(chat.code, 1, 'a question got no answer');
  assert.match(
    chat.stdout,
    /^In 1904\.\n\nCorrect, 98 of 100: [^\n]*\n {2}“rebuilt in 1904” — tower\.txt\n\nFrom the north quarry\.\n\nCorrect, 100 of 100: [\s\S]*\n1\. tower\.txt\n {3}The tower was/,
  );
  assert.match(chat.stdout, /\nIn 1904\.\n\nCorrect, 100 of 100[^>]*$/, 'the chat went on');
  assert.match(chat.stderr, /^There is no \/nope; \/help lists what there is\.\n/);
  assert.doesNotMatch(chat.stderr, /tower|And then/);
});

test('ask, search and chat can use a running service, and its key is neither printed nor logged', async (t) => {
  const service = await startService(t, { settings: { API_KEYS: 'me:canary-key-me:default' } });
  const { openai, url, dataDir, parts, logLines } = service;
  const file = join(await temporaryFolder(t), 'tower.txt');
  writeFileSync(file, text);
  await parts.ingestFile('default', file, 'tower.txt');
  const settings = { ASSAY_KEY: 'canary-key-me' };
  const to = ['--server', url];

  openai.chat('In 1904.', verdict('Correct', 0.98));
  const shown = await runCommand(['ask', question, ...to], settings);
  assert.equal(
    shown.stdout,
    'In 1904.\n\nCorrect, 98 of 100: It says so.\n  “rebuilt in 1904” — tower.txt\n',
    shown.stderr,
  );
  openai.chat('In 1904.', verdict('Correct', 0.98));
  const json = JSON.parse((await runCommand(['ask', question, '--json', ...to], settings)).stdout);
  assert.deepEqual([json.answer, json.usage.modelCalls], ['In 1904.', 2]);
  const found = await runCommand(['search', question, '--json', '--top-k', '1', ...to], settings);
  assert.equal(JSON.parse(found.stdout).context[0].text, text);

  openai.chat('In 1904.', verdict('Correct', 0.98), 'Where did the granite come from?');
  openai.chat('The north quarry.', verdict('Correct', 0.7));
  const chat = await runCommand(['chat', ...to], settings, undefined, `${question}\nWhere did it come from?\n`);
  assert.equal(chat.code, 0, chat.stderr);
  assert.match(chat.stdout, /^In 1904\.\n\nCorrect, 98[\s\S]*\n\nThe north quarry\.\n\nCorrect, 70 of 100/);
  const standalone = openai.chatRequests.at(-3)!.body as { messages: { content: string }[] };
  assert.match(JSON.stringify(standalone.messages), /User: When was the tower rebuilt\?\\nAssistant: In 1904\./);

  const locked = await runCommand(['chat', ...to], {}, undefined, `${question}\n`);
  assert.match(locked.stderr, /Put the key in ASSAY_KEY\.\n$/);
  const elsewhere = await runCommand(['ask', question, '--collection', 'none', ...to], settings);
  assert.deepEqual([locked.code, elsewhere.code], [1, 1]);
  const noHeader = await runCommand(['ask', question, ...to], { ASSAY_KEY: 'canary key\u00e9' });
  assert.deepEqual([noHeader.code, noHeader.stderr], [1, 'ASSAY_KEY: must be a key, in ASCII without spaces\n']);
  // Each waits some seconds for the store before it gives up, so both wait at the same time.
  const [inUse, ingested] = await Promise.all([
    runCommand(['ask', question], { DATA_DIR: dataDir, OPENAI_BASE_URL: openai.baseUrl, MODEL_MAX_RETRIES: '0' }),
    runCommand(['ingest', file], { DATA_DIR: dataDir }),
  ]);
  assert.match(inUse.stderr, /in use by another Assay process\. Ask the service that runs on it: --server URL\.\n$/);
  assert.deepEqual(
    [ingested.code, ingested.stderr.split('process. ')[1]],
    [1, 'Give the documents to the service that runs on it, by POST /documents or its page, or stop it first.\n'],
  );
  await service.close();
  const gone = await runCommand(['ask', question, ...to], settings);
  assert.deepEqual([gone.code, gone.stderr], [1, `The service at ${url}/ can't be reached.\n`]);
  const told = [shown, found, chat, locked, elsewhere, gone].map(({ stderr }) => stderr).join('') + logLines.join('');
  assert.doesNotMatch(told, /canary|tower rebuilt/);
});

test('where nothing is stored, ask, search and chat say so, and make no store', async (t) => {
  const DATA_DIR = join(await temporaryFolder(t), 'data');
  for (const command of [['ask', question], ['search', question], ['chat']]) {
    const { code, stderr } = await runCommand(command, { DATA_DIR });
    assert.deepEqual(
      [code, stderr],
      [1, `Nothing is stored in ${DATA_DIR} yet: npx assay ingest FILE stores documents.\n`],
    );
  }
  assert.equal(existsSync(DATA_DIR), false);
});

test('of a store that was emptied, ask says that it is damaged, not that nothing was ever stored', async (t) => {
  const { settings } = await storeOfTower(t);
  for (const ending of ['-wal', '-shm']) rmSync(join(settings.DATA_DIR, `assay.db${ending}`), { force: true });
  truncateSync(join(settings.DATA_DIR, 'assay.db'));
  const { code, stderr } = await runCommand(['ask', question], settings);
  assert.equal(code, 1);
  assert.match(stderr, /^assay\.db in the data folder is damaged/);
});

test('backup, restore, export and reembed print their results as JSON with --json', async (t) => {
  const { settings, folder } = await storeOfTower(t);
  const run = (...args: string[]) => runCommand([...args, '--json'], settings);
  const file = join(folder, 'backup.assay');
  const backup = await run('backup', file);
  const { documents, bytes } = JSON.parse(backup.stdout);
  assert.deepEqual([documents, bytes > 0, backup.stderr], [1, true, '']);
  assert.equal(JSON.parse((await run('restore', file, '--force')).stdout).documents, 1);
  const exported = await run('export', '-');
  assert.equal(JSON.parse(exported.stdout).text, text);
  assert.deepEqual(JSON.parse(exported.stderr), { file: null, passages: 1 });
  const saved = await run('export', join(folder, 'passages.jsonl'));
  assert.deepEqual([saved.stdout, JSON.parse(saved.stderr).passages], ['', 1]);
  assert.equal(JSON.parse(readFileSync(join(folder, 'passages.jsonl'), 'utf8')).text, text);
  assert.deepEqual(JSON.parse((await run('reembed')).stdout), {
    embeddingModel: 'text-embedding-3-small',
    passages: 1,
    taken: true,
  });
});

test('the exit code is 2 for wrong usage, and only for that', async (t) => {
  const DATA_DIR = await temporaryFolder(t);
  const codeOf = async (...args: string[]) => (await runCommand(args, { DATA_DIR })).code;
  for (const args of [
    [],
    ['nope'],
    ['ask'],
    ['ask', 'x', '--nope'],
    ['ask', ' '],
    ['ask', 'x', '--collection', 'A B'],
    ['ask', 'x', '--server', 'file:///tmp'],
    ['chat', '--server', 'http://me:canary@127.0.0.1:1'],
    ['search', 'x', '--top-k', '21'],
    ['completion', 'tcsh'],
    ['evaluate', '--on-incorrect', 'shrug', 'x'],
  ])
    assert.equal(await codeOf(...args), 2, args.join(' '));
  assert.equal(await codeOf('--help'), 0);
  assert.equal(await codeOf('ask', '--help'), 0);
  assert.equal(await codeOf('ask', 'x', '--server', 'http://127.0.0.1:1'), 1);
});

test('an address given as --server where something other than Assay replies is reported as such', async (t) => {
  const replies: Record<string, [status: number, type: string, body: string]> = {
    '/page': [200, 'text/html', '<p>Please log in'],
    '/lost': [404, 'text/html', '<p>Not found'],
    '/other': [200, 'application/json', '{"hello":1}'],
    '/broken': [200, 'application/json', '{"answer":'],
    '/nothing': [200, 'application/json', 'null'],
  };
  const server = createServer((request, response) => {
    const [status, type, body] = replies[request.url!.replace(/\/(ask|search)$/, '')]!;
    request.resume().once('end', () => response.writeHead(status, { 'content-type': type }).end(body));
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const runs = Object.keys(replies).flatMap((path) =>
    [['ask'], ['ask', '--json'], ['search']].map(async (command) => {
      const { stdout, stderr, code } = await runCommand([...command, 'x', '--server', url + path], {});
      const status = path === '/lost' ? ' \\(status 404\\)' : '( \\(status 200\\))?';
      assert.deepEqual([stdout, code], ['', 1], `${command} ${path}`);
      assert.match(
        stderr,
        new RegExp(`^What replies at \\S+${path} is not Assay${status}: is the address right\\?\n$`),
      );
    }),
  );
  await Promise.all(runs);
});
