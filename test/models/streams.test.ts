import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openModelServer } from '../../src/models/model-server.ts';
import { CheckedOpenAiChatModel } from '../../src/models/openai-chat-model.ts';
import { type Failure, fail } from '../doubles/openai-replies.ts';
import { startOpenAiServer } from '../doubles/openai-server.ts';
import { hello, openServedModels, readStream } from '../doubles/served-models.ts';

const finished = { choices: [{ index: 0, delta: { content: 'Said.' }, finish_reason: 'stop' }] };

/** A stream that says that it is done, and ends only when `end` is called. */
function endsLate() {
  const responses: ServerResponse[] = [];
  const reply: Failure = {
    send(response) {
      responses.push(response);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(finished)}\n\ndata: [DONE]\n\n`);
    },
  };
  return { reply, end: () => responses.at(-1)!.end() };
}

test('a stream keeps its connection where the server ends it a moment after its last event, for which nobody waits', async (t) => {
  const { openai, chat, server } = await openServedModels(t);
  const { reply, end } = endsLate();
  const sockets = new Set<Socket | null>();
  const noted: Failure = {
    send(response, good) {
      sockets.add(response.socket);
      reply.send(response, good);
    },
  };
  for (let at = 0; at < 6; at += 1) {
    openai.chat(noted);
    assert.equal(await readStream(chat), 'Said.');
    end();
    while (server.state().running > 0) await nextTurn();
  }
  // Another one, where the pool has not noted yet that the first is free.
  assert.ok(sockets.size <= 2, `${sockets.size} connections`);
});

test('a stream that its server never ends is ended', async (t) => {
  const { openai, chat } = await openServedModels(t);
  openai.chat(endsLate().reply);
  assert.equal(await readStream(chat), 'Said.');
  await openai.waitFor(({ aborted }) => aborted);
});

test('a stream that is reset after its last event has been read all the same', async (t) => {
  const { openai, chat, server } = await openServedModels(t);
  const { reply } = endsLate();
  let reset = () => {};
  openai.chat({
    drops: true,
    send(response, good) {
      reset = () => response.socket?.resetAndDestroy();
      reply.send(response, good);
    },
  });
  assert.equal(await readStream(chat), 'Said.');
  reset();
  while (server.state().running > 0) await nextTurn();
});

test('a stream whose reader leaves while the model thinks is cancelled at the server', {
  timeout: 20_000,
}, async (t) => {
  const { openai, chat } = await openServedModels(t, { timeoutMs: 60_000 });
  const { promise: never } = Promise.withResolvers<string>();
  const thinking = async function* () {
    yield 'Well, ';
    yield await never;
  };
  openai.chat({ content: thinking() });
  const reader = (await chat.stream(hello)).getReader();
  await reader.read();
  const waiting = reader.read();
  await nextTurn();
  await reader.cancel();
  assert.deepEqual(await waiting, { done: true, value: undefined });
  await openai.waitFor(({ aborted }) => aborted);

  openai.chat({ content: thinking() });
  const leaving = new AbortController();
  const read = async () => {
    for await (const _ of await chat.stream(hello, { signal: leaving.signal })) setImmediate(() => leaving.abort());
  };
  await assert.rejects(read(), { name: 'AbortError' });
  await openai.waitFor(({ aborted }) => aborted && openai.chatRequests.length === 2);
});

const chunk = (delta: object, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason }],
});
const role = chunk({ role: 'assistant', content: '' });
const failed = { error: { message: 'canary', type: 'server_error', code: 502 } };

/** A stream of these events, which ends after them, or stays open and says nothing more. */
const streamOf = (events: object[], { staysOpen = false } = {}): Failure => ({
  drops: true,
  send(response) {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    for (const event of events) response.write(`data: ${JSON.stringify(event)}\n\n`);
    if (!staysOpen) response.end('data: [DONE]\n\n');
  },
});

/** A chat model with a second server that stands in for the first. */
async function openTwoServers(t: Parameters<typeof openServedModels>[0], options: { timeoutMs?: number } = {}) {
  const { openai, server } = await openServedModels(t, options);
  const second = await startOpenAiServer({ test: t });
  const spare = openModelServer({ baseUrl: second.baseUrl, apiKey: 'k2', maxRetries: 0, timeoutMs: 5000 });
  const chat = new CheckedOpenAiChatModel({ model: 'm', server }, { fallback: { model: 'm2', server: spare } });
  return { openai, second, server, chat };
}

for (const [name, events] of [
  ['before its first event', []],
  ['after an event that only says who speaks', [role]],
  ['in the midst of the reply', [role, chunk({ content: 'Once ' })]],
] as const)
  test(`streams that hang ${name} make their server count as broken`, async (t) => {
    const { openai, chat, server } = await openServedModels(t, { timeoutMs: 100 });
    openai.chatWhen(/hello/, streamOf([...events], { staysOpen: true }));
    const calls = Array.from({ length: 20 }, () => assert.rejects(readStream(chat), { code: 'MODEL_TIMEOUT' }));
    await Promise.all(calls);
    assert.ok(server.state().broken);
  });

test('a server that counts as broken is tried again by a stream, and is up once that has begun', async (t) => {
  const { openai, chat, server } = await openServedModels(t);
  openai.chatWhen(/hello/, fail.status(503));
  for (let at = 0; at < 20; at += 1) await assert.rejects(readStream(chat), { code: 'MODEL_UNAVAILABLE' });
  assert.ok(server.state().broken);
  openai.chatWhen(/hello/, 'Up again.');
  while (server.state().broken) await readStream(chat).catch(() => nextTurn());
});

for (const [name, events] of [
  ['first', [failed]],
  ['after the role', [role, failed]],
  ['after thinking', [role, chunk({ reasoning_content: 'Hm.' }), failed]],
  ['as a reason to finish', [role, chunk({ content: '' }, 'error')]],
  ['in the way of older servers', [{ object: 'error', message: 'canary', code: 50_001 }]],
] as const)
  test(`an error that a stream tells before any text (${name}) has the second server asked`, async (t) => {
    const { openai, second, chat } = await openTwoServers(t);
    openai.chat(streamOf([...events]));
    second.chat('From the second.');
    assert.equal(await readStream(chat), 'From the second.');
  });

test('an error that a stream tells before any text is retried; one that comes later ends the answer', async (t) => {
  const { openai, chat } = await openServedModels(t, { maxRetries: 1 });
  openai.chat(streamOf([role, failed]), 'At last.');
  assert.equal(await readStream(chat), 'At last.');
  openai.chat(streamOf([role, chunk({ content: 'Once ' }), failed]));
  await assert.rejects(readStream(chat), { code: 'MODEL_UNAVAILABLE' });
  assert.equal(openai.chatRequests.length, 3);
});

test('a stream that says it is done is whole without a reason why the model stopped, unless there was no text', async (t) => {
  const { openai, chat } = await openServedModels(t);
  openai.chat(streamOf([role, chunk({ content: 'Said.' }), { choices: [], usage: { prompt_tokens: 1 } }]));
  assert.equal(await readStream(chat), 'Said.');
  const message = { role: 'assistant', content: 'All at once.' };
  openai.chat({ send: (response) => void response.end(JSON.stringify({ choices: [{ index: 0, message }] })) });
  assert.equal(await readStream(chat), 'All at once.');
  for (const events of [[], [role], [role, chunk({ reasoning_content: 'Hm.' })]]) {
    openai.chat(streamOf(events));
    await assert.rejects(readStream(chat), { code: 'MODEL_BAD_OUTPUT' });
  }
});

test('events that say nothing may come in any number before the reply', async (t) => {
  const { openai, chat } = await openServedModels(t);
  const filtered = { choices: [], prompt_filter_results: [] };
  openai.chat(streamOf([...Array(40).fill(filtered), role, chunk({ content: 'Said.' }), chunk({}, 'stop')]));
  assert.equal(await readStream(chat), 'Said.');
});

test('a stream that fails is cancelled at the server at once, and one that is over leaves no listener', {
  timeout: 20_000,
}, async (t) => {
  const { openai, server } = await openServedModels(t, { timeoutMs: 60_000 });
  const { signal } = new AbortController();
  const read = async () => Array.fromAsync(await server.stream('/chat/completions', { messages: [] }, { signal }));
  for (const events of [[failed], [finished, failed]]) {
    const { send } = streamOf(events, { staysOpen: true });
    openai.chat({ send });
    await assert.rejects(read(), { code: 'MODEL_UNAVAILABLE' });
    await openai.waitFor(({ aborted }) => aborted && openai.chatRequests.every((each) => each.aborted));
  }
  openai.chat(streamOf([role, finished]));
  assert.deepEqual(await read(), [role, finished]);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});
