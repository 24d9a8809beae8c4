import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Failure } from '../doubles/openai-replies.ts';
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
