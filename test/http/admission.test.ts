import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAdmission } from '../../src/http/admission.ts';
import { startService } from '../doubles/service.ts';

const question = 'Does alder rot under water?';

test('asks beyond MAX_CONCURRENT_ASKS wait in a bounded queue, first come first served; one that finds it full gets a 503 with Retry-After', async (t) => {
  const settings = { MAX_CONCURRENT_ASKS: '1', MAX_WAITING_ASKS: '1', ASK_WAIT_MS: '60000' };
  const { call, add, openai } = await startService(t, { settings });
  await add('alder.md', 'Alder wood does not rot under water.');
  const { promise, resolve } = Promise.withResolvers<void>();
  openai.chatWhen(/./, { content: 'No.', until: promise });
  const ask = () => call('POST', '/ask', { question, evaluation: 'none' });
  const first = ask();
  await openai.waitFor(({ path }) => path.endsWith('/chat/completions'));
  const waiting = async () => Number(/^assay_asks_waiting (\d+)$/m.exec((await call('GET', '/metrics')).text)![1]);
  const second = ask();
  while ((await waiting()) === 0);
  const third = await ask();
  assert.equal(third.status, 503);
  assert.equal(third.json.error.code, 'OVERLOADED');
  assert.equal(third.headers.get('retry-after'), '60');
  assert.equal(openai.chatRequests.length, 1);
  resolve();
  assert.deepEqual([(await first).status, (await second).status, await waiting()], [200, 200, 0]);
});

test('an ask that has waited for ASK_WAIT_MS gets a 503, and its place in the queue is free again', async (t) => {
  const settings = { MAX_CONCURRENT_ASKS: '1', MAX_WAITING_ASKS: '1', ASK_WAIT_MS: '200' };
  const { call, add, openai } = await startService(t, { settings });
  await add('alder.md', 'Alder wood does not rot under water.');
  const { promise, resolve } = Promise.withResolvers<void>();
  openai.chatWhen(/./, { content: 'No.', until: promise });
  const body = { question, evaluation: 'none' };
  const first = call('POST', '/ask', body);
  await openai.waitFor(({ path }) => path.endsWith('/chat/completions'));
  assert.equal((await call('POST', '/ask', body)).status, 503);
  resolve();
  assert.equal((await first).status, 200);
  assert.equal((await call('POST', '/ask', body)).status, 200, 'the place is free again');
});

test('a client that leaves while its ask waits in the queue frees its place at once, and takes none if it has left before', async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const begun: string[] = [];
  const { admit, state } = openAdmission({ most: 1, mostWaiting: 1, waitMs: 60_000 });
  const ask = (name: string, signal?: AbortSignal) =>
    admit(signal, async () => {
      begun.push(name);
      await held;
    });
  const first = ask('first');
  const leaving = new AbortController();
  const second = assert.rejects(ask('second', leaving.signal), /left/);
  leaving.abort(new Error('left'));
  await second;
  ask('gone before', leaving.signal).catch(() => {});
  assert.deepEqual(state(), { running: 1, waiting: 0 });
  const third = ask('third');
  release();
  await Promise.all([first, third]);
  assert.deepEqual([begun, state()], [['first', 'third'], { running: 0, waiting: 0 }]);
});

test('searches and embeddings beyond MAX_CONCURRENT_ASKS get a 503 with Retry-After; asks have a limit of their own', async (t) => {
  const settings = { MAX_CONCURRENT_ASKS: '1', ASK_WAIT_MS: '2000' };
  const { call, add, openai } = await startService(t, { settings });
  await add('alder.md', 'Alder wood does not rot under water.');
  const { promise, resolve } = Promise.withResolvers<void>();
  openai.embeddingsWhen('held', { until: promise });
  openai.chatWhen(/./, 'No.');
  const held = call('POST', '/search', { question: 'Is it held?' });
  await openai.waitFor(({ body }) => JSON.stringify(body ?? '').includes('held'));
  const embeddings = { model: 'text-embedding-3-small', input: 'a' };
  const tool = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'search', arguments: { question } } };
  for (const [path, body] of [
    ['/search', { question }],
    ['/v1/embeddings', embeddings],
  ] as const) {
    const { status, json, headers } = await call('POST', path, body);
    assert.deepEqual([status, json.error.code.toUpperCase()], [503, 'OVERLOADED'], path);
    assert.equal(headers.get('retry-after'), '2');
  }
  const accept = 'application/json, text/event-stream';
  const { text } = await call('POST', '/mcp', tool, { accept, 'mcp-protocol-version': '2025-06-18' });
  assert.match(text, /"isError":true/);
  assert.equal((await call('POST', '/ask', { question, evaluation: 'none' })).status, 200);
  resolve();
  assert.equal((await held).status, 200);
  assert.equal((await call('POST', '/v1/embeddings', embeddings)).status, 200);
});
