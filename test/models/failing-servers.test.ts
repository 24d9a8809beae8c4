import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { type AppError, plainError } from '../../src/errors.ts';
import { openModelServer } from '../../src/models/model-server.ts';
import { CheckedOpenAiChatModel } from '../../src/models/openai-chat-model.ts';
import { eventsOf } from '../../src/models/server-sent-events.ts';
import { translateFailure } from '../../src/models/translate-failure.ts';
import { type Failure, fail } from '../doubles/openai-replies.ts';
import { startOpenAiServer } from '../doubles/openai-server.ts';
import { hello, openServedModels, readStream } from '../doubles/served-models.ts';

/** A reply of this JSON, whatever was asked for. */
const json = (body: unknown): Failure => ({
  send: (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
});
/** A stream of these events. */
const events = (...all: unknown[]): Failure => ({
  send(response) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(`${all.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`);
  },
});

/** Sends a piece again and again, as fast as the client takes it, until the client leaves; `sent` counts the bytes. */
function endless(contentType: string, piece: string) {
  let sent = 0;
  const send = (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': contentType });
    const more = () => {
      while (!response.destroyed) {
        sent += piece.length;
        if (!response.write(piece)) return response.once('drain', more);
      }
    };
    more();
  };
  return { send, sent: () => sent };
}

test('a server whose certificate is refused counts as away, and the reason is told with its remedy', () => {
  for (const code of ['DEPTH_ZERO_SELF_SIGNED_CERT', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID']) {
    const failure = translateFailure(
      Object.assign(new Error('canary'), { code }),
      new AbortController().signal,
    ) as AppError;
    assert.equal(failure.code, 'MODEL_UNAVAILABLE');
    assert.match(failure.message, new RegExp(`refused \\(${code}\\)\\. NODE_EXTRA_CA_CERTS may name`));
    assert.equal(plainError(failure.cause as Error).code, code);
  }
});

test('an event that never ends is cut off, long before the limit of a whole reply', async (t) => {
  const { openai, chat } = await openServedModels(t);
  const line = endless('text/event-stream', 'x'.repeat(4096));
  openai.chat(line);
  await assert.rejects(readStream(chat), { code: 'MODEL_BAD_OUTPUT' });
  await openai.waitFor(({ aborted }) => aborted);
  assert.ok(line.sent() < 16 * 2 ** 20, `${line.sent()} bytes`);
});

test('a reply that is far too long is refused, whole or streamed', async (t) => {
  const { openai, chat, embeddings } = await openServedModels(t);
  const word = { choices: [{ index: 0, delta: { content: 'word '.repeat(1000) }, finish_reason: null }] };
  openai.chat(endless('text/event-stream', `data: ${JSON.stringify(word)}\n\n`));
  await assert.rejects(readStream(chat), { code: 'MODEL_BAD_OUTPUT' });
  const long = 'a'.repeat(1_000_001);
  // Not parsed: 8 MiB of these would keep everyone waiting for a second.
  const brackets: Failure = {
    send: (response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end('['.repeat(2 ** 21 + 1)),
  };
  openai.chat(long, endless('application/json', ' '.repeat(4096)));
  for (let at = 0; at < 2; at += 1) await assert.rejects(chat.invoke(hello), { code: 'MODEL_BAD_OUTPUT' });
  openai.chat(brackets, brackets);
  const tooLong = { code: 'MODEL_BAD_OUTPUT', message: /too long/ };
  await assert.rejects(chat.invoke(hello), tooLong);
  await assert.rejects(readStream(chat), tooLong);
  const numbers = endless('application/json', '0.125,'.repeat(700));
  openai.embeddings(numbers);
  await assert.rejects(embeddings.embedQuery('a'), { code: 'MODEL_BAD_OUTPUT' });
  assert.ok(numbers.sent() < 16 * 2 ** 20, `${numbers.sent()} bytes`);
});

for (const [how, read] of [
  ['whole', (chat: CheckedOpenAiChatModel) => chat.invoke(hello)],
  ['streamed', readStream],
] as const)
  test(`a reply that comes a byte at a time, as fast as it can, is cut off before it fills the memory: ${how}`, async (t) => {
    const { openai, chat } = await openServedModels(t, { timeoutMs: 60_000 });
    const chunks = '1\r\n \r\n'.repeat(10_000);
    let sent = 0;
    openai.chat({
      send({ socket }) {
        socket!.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n');
        const more = () => {
          while (!socket!.destroyed) {
            sent += 10_000;
            if (!socket!.write(chunks)) return socket!.once('drain', more);
          }
        };
        more();
      },
    });
    await assert.rejects(read(chat), { code: 'MODEL_BAD_OUTPUT' });
    await openai.waitFor(({ aborted }) => aborted);
    assert.ok(sent < 2_000_000, `${sent} bytes`);
  });

test('events that come by the thousand leave others their turn', async () => {
  const events = Buffer.from('data: {}\n\n'.repeat(10_000));
  const reply = { headers: { 'content-type': 'text/event-stream' }, body: Readable.from([events]) };
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  let read = 0;
  for await (const _ of eventsOf(reply as never)) read += 1;
  isOver = true;
  assert.equal(read, 10_000);
  assert.ok(turns >= 20, `${turns} turns`);
});

const choice = (content: unknown) => ({ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' });
for (const [name, body] of [
  ['nothing but null', null],
  ['choices that are no list', { choices: 'abc' }],
  ['a choice that is null', { choices: [null] }],
  ['a choice that is a text', { choices: ['x'] }],
  ['a number in place of text', { choices: [choice(7)] }],
  ['a boolean in place of text', { choices: [choice(true)] }],
  ['an object in place of text', { choices: [choice({})] }],
  ['parts that hold no text', { choices: [choice([null])] }],
] as const)
  test(`a reply that holds ${name} is refused, whole or streamed`, async (t) => {
    const { openai, chat } = await openServedModels(t);
    openai.chat(json(body), json(body), events(body));
    await assert.rejects(chat.invoke(hello), { code: 'MODEL_BAD_OUTPUT' });
    for (let at = 0; at < 2; at += 1) await assert.rejects(readStream(chat), { code: 'MODEL_BAD_OUTPUT' });
  });

test('a text in parts is joined, and null is an empty text', async (t) => {
  const { openai, chat } = await openServedModels(t);
  const parts = json({
    choices: [
      choice([
        { type: 'text', text: 'Of two ' },
        { type: 'text', text: 'parts.' },
      ]),
    ],
  });
  openai.chat(parts, parts, json({ choices: [choice(null)] }));
  assert.equal((await chat.invoke(hello)).text, 'Of two parts.');
  assert.equal(await readStream(chat), 'Of two parts.');
  assert.equal((await chat.invoke(hello)).text, '');
});

test('a thinking part is left out of the answer’s text', async (t) => {
  const { openai, chat } = await openServedModels(t);
  const thinking = { type: 'thinking', thinking: [{ type: 'text', text: 'When?' }] };
  const parts = json({ choices: [choice([thinking, { type: 'text', text: 'In 1904.' }])] });
  openai.chat(parts, parts);
  assert.equal((await chat.invoke(hello)).text, 'In 1904.');
  assert.equal(await readStream(chat), 'In 1904.');
});

test('a stream that says twice that it was cut off gives that finish reason once', async (t) => {
  const { openai, chat } = await openServedModels(t);
  const chunk = (content: string, finish_reason: string | null) => ({
    choices: [{ index: 0, delta: { content }, finish_reason }],
  });
  openai.chat(events(chunk('Half', null), chunk('', 'length'), chunk('', 'length')));
  const reasons: unknown[] = [];
  for await (const { response_metadata } of await chat.stream(hello)) reasons.push(response_metadata.finish_reason);
  assert.deepEqual(
    reasons.filter((reason) => reason !== undefined),
    ['length'],
  );
});

for (const data of [[null], ['x'], [{}], 'x'])
  test(`${JSON.stringify(data)} is refused as a list of vectors`, async (t) => {
    const { openai, embeddings } = await openServedModels(t);
    openai.embeddings(json({ data }));
    await assert.rejects(embeddings.embedDocuments(['a']), { code: 'MODEL_BAD_OUTPUT' });
  });

test('vectors are ordered by the index that the server gives them', async (t) => {
  const { openai, embeddings } = await openServedModels(t);
  const vector = (index: number, embedding: number[]) => ({ index, embedding });
  openai.embeddings(json({ data: [vector(1, [0, 2]), vector(0, [3, 4])] }));
  assert.deepEqual(await embeddings.embedDocuments(['a', 'b']), [
    [0.6, 0.8],
    [0, 1],
  ]);
});

test('a stream is known by its media type in capitals too', async () => {
  const reply = {
    headers: { 'content-type': 'Text/Event-Stream' },
    body: Readable.from([Buffer.from('data: {}\n\n')]),
  };
  const events = [];
  for await (const event of eventsOf(reply as never)) events.push(event);
  assert.deepEqual(events, [{}]);
});

test('events are read whole however their bytes are split and their lines end', async () => {
  const bytes = Buffer.from(
    'data: {"text":"Märchen"}\r\n\r\ndata:{"text":"€"}\n\ndata: {"text":"a\u2028b\u2029"}\n\ndata:\n\n: data: 1\n\ndata: [DONE]\r\n\ndata: {"text":"late"}\n\n',
  );
  async function* body() {
    for (const byte of bytes) yield Buffer.from([byte]);
  }
  const reply = { headers: { 'content-type': 'text/event-stream' }, body: Readable.from(body()) };
  const events = [];
  for await (const event of eventsOf(reply as never)) events.push(event);
  assert.deepEqual(events, [{ text: 'Märchen' }, { text: '€' }, { text: 'a\u2028b\u2029' }]);
});

/** Short, as it is waited for; yet a reply that is given at once must come within it on a busy machine. */
const timeoutMs = 2_000;

for (const [name, failure, code] of [
  ['fails at', fail.status(500), 'MODEL_UNAVAILABLE'],
  ['resets at', fail.reset(), 'MODEL_UNAVAILABLE'],
  ['hangs at', fail.hang(), 'MODEL_TIMEOUT'],
] as const)
  test(`a question that the embedding model ${name} does not harm others of the same moment`, async (t) => {
    const { openai, embeddings } = await openServedModels(t, { timeoutMs });
    openai.embeddingsWhen('poison', failure);
    const settled = await Promise.allSettled(['one', 'poison', 'three'].map((text) => embeddings.embedQuery(text)));
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal((settled[1] as PromiseRejectedResult).reason.code, code);
  });

test('questions that time out together do not make a slow server count as broken', async (t) => {
  const { openai, embeddings, server } = await openServedModels(t);
  // 24 calls of eight each, more than may fail in a row; meanwhile none succeeds.
  const isShared = (input: unknown) => Array.isArray(input);
  const gaveUp = () => openai.embeddingRequests.filter(({ body, aborted }) => isShared(body.input) && aborted).length;
  openai.embeddingsWhen(({ input }) => !isShared(input), {
    until: openai.waitFor(() => gaveUp() === 24).then(() => {}),
  });
  openai.embeddingsWhen(({ input }) => isShared(input), fail.hang());
  await Promise.all(Array.from({ length: 192 }, (_, number) => embeddings.embedQuery(`${number}`)));
  assert.ok(!server.state().broken);
});

for (const [status, more] of [[429], [503, { retryAfterSeconds: 60 }]] as const)
  test(`after a ${status} that reports overload, questions of a shared call are not asked again one by one`, async (t) => {
    const { openai, embeddings } = await openServedModels(t);
    openai.embeddings(fail.status(status, more));
    const settled = await Promise.allSettled(['one', 'two', 'three'].map((text) => embeddings.embedQuery(text)));
    assert.deepEqual(
      settled.map((each) => each.status),
      ['rejected', 'rejected', 'rejected'],
    );
    assert.equal(openai.embeddingRequests.length, 1);
  });

test('one text that fails over and over does not make its server count as broken', async (t) => {
  const { openai, chat, server } = await openServedModels(t, { maxRetries: 1 });
  openai.chatWhen(/hello/, fail.status(500, { retryAfterSeconds: 0 }));
  for (let at = 0; at < 25; at += 1) await assert.rejects(chat.invoke(hello), { code: 'MODEL_UNAVAILABLE' });
  openai.chatWhen(/hello/, fail.status(503, { retryAfterSeconds: 0 }));
  for (let at = 0; at < 15; at += 1) await assert.rejects(chat.invoke(hello), { code: 'MODEL_UNAVAILABLE' });
  assert.ok(!server.state().broken);
});

test('retries have a budget: calls that keep failing are soon sent only once', async (t) => {
  const { openai, chat } = await openServedModels(t, { maxRetries: 1 });
  openai.chatWhen(/hello/, fail.status(429, { retryAfterSeconds: 0 }));
  for (let at = 0; at < 60; at += 1) await assert.rejects(chat.invoke(hello), { code: 'MODEL_UNAVAILABLE' });
  const retries = openai.chatRequests.length - 60;
  assert.ok(retries >= 20 && retries <= 20 + 60 / 10, `${retries}`);
});

/** Makes chat calls fail until the server counts as broken for them. */
async function breakChat({ openai, chat }: Awaited<ReturnType<typeof openServedModels>>) {
  openai.chatWhen(/hello/, fail.status(503));
  for (let at = 0; at < 20; at += 1) await assert.rejects(chat.invoke(hello), { code: 'MODEL_UNAVAILABLE' });
}

test('while chat counts as broken, embeddings still work', async (t) => {
  const opened = await openServedModels(t);
  await breakChat(opened);
  assert.ok(opened.server.state().broken);
  assert.equal((await opened.embeddings.embedQuery('a')).length, 64);
});

test('while one call tries a broken server the others fail at once, and a caller that leaves has not found it up', async (t) => {
  const opened = await openServedModels(t);
  const { openai, chat, server } = opened;
  await breakChat(opened);
  openai.chatWhen(/hello/, fail.hang());
  const leaving = new AbortController();
  let tried: Promise<unknown> = Promise.resolve();
  while (openai.chatRequests.length === 20) {
    tried = chat.invoke(hello, { signal: leaving.signal }).catch((error) => error);
    await Promise.race([tried, openai.waitFor(() => openai.chatRequests.length > 20)]);
    await nextTurn();
  }
  let isTrying = true;
  void tried.then(() => {
    isTrying = false;
  });
  await assert.rejects(chat.invoke(hello), { code: 'MODEL_UNAVAILABLE', retryAfterSeconds: 1 });
  assert.deepEqual([openai.chatRequests.length, isTrying], [21, true]);
  leaving.abort(new Error('left'));
  assert.match(String(await tried), /left/);
  assert.ok(server.state().broken);
});

test('a broken server that replies to the call that tries it counts as up, whatever it replies', async (t) => {
  const opened = await openServedModels(t);
  const { openai, chat, server } = opened;
  await breakChat(opened);
  openai.chatWhen(/hello/, fail.status(400));
  while (openai.chatRequests.length === 20) {
    await assert.rejects(chat.invoke(hello));
    await nextTurn();
  }
  assert.ok(!server.state().broken);
});

test('timeouts make a server count as broken; callers that leave and requests that it refuses do not', async (t) => {
  const { openai, chat, server } = await openServedModels(t);
  openai.chatWhen(/hello/, fail.status(400));
  for (let at = 0; at < 20; at += 1) await assert.rejects(chat.invoke(hello), { code: 'MODEL_REJECTED' });
  openai.chatWhen(/hello/, fail.hang());
  for (let at = 0; at < 20; at += 1) {
    const leaving = new AbortController();
    const left = assert.rejects(chat.invoke(hello, { signal: leaving.signal }), /left/);
    leaving.abort(new Error('left'));
    await left;
  }
  assert.ok(!server.state().broken);
  const hanging = await openServedModels(t, { timeoutMs: 50 });
  hanging.openai.chatWhen(/hello/, fail.hang());
  const calls = Array.from({ length: 20 }, () => assert.rejects(hanging.chat.invoke(hello), { code: 'MODEL_TIMEOUT' }));
  await Promise.all(calls);
  assert.ok(hanging.server.state().broken);
});

test('when the first server hangs, the second is asked in time', async (t) => {
  const { openai, server } = await openServedModels(t);
  const second = await startOpenAiServer({ test: t });
  const spare = openModelServer({ baseUrl: second.baseUrl, apiKey: 'k2', maxRetries: 0, timeoutMs: 5000 });
  const served = { model: 'm', server, timeoutMs: 100 };
  const chat = new CheckedOpenAiChatModel(served, { fallback: { model: 'm2', server: spare } });
  openai.chat(fail.hang(), fail.hang());
  second.chat('From the second.', 'Streamed.');
  assert.equal((await chat.invoke(hello)).text, 'From the second.');
  assert.equal(await readStream(chat), 'Streamed.');
});

test('when the first server begins a stream and sends nothing, the second is asked in time; one that has begun to write may take long', async (t) => {
  const { openai, server } = await openServedModels(t, { timeoutMs: 60_000 });
  const second = await startOpenAiServer({ test: t });
  const spare = openModelServer({ baseUrl: second.baseUrl, apiKey: 'k2', maxRetries: 0, timeoutMs: 5000 });
  const served = { model: 'm', server, timeoutMs: 300 };
  const chat = new CheckedOpenAiChatModel(served, { fallback: { model: 'm2', server: spare } });
  openai.chat({
    drops: true,
    send: (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(),
  });
  second.chat('From the second.');
  assert.equal(await readStream(chat), 'From the second.');
  openai.chat({
    content: (async function* () {
      yield 'First ';
      await wait(600);
      yield 'and last.';
    })(),
  });
  assert.equal(await readStream(chat), 'First and last.');
});

test('Retry-After is read as seconds or as a date, and is a day at most', async (t) => {
  const { openai, chat } = await openServedModels(t);
  for (const [value, least, most] of [
    ['7', 7, 7],
    [new Date(Date.now() + 3_600_000).toUTCString(), 3_500, 3_600],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0, 0],
    ['99999999999999999999', 86_400, 86_400],
    ['1.25', 2, 2],
  ] as const) {
    openai.chat({ send: (response) => void response.writeHead(503, { 'retry-after': value }).end() });
    await assert.rejects(
      chat.invoke(hello),
      ({ retryAfterSeconds: told }: AppError) => told! >= least && told! <= most,
    );
  }
  for (const value of ['1e300', '-5']) {
    openai.chat({ send: (response) => void response.writeHead(503, { 'retry-after': value }).end() });
    await assert.rejects(chat.invoke(hello), { retryAfterSeconds: undefined });
  }
});
