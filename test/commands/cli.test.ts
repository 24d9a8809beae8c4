import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { noTerminal, runCommand, startCommand, startOnTerminal, startServing } from '../doubles/command-line.ts';
import { freePort } from '../doubles/free-port.ts';
import { startOpenAiServer } from '../doubles/openai-server.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';
import { childrenOf, quiet } from '../torture/victim.ts';

test('the sample corpus is ingested and answers a question without any settings; ingesting it again changes nothing', async (t) => {
  const settings = { DATA_DIR: await temporaryFolder(t) };
  const first = await runCommand(['ingest', 'corpus'], settings);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stderr, /Ingested 13 files: 13 new, 0 replaced, 0 unchanged, 0 skipped\./);
  assert.match(
    (await runCommand(['ingest', 'corpus'], settings)).stderr,
    /0 new, 0 replaced, 13 unchanged, 0 skipped\./,
  );

  const asked = await runCommand(
    ['ask', 'How many epochs did the training of the digit network take?', '--json'],
    settings,
  );
  assert.equal(asked.code, 0, asked.stderr);
  const reply = JSON.parse(asked.stdout);
  assert.match(reply.answer, /\b(8|eight)\b/i);
  assert.equal(reply.context[0].source, 'neuron-state-anomalies.md');
  assert.equal(reply.context.length, 3);
  assert.equal(reply.usage.modelCalls, 0);
  assert.match(reply.verdict.reason, /No language model is configured/);

  const shown = await runCommand(['ask', 'Who won the football match on Sunday?'], settings);
  assert.match(shown.stdout, /I don't know/);
});

test('a bad file is reported and skipped, the others are ingested, and the exit code is 1', async (t) => {
  const folder = await temporaryFolder(t);
  mkdirSync(join(folder, 'in/.hidden'), { recursive: true });
  writeFileSync(join(folder, 'in/good.md'), '# Good\n\nAlder wood is light.');
  writeFileSync(join(folder, 'in/bad.pdf'), 'no pdf');
  writeFileSync(join(folder, 'in/what.bin'), 'x');
  writeFileSync(join(folder, 'in/.hidden/secret.md'), 'Not to be read.');
  const { stderr, code } = await runCommand(['ingest', join(folder, 'in'), '--collection', 'wood'], {
    DATA_DIR: join(folder, 'data'),
  });
  assert.equal(code, 1);
  assert.match(stderr, /skipped bad\.pdf: /);
  assert.match(stderr, /skipped what\.bin: /);
  assert.match(stderr, /Ingested 3 files: 1 new, 0 replaced, 0 unchanged, 2 skipped\./);
});

test('ingest --charset reads texts that are not UTF-8, and refuses a name that stands for no encoding', async (t) => {
  const folder = await temporaryFolder(t);
  const settings = { DATA_DIR: join(folder, 'data') };
  writeFileSync(join(folder, 'old.txt'), 'Die Br\xfccke ist 12 Meter lang.', 'latin1');
  const refused = await runCommand(['ingest', join(folder, 'old.txt')], settings);
  assert.match(refused.stderr, /skipped old\.txt: The file is not valid UTF-8\. .*give its charset/);
  const unknown = await runCommand(['ingest', join(folder, 'old.txt'), '--charset', 'ansi'], settings);
  assert.match(unknown.stderr, /--charset must be the name of an encoding, such as windows-1252/);
  assert.equal(unknown.code, 2);
  await runCommand(['ingest', join(folder, 'old.txt'), '--charset', 'windows-1252'], settings);
  const { stdout } = await runCommand(['search', 'How long is the bridge?', '--json'], settings);
  assert.match(stdout, /Die Brücke ist 12 Meter lang\./);
});

test('serve says that there are no documents yet and how to add some; afterwards, how to ask about them', async (t) => {
  const folder = await temporaryFolder(t);
  const settings = { DATA_DIR: join(folder, 'data') };
  const empty = await startServing(t, settings);
  assert.match(empty.told(), /It holds no documents yet\./);
  assert.doesNotMatch(empty.told(), /Ask it something/);
  empty.child.kill('SIGTERM');
  await empty.exit;
  writeFileSync(join(folder, 'wood.md'), '# Wood\n\nAlder wood is light.');
  await runCommand(['ingest', join(folder, 'wood.md')], settings);
  const filled = await startServing(t, settings);
  assert.match(filled.told(), /Ask it something:\n {2}curl .*"Your question"/);
});

test('serve --ingest-corpus prints a question that gets three passages and a verdict, ends cleanly, and keeps its documents', async (t) => {
  const settings = { DATA_DIR: await temporaryFolder(t) };
  const { url, child, exit, told } = await startServing(t, settings, ['--ingest-corpus']);
  assert.match(told(), /No language model is configured/);
  const question = /"question":"([^"]+)"/.exec(told())![1]!;
  const response = await fetch(`${url}/ask`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ question }),
  });
  const reply = (await response.json()) as {
    context: unknown[];
    verdict: { label: string; evidence: unknown[] };
    abstained: boolean;
  };
  assert.equal(reply.context.length, 3);
  assert.equal(reply.abstained, false);
  assert.equal(reply.verdict.label, 'Correct');
  assert.ok(reply.verdict.evidence.length > 0);
  child.kill('SIGTERM');
  assert.deepEqual(await exit, [0, null]);
  // What was ingested is kept: the next start needs no ingest.
  const again = await startServing(t, settings);
  const { documents } = (await (await fetch(`${again.url}/health/ready`)).json()) as { documents: number };
  assert.equal(documents, 13);
});

test('a service started before its model server is alive, says what it waits for, and becomes ready once the server is there', async (t) => {
  const [port, modelPort] = [await freePort(), await freePort()];
  const child = startCommand(['serve', '--ingest-corpus'], {
    DATA_DIR: await temporaryFolder(t),
    PORT: String(port),
    OPENAI_BASE_URL: `http://127.0.0.1:${modelPort}/v1`,
    MODEL_MAX_RETRIES: '0',
  });
  const exit = once(child, 'exit');
  t.after(() => child.kill('SIGKILL'));
  const health = async (what: string) => {
    const reply = await fetch(`http://127.0.0.1:${port}/health/${what}`).catch(() => null);
    return reply && { status: reply.status, body: (await reply.json()) as Record<string, never> };
  };
  const until = async (holds: (ready: NonNullable<Awaited<ReturnType<typeof health>>>) => boolean) => {
    for (;;) {
      const ready = await health('ready');
      if (ready && holds(ready)) return ready;
      await delay(50);
    }
  };
  const { status, body } = await until(({ body }) => /can't be ingested yet/.test(JSON.stringify(body)));
  assert.equal(status, 503);
  assert.match(
    JSON.stringify(body),
    /"code":"NOT_READY","message":"The documents of CORPUS_DIR can't be ingested yet: /,
  );
  assert.equal((await health('live'))?.status, 200);
  await startOpenAiServer({ test: t, port: modelPort });
  const ready = await until(({ status }) => status === 200);
  assert.equal(ready.body.documents, 13);
  child.kill('SIGTERM');
  assert.deepEqual(await exit, [0, null]);
});

test('the name of a file says nothing to the terminal', async (t) => {
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, 'red\u001b[31m\u0007.bin'), 'x');
  const { stderr, code } = await runCommand(['ingest', folder], { DATA_DIR: join(folder, '.data') });
  assert.deepEqual([code, /\p{Cc}/u.test(stderr.replaceAll('\n', ''))], [1, false], JSON.stringify(stderr));
  assert.match(stderr, /skipped red\[31m\.bin: This kind/);
});

test('a CORPUS_DIR that does not exist is told at the start, and the service serves what it has', async (t) => {
  const folder = await temporaryFolder(t);
  const settings = { DATA_DIR: join(folder, 'data'), CORPUS_DIR: join(folder, 'nowhere') };
  await runCommand(['ingest', 'corpus/linsatnet.md'], settings);
  const { url, child, exit, logged } = await startServing(t, settings, ['--ingest-corpus']);
  const { documents } = (await (await fetch(`${url}/health/ready`)).json()) as { documents: number };
  assert.equal(documents, 1);
  child.kill('SIGTERM');
  await exit;
  const lines = logged()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const line = lines.find(({ msg }) => msg === 'CORPUS_DIR does not exist, so nothing is ingested');
  assert.equal(line?.corpusDir, settings.CORPUS_DIR, logged());
});

test('SIGHUP ingests CORPUS_DIR anew if the start did or it was named, and adds no sample documents to a service that was started without', async (t) => {
  const CORPUS_DIR = await temporaryFolder(t);
  writeFileSync(join(CORPUS_DIR, 'alder.md'), 'Alder wood does not rot under water.');
  const documents = async (url: string) => {
    const { documents: all } = (await (await fetch(`${url}/documents`)).json()) as { documents: { source: string }[] };
    return all.map(({ source }) => source).sort();
  };
  const logs = async (child: ChildProcess, logged: () => string, pattern: RegExp) => {
    while (!pattern.test(logged())) await once(child.stdout!, 'data');
    return pattern.exec(logged())!;
  };

  const kept = await startServing(t, { CORPUS_DIR, DATA_DIR: await temporaryFolder(t) }, ['--ingest-corpus']);
  writeFileSync(join(CORPUS_DIR, 'oak.md'), 'Oak wood is hard.');
  kept.child.kill('SIGHUP');
  const [, jobId] = await logs(kept.child, kept.logged, /"jobId":"(\w+[^"]*)","msg":"ingesting CORPUS_DIR anew"/);
  await (await fetch(`${kept.url}/jobs/${jobId}`, { headers: { accept: 'text/event-stream' } })).text();
  assert.deepEqual(await documents(kept.url), ['alder.md', 'oak.md']);

  const named = await startServing(t, { CORPUS_DIR, DATA_DIR: await temporaryFolder(t) });
  named.child.kill('SIGHUP');
  await logs(named.child, named.logged, /"msg":"ingesting CORPUS_DIR anew"/);

  const empty = await startServing(t, { DATA_DIR: await temporaryFolder(t) });
  empty.child.kill('SIGHUP');
  await logs(empty.child, empty.logged, /"msg":"(ingesting CORPUS_DIR anew|CORPUS_DIR is left alone)"/);
  assert.doesNotMatch(empty.logged(), /anew/);
  assert.deepEqual(await documents(empty.url), []);
});

test('a service that waits for its model server ends on SIGTERM', async (t) => {
  const child = startCommand(['serve', '--ingest-corpus'], {
    DATA_DIR: await temporaryFolder(t),
    PORT: '0',
    OPENAI_BASE_URL: `http://127.0.0.1:${await freePort()}/v1`,
    MODEL_MAX_RETRIES: '0',
  });
  t.after(() => child.kill('SIGKILL'));
  let told = '';
  await new Promise<void>((resolve) =>
    child.stdout!.setEncoding('utf8').on('data', (text) => {
      told += text;
      if (/cannot be ingested yet/.test(told)) resolve();
    }),
  );
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

test('started in another folder, as by a service manager, Assay takes its own prompts and weights', async (t) => {
  const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
  const cwd = await temporaryFolder(t);
  const child = spawn(process.execPath, [cli, 'doctor'], { cwd, env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
  const told = (await child.stdout.setEncoding('utf8').toArray()).join('');
  assert.match(told, /^ok {5}prompts /m);
  assert.match(told, /^ok {5}weights of e5-small-v2-q /m);
  assert.match(told, /^ok {5}embedding model /m);
});

test('a stdout that cannot be written to, as on a full disk, is reported in one sentence', {
  skip: !existsSync('/dev/full') && 'there is no /dev/full',
}, async (t) => {
  const settings = { DATA_DIR: await temporaryFolder(t) };
  await runCommand(['ingest', 'corpus/neuron-state-anomalies.md'], settings);
  for (const args of [
    ['export', '-'],
    ['search', 'epochs', '--json'],
    ['key', 'ann'],
  ]) {
    const full = openSync('/dev/full', 'w');
    const child = startCommand(args, settings, undefined, 'ignore', { stdout: full });
    closeSync(full);
    const told = (await child.stderr!.setEncoding('utf8').toArray()).join('');
    assert.match(told, /The output could not be written: there is no room\.\n$/, args.join(' '));
    assert.doesNotMatch(told, / at /);
    assert.equal(child.exitCode ?? (await once(child, 'exit'))[0], 1);
  }
});

test('a service whose log or messages cannot be written, as on a full disk, goes on and ends when it is told to', {
  skip: !existsSync('/dev/full') && 'there is no /dev/full',
  timeout: 120_000,
}, async (t) => {
  for (const full of ['stdout', 'stderr'] as const) {
    const PORT = String(await freePort());
    const descriptor = openSync('/dev/full', 'w');
    const settings = { DATA_DIR: await temporaryFolder(t), PORT };
    const child = startCommand(['serve'], settings, undefined, 'ignore', { [full]: descriptor });
    closeSync(descriptor);
    const exit = once(child, 'exit');
    t.after(() => child.kill('SIGKILL'));
    const told = (child.stderr ?? child.stdout)!.setEncoding('utf8').toArray();
    const isReady = () => fetch(`http://127.0.0.1:${PORT}/health/ready`).then(({ status }) => status === 200);
    while (!(await isReady().catch(() => false))) await delay(50);
    for (let at = 0; at < 3; at += 1) assert.ok(await isReady());
    child.kill('SIGTERM');
    assert.deepEqual(await exit, [0, null]);
    if (full === 'stdout')
      assert.equal(
        (await told).join('').match(/The log could not be written: there is no room; lines of it are lost\.\n/g)
          ?.length,
        1,
      );
  }
});

test('a terminal that closes ends the service that runs on it', { skip: noTerminal, timeout: 120_000 }, async (t) => {
  const settings = { DATA_DIR: join(await temporaryFolder(t), 'data'), PORT: '0' };
  const terminal = startOnTerminal(['serve'], settings);
  await terminal.waitFor('listens on');
  const [service] = childrenOf(terminal.pid);
  t.after(() => {
    if (childrenOf(service!).length > 0) process.kill(service!, 'SIGKILL');
  });
  await terminal.stop();
  await quiet(settings.DATA_DIR);
});

test('assay --version prints the version', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const { stdout, stderr, code } = await runCommand(['--version'], {});
  assert.deepEqual([stdout, stderr, code], [`${version}\n`, '', 0]);
});

test('src/main.ts serves if it is given nothing else to do, and otherwise is the assay command', async () => {
  const asked = await runCommand(['search', ''], { TOP_K: 'canary' }, 'src/main.ts');
  assert.deepEqual([asked.code, asked.stdout, asked.stderr], [2, '', 'The question must not be empty.\n']);
  const { code, stdout } = await runCommand(['serve', '--help'], {}, 'src/main.ts');
  assert.equal(code, 0);
  assert.match(stdout, /^Usage: assay serve/);
});

test('a reader of stdout that stops early is not an error', async (t) => {
  const child = startCommand(['completion', 'bash'], { DATA_DIR: await temporaryFolder(t) });
  child.stdout!.destroy();
  const told = (await child.stderr!.setEncoding('utf8').toArray()).join('');
  assert.deepEqual([told, child.exitCode ?? (await once(child, 'exit'))[0]], ['', 0]);
});

test('a second SIGTERM, as may be sent to a whole process group, does not cut off an ask under way', async (t) => {
  const openai = await startOpenAiServer({ test: t });
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  openai.chat({ content: 'It is light.', until: released });
  const settings = { DATA_DIR: await temporaryFolder(t), OPENAI_BASE_URL: openai.baseUrl };
  const { url, child, exit } = await startServing(t, settings);
  const post = (path: string, body: object) =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  await post('/documents', { source: 'a.md', text: 'Alder wood is light.' });
  const asked = post('/ask', { question: 'How is alder wood?', evaluation: 'none' });
  await openai.waitFor(({ path }) => path === '/v1/chat/completions');
  const stopping = Promise.withResolvers<void>();
  child.stdout!.on('data', (text) => {
    if (/stopping/.test(text)) stopping.resolve();
  });
  child.kill('SIGTERM');
  await stopping.promise;
  child.kill('SIGTERM');
  release();
  assert.equal((await asked).status, 200);
  assert.deepEqual(await exit, [0, null]);
});

test('a killed service leaves no knowledge host behind that keeps the store locked', async (t) => {
  const settings = { DATA_DIR: await temporaryFolder(t) };
  const { child, exit } = await startServing(t, settings);
  child.kill('SIGKILL');
  await exit;
  await startServing(t, settings);
});

test('whatever stops the start is reported in plain words, without a stack trace', async (t) => {
  const DATA_DIR = await temporaryFolder(t);
  const bad = await runCommand(['serve'], { DATA_DIR, TOP_K: 'canary', HOST: '0.0.0.0' });
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /^The settings can't be used:\n {2}TOP_K: must be a whole number/);
  assert.doesNotMatch(bad.stderr, /canary|node:|at /);

  const byMain = await runCommand([], { DATA_DIR, TOP_K: 'canary' }, 'src/main.ts');
  assert.deepEqual([byMain.code, byMain.stderr], [1, "The settings can't be used:\n  TOP_K: must be a whole number\n"]);

  const missing = await runCommand(['serve'], { DATA_DIR, MODELS_DIR: DATA_DIR });
  assert.match(missing.stderr, /weights of e5-small-v2-q are not there yet\. Run `npm run setup` once\./);

  const taken = createServer().listen(0, '127.0.0.1');
  t.after(async () => void taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const inUse = await runCommand(['serve'], { DATA_DIR, PORT: String(port) });
  assert.equal(inUse.code, 1);
  assert.match(inUse.stderr, /PORT: \d+ is in use on 127\.0\.0\.1; set PORT to another\./);

  const elsewhere = await runCommand(['serve'], { DATA_DIR, PORT: '0', HOST: '192.0.2.1', ALLOW_ANONYMOUS: 'true' });
  assert.equal(elsewhere.code, 1);
  assert.match(elsewhere.stderr, /^HOST: 192\.0\.2\.1 is no address of this machine/m);
  const unscoped = await runCommand(['serve'], { DATA_DIR, PORT: '0', HOST: 'fe80::1', ALLOW_ANONYMOUS: 'true' });
  assert.match(unscoped.stderr, /^HOST: fe80::1 is no address of this machine/m);

  const OPENAI_BASE_URL = `http://127.0.0.1:${port}/v1`;
  const uncalibrated = await runCommand(['serve'], { DATA_DIR, OPENAI_BASE_URL, EVALUATION_CALIBRATION: DATA_DIR });
  assert.deepEqual([uncalibrated.code, uncalibrated.stderr], [1, "EVALUATION_CALIBRATION: the file can't be read.\n"]);

  const noTemporary = await runCommand(['evaluate'], { DATA_DIR, TMPDIR: '/dev/null' });
  assert.equal(noTemporary.stderr, 'No folder can be made in /dev/null: set TMPDIR to one that can be written.\n');

  const notThere = await runCommand(['ingest', join(DATA_DIR, 'nowhere')], { DATA_DIR });
  assert.match(notThere.stderr, /There is no file or folder/);
  assert.equal(notThere.code, 1);
  assert.match((await runCommand(['ask', ' '], { DATA_DIR })).stderr, /must not be empty/);
});

test('doctor says what is in order, and how to mend what is not', async (t) => {
  const settings = { DATA_DIR: await temporaryFolder(t) };
  const well = await runCommand(['doctor', '--json'], settings);
  assert.equal(well.code, 0, well.stdout + well.stderr);
  const findings = JSON.parse(well.stdout) as { name: string; ok: boolean }[];
  assert.ok(findings.length >= 7 && findings.every(({ ok }) => ok));

  const openai = await startOpenAiServer();
  await openai.close();
  const EVALUATION_CALIBRATION = join(settings.DATA_DIR, 'calibration.json');
  writeFileSync(EVALUATION_CALIBRATION, JSON.stringify({ madeBy: 'assay evaluate', judges: [] }));
  const ill = await runCommand(['doctor'], {
    ...settings,
    OPENAI_BASE_URL: openai.baseUrl,
    MODEL_MAX_RETRIES: '0',
    PROMPTS_DIR: settings.DATA_DIR,
    EVALUATION_CALIBRATION,
    REDIS_URL: 'redis://:canary-word@127.0.0.1:9',
  });
  assert.equal(ill.code, 1);
  assert.match(
    ill.stdout,
    /WRONG {2}calibration .*It holds none of gpt-4\.1-mini in the style rubric: npx assay evaluate/,
  );
  assert.match(ill.stdout, /WRONG {2}Redis .*does not reply \(ECONNREFUSED\)/);
  assert.doesNotMatch(ill.stdout + ill.stderr, /canary/);
  assert.match(ill.stdout, /WRONG {2}prompts .*The prompts can't be used/);
  assert.match(ill.stdout, /WRONG {2}chat model .*cannot be reached/);
  assert.match(ill.stdout, /ok +store /);
});

test('doctor tries the fallback by itself, and the entailment model: both are needed when nobody looks', async (t) => {
  const openai = await startOpenAiServer({ test: t });
  const gone = await startOpenAiServer();
  await gone.close();
  const common = { DATA_DIR: await temporaryFolder(t), MODEL_MAX_RETRIES: '0', EMBEDDING_MODEL: 'e5-small-v2-q' };
  openai.chat('ready', 'ready');
  const first = await runCommand(['doctor'], {
    ...common,
    OPENAI_BASE_URL: openai.baseUrl,
    FALLBACK_BASE_URL: gone.baseUrl,
    ENTAILMENT_MODEL_DIR: common.DATA_DIR,
  });
  assert.equal(first.code, 1);
  assert.match(first.stdout, /ok +chat model gpt-4\.1-mini +answers/);
  assert.match(first.stdout, /WRONG +fallback model gpt-4\.1-mini +The model server cannot be reached/);
  assert.match(first.stdout, /WRONG +entailment model .*not found in the folder/);
  const second = await runCommand(['doctor'], {
    ...common,
    OPENAI_BASE_URL: gone.baseUrl,
    FALLBACK_BASE_URL: openai.baseUrl,
    FALLBACK_CHAT_MODEL: 'spare',
  });
  assert.match(second.stdout, /WRONG +chat model gpt-4\.1-mini +The model server cannot be reached/);
  assert.match(second.stdout, /ok +fallback model spare +answers/);
});

test('after a change from the embedded models to a model server, asks are refused until the store is re-embedded', async (t) => {
  const openai = await startOpenAiServer({ test: t });
  const DATA_DIR = await temporaryFolder(t);
  const server = { DATA_DIR, OPENAI_BASE_URL: openai.baseUrl, MODEL_MAX_RETRIES: '0' };
  await runCommand(['ingest', 'corpus/glossary.md'], { DATA_DIR });
  const refused = await runCommand(['ask', 'What is top k?'], server);
  assert.match(refused.stderr, /embedded with e5-small-v2-q.*npx assay reembed/);
  assert.match(
    (await runCommand(['reembed'], server)).stderr,
    /Re-embedded \d+ passages with text-embedding-3-small\./,
  );
  openai.chat('Top k is 3.', '{"verdict":"Correct","reason":"So it says.","score":1,"quotes":[]}');
  const asked = await runCommand(['ask', 'What is top k?'], server);
  assert.match(asked.stdout, /^Top k is 3\.\n\nCorrect, 100 of 100: So it says\./);
});
