import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import fastify from 'fastify';
import { openEventStream, openEventStreamInTime } from '../../src/http/event-stream.ts';
import { startService } from '../doubles/service.ts';

const body = JSON.stringify({ question: 'Does alder rot under water?', stream: true, evaluation: 'none' });

async function start(t: TestContext) {
  const service = await startService(t);
  await service.add('alder.md', 'Alder wood does not rot under water.');
  return service;
}

/** The next event of a reply, as the name and the data it holds. */
async function* eventsOf(response: Response): AsyncGenerator<{ event: string; data: unknown }> {
  let rest = '';
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + piece).split('\n\n');
    rest = parts.pop()!;
    for (const part of parts) {
      const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(part) ?? [];
      if (event) yield { event, data: JSON.parse(data!) };
    }
  }
}

test('a token is sent as soon as it comes, not when the answer is complete', async (t) => {
  const { url, openai } = await start(t);
  const { promise, resolve } = Promise.withResolvers<void>();
  openai.chat({
    content: (async function* () {
      yield 'It does ';
      await promise;
      yield 'not.';
    })(),
  });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/ask`, { method: 'POST', headers, body });
  const told: string[] = [];
  for await (const { event, data } of eventsOf(response)) {
    told.push(event);
    if (event === 'token' && (data as { text: string }).text === 'It does ') resolve(); // else it would never go on
  }
  assert.deepEqual(told, ['context', 'token', 'token', 'answer', 'verdict', 'done']);
});

for (const [what, options, text] of [
  ['answer of the embedded models', { embedded: true }, 'Alder wood does not rot under water.'],
  ['abstention before any model is asked', { settings: { ABSTENTION: 'Nothing of that.' } }, ''],
] as const)
  test(`an ${what} is streamed as one token with the whole text`, async (t) => {
    const { url, add, openai } = await startService(t, options);
    if (text !== '') await add('alder.md', text);
    const headers = { 'content-type': 'application/json' };
    const events = await Array.fromAsync(eventsOf(await fetch(`${url}/ask`, { method: 'POST', headers, body })));
    assert.deepEqual(
      events.map(({ event }) => event),
      ['context', 'token', 'answer', 'verdict', 'done'],
    );
    const [, token, answer] = events.map(({ data }) => data as { text: string });
    assert.deepEqual(
      [token!.text, answer!.text, openai?.chatRequests ?? []],
      [text || 'Nothing of that.', token!.text, []],
    );
  });

for (const [onIncorrect, judged, shown] of [
  ['retry', '{"quotes":[],"reason":"So it says.","verdict":"Correct","score":0.9}', 'It does not.'],
  ['abstain', '{"quotes":[],"reason":"It says not.","verdict":"Incorrect","score":0.1}', 'Nothing of that.'],
] as const)
  test(`with onIncorrect “${onIncorrect}” the answer that is shown is streamed as one token, once it is judged`, async (t) => {
    const { url, add, openai } = await startService(t, { settings: { ABSTENTION: 'Nothing of that.' } });
    await add('alder.md', 'Alder wood does not rot under water.');
    openai.chat('It does not.', judged);
    const asked = { question: 'Does alder rot under water?', stream: true, onIncorrect };
    const headers = { 'content-type': 'application/json' };
    const events = await Array.fromAsync(
      eventsOf(await fetch(`${url}/ask`, { method: 'POST', headers, body: JSON.stringify(asked) })),
    );
    assert.deepEqual(
      events.map(({ event }) => event),
      ['context', 'token', 'answer', 'verdict', 'done'],
    );
    const [, token, answer] = events.map(({ data }) => (data as { text: string }).text);
    assert.deepEqual([token, answer], [shown, shown]);
  });

test('a client that stops reading stops the model’s stream too, and one that leaves cancels the call', async (t) => {
  const { url, openai } = await start(t);
  let pulled = 0;
  // As many words as a reply may hold, each an event of many times its length: more than the connection's buffers hold.
  const most = 400_000;
  openai.chat({
    content: (async function* () {
      for (; pulled < most; pulled += 1) yield 'w ';
    })(),
  });
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.pause();
  socket.write(
    `POST /ask HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  await openai.waitFor(({ path }) => path.endsWith('/chat/completions'));
  let before = -1;
  let still = 0;
  while (still < 20) {
    still = pulled > 0 && pulled === before ? still + 1 : 0;
    before = pulled;
    await delay(20);
  }
  assert.ok(pulled < most / 2, `${pulled} of ${most} words were taken`);
  socket.destroy();
  await openai.waitFor(({ path, aborted }) => path.endsWith('/chat/completions') && aborted);
});

test('a client that leaves in mid-stream is logged like any other that leaves', async (t) => {
  const { url, openai, waitForLog, logLines } = await start(t);
  const never = Promise.withResolvers<void>();
  t.after(() => never.resolve());
  openai.chat({
    content: (async function* () {
      yield 'It does ';
      await never.promise;
    })(),
  });
  const leaving = new AbortController();
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/ask`, { method: 'POST', headers, body, signal: leaving.signal });
  for await (const { event } of eventsOf(response)) if (event === 'token') break;
  leaving.abort();
  assert.equal(JSON.parse(await waitForLog('client left')).status, 499);
  assert.ok(!logLines.some((line) => line.includes('stream ended')));
});

test('the field “stream” decides whether an ask is streamed; without it the Accept header does', async (t) => {
  const { call, openai } = await start(t);
  const isStream = async (accept: string, more = {}) => {
    openai.chat('It does not.');
    const { headers } = await call(
      'POST',
      '/ask',
      { question: 'Does alder rot?', evaluation: 'none', ...more },
      { accept },
    );
    return headers.get('content-type')!.startsWith('text/event-stream');
  };
  for (const accept of [
    'text/event-stream',
    'application/json, text/event-stream',
    'Text/Event-Stream;charset=utf-8',
  ]) {
    assert.equal(await isStream(accept), true, accept);
    assert.equal(await isStream(accept, { stream: false }), false, accept);
  }
  for (const accept of [
    '*/*',
    'text/event-stream;q=0, application/json',
    'application/json, text/event-stream;q=0.5',
  ]) {
    assert.equal(await isStream(accept), false, accept);
    assert.equal(await isStream(accept, { stream: true }), true, accept);
  }
});

test('a stream that has nothing to send is kept open by comments', async (t) => {
  const app = fastify();
  app.get('/', async (_request, reply) => {
    const stream = openEventStream(reply, 5);
    reply.raw.once('close', () => stream.end());
    return reply;
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => app.close());
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
  let text = '';
  while ((text.match(/: still here\n\n/g) ?? []).length < 3) text += String((await once(socket, 'data'))[0]);
  socket.destroy();
});

test('a stream opens after a while even if it has nothing to send yet; a failure before that has an HTTP status', async (t) => {
  const app = fastify();
  const { promise: seen, resolve: see } = Promise.withResolvers<void>();
  app.get('/late', async (_request, reply) => {
    const { tell, end, hasOpened } = openEventStreamInTime(reply, 5);
    await seen;
    await tell('error', { hasOpened: hasOpened() });
    end();
    return reply;
  });
  app.get('/soon', async (_request, reply) => {
    if (!openEventStreamInTime(reply, 60_000).hasOpened()) throw Object.assign(new Error('soon'), { statusCode: 503 });
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => app.close());
  assert.equal((await fetch(`${url}/soon`)).status, 503);
  const { status, body } = await fetch(`${url}/late`);
  assert.equal(status, 200);
  let text = '';
  for await (const piece of body!) {
    text += Buffer.from(piece).toString();
    see();
  }
  assert.match(text, /^(: still here\n\n)+event: error\ndata: \{"hasOpened":true\}\n\n$/);
});
