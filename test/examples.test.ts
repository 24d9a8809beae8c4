import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createClient } from '../packages/client/src/index.ts';
import { startService } from './doubles/service.ts';
import { temporaryFolder } from './doubles/temporary-folder.ts';

const examples = fileURLToPath(new URL('../examples', import.meta.url));
const question = 'Which wood does not rot under water?';

/** Runs an example against a service without a language model: first with a wrong key, which must be rejected, then with the right one. */
async function run(t: TestContext, command: string, file: string) {
  const { url, call } = await startService(t, { embedded: true, settings: { API_KEYS: 'me:canary-key-me' } });
  const { PATH, HOME } = process.env;
  const once = (key: string) =>
    promisify(execFile)(command, [`${examples}/${file}`], { env: { PATH, HOME, ASSAY_URL: url, ASSAY_KEY: key } });
  await assert.rejects(once('another-key'), (error: { code: number; stdout: string; stderr: string }) => {
    assert.match(error.stdout + error.stderr, /KEY_REJECTED/);
    return error.code !== 0;
  });
  const { stdout, stderr } = await once('canary-key-me');
  assert.equal(stderr, '');
  const asked = await call('POST', '/ask', { question }, { authorization: 'Bearer canary-key-me' });
  return { stdout, answer: asked.json.answer as string };
}

test('the curl example adds a document, asks, streams, and asks as an OpenAI client', async (t) => {
  const { stdout, answer } = await run(t, 'bash', 'ask.sh');
  const lines = stdout.split('\n').filter((line) => line !== '');
  assert.equal(JSON.parse(lines[0]!).source, 'examples/alder.md');
  assert.equal(JSON.parse(lines[1]!).answer, answer);
  assert.match(answer, /Alder wood does not rot under water/);
  const events = lines.filter((line) => line.startsWith('event: ')).map((line) => line.slice(7));
  assert.deepEqual(events, ['context', 'token', 'answer', 'verdict', 'done']);
  const completion = JSON.parse(lines.at(-1)!);
  assert.ok(completion.choices[0].message.content.startsWith(`${answer}\n\n---\n**Verdict: `));
});

test('the TypeScript example adds a document, asks and streams with the typed client', async (t) => {
  const { stdout, answer } = await run(t, process.execPath, 'ask.ts');
  assert.equal(stdout.split(answer).length, 4 + 1, 'as the answer, as its quotation, and streamed in tokens and whole');
  assert.match(stdout, /(Correct|Incorrect): .*\n {2}“.*” \(examples\/alder\.md\)\nfound in examples\/alder\.md\n/);
});

test('the Python example adds a document, asks and streams with the standard library', async (t) => {
  const { stdout, answer } = await run(t, 'python3', 'ask.py');
  assert.equal(stdout.split(answer).length, 4 + 1);
  assert.match(stdout, /(Correct|Incorrect): .*\n {2}“.*”\n/);
});

test('the snippet in packages/client/README.md runs in a folder that has the package linked, and the page names every call', async (t) => {
  const { url } = await startService(t, { embedded: true });
  const page = readFileSync(new URL('../packages/client/README.md', import.meta.url), 'utf8');
  const [, snippet] = /```ts\n([\s\S]*?)```/.exec(page)!;
  const folder = await temporaryFolder(t);
  mkdirSync(`${folder}/node_modules/@assay`, { recursive: true });
  symlinkSync(new URL('../packages/client', import.meta.url), `${folder}/node_modules/@assay/client`);
  writeFileSync(`${folder}/snippet.mts`, snippet!.replace('http://127.0.0.1:3000', url));
  const { stdout } = await promisify(execFile)(process.execPath, ['snippet.mts'], { cwd: folder });
  assert.match(stdout, /^Alder wood does not rot under water\. Correct \[[\s\S]*\]\nAlder wood .*\.Correct /);
  const calls = Object.keys(createClient({ baseUrl: url }));
  const named = [...page.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, names]) => names!.match(/\w+/g)!);
  assert.deepEqual(named.sort(), calls.sort());
});

test('the curl commands in docs/openai.md and docs/mcp.md work, and their configurations are JSON', async (t) => {
  const { url, parts } = await startService(t, { embedded: true });
  await parts.ingestFile(
    'default',
    fileURLToPath(new URL('../corpus/neuron-state-anomalies.md', import.meta.url)),
    'a.md',
  );
  const replies: string[] = [];
  for (const page of ['openai.md', 'mcp.md']) {
    const text = readFileSync(new URL(`../docs/${page}`, import.meta.url), 'utf8');
    for (const [, block] of text.matchAll(/```json\n([\s\S]*?)```/g)) assert.ok(JSON.parse(block!));
    for (const [command] of text.matchAll(/^curl .*/gm)) {
      const { stdout } = await promisify(execFile)('bash', ['-c', command.replaceAll('http://127.0.0.1:3000', url)]);
      replies.push(stdout);
    }
  }
  const [models, completion, embeddings, mcp] = replies.map((reply) => JSON.parse(reply));
  assert.equal(replies.length, 4);
  assert.equal(models.data[1].id, 'default+footnote');
  assert.match(completion.choices[0].message.content, /8 epochs/);
  assert.equal(embeddings.data[0].embedding.length, 384);
  assert.match(mcp.result.content[0].text, /^Answer: .*8 epochs/);
});
