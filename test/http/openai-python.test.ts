import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonWithOpenAi } from '../doubles/python-client.ts';
import { startService } from '../doubles/service.ts';

const script = fileURLToPath(new URL('openai_client.py', import.meta.url));
const correct = JSON.stringify({ quotes: [], reason: 'It says so.', verdict: 'Correct', score: 0.97 });

test('OpenAI’s Python client can ask, stream and embed, and gets a refusal as the error it expects', async (t) => {
  const found = await pythonWithOpenAi();
  if ('missing' in found) return t.skip(found.missing);
  const { url, openai, add } = await startService(t, { settings: { EMBEDDING_MODEL: 'scripted-embedding' } });
  await add('log.md', 'The tower was rebuilt in 1904 with granite from the north quarry.');
  openai.chat('It was rebuilt in 1904.', correct, 'It was rebuilt in 1904.', correct);
  const { PATH, HOME } = process.env;
  const { stdout } = await promisify(execFile)(found.python, [script], { env: { PATH, HOME, ASSAY_URL: url } });
  const { ask_id, total_tokens, streamed_tokens, ...got } = JSON.parse(stdout);
  assert.match(ask_id, /^ask_/);
  assert.ok(total_tokens > 0 && streamed_tokens > 0);
  assert.deepEqual(got, {
    models: ['default', 'default+footnote'],
    answer: 'It was rebuilt in 1904.',
    verdict: 'Correct',
    streamed: 'It was rebuilt in 1904.',
    streamed_verdict: 'Correct',
    dimensions: [64, 64],
    refused: { status: 404, code: 'model_not_found', type: 'invalid_request_error' },
  });
});

test('the Python snippet of docs/openai.md prints answer and verdict', async (t) => {
  const found = await pythonWithOpenAi();
  if ('missing' in found) return t.skip(found.missing);
  const page = readFileSync(new URL('../../docs/openai.md', import.meta.url), 'utf8');
  const { url, parts } = await startService(t, { embedded: true });
  const file = fileURLToPath(new URL('../../corpus/neuron-state-anomalies.md', import.meta.url));
  await parts.ingestFile('default', file, 'a.md');
  const snippet = /```py\n([\s\S]*?)```/.exec(page)![1]!.replace('http://127.0.0.1:3000', url);
  const { stdout } = await promisify(execFile)(found.python, ['-c', snippet]);
  assert.match(stdout, /^Training of the digit network took 8 epochs\. Correct /);
});
