import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type AIMessageChunk, HumanMessage } from '@langchain/core/messages';
import { openModelServer } from '../../src/models/model-server.ts';
import { CheckedOpenAiChatModel } from '../../src/models/openai-chat-model.ts';
import { fail } from '../doubles/openai-replies.ts';
import { startOpenAiServer } from '../doubles/openai-server.ts';
import { hello, openServedModels, readStream } from '../doubles/served-models.ts';

test('embeddings are asked for in base64 and returned with unit length, in the order of the texts', async (t) => {
  const { openai, embeddings } = await openServedModels(t);
  openai.embeddings({
    vectors: [
      [3, 4],
      [0, 2],
    ],
  });
  assert.deepEqual(await embeddings.embedDocuments(['a\nb', 'c']), [
    [0.6, 0.8],
    [0, 1],
  ]);
  assert.deepEqual(openai.embeddingRequests[0]!.body, { model: 'm', input: ['a\nb', 'c'], encoding_format: 'base64' });
});

test('a server that sends floats although base64 was asked for is understood', async (t) => {
  const { openai, embeddings } = await openServedModels(t);
  openai.embeddings({ vectors: [[3, 4]], ignoreEncodingFormat: true });
  assert.deepEqual(await embeddings.embedQuery('a'), [0.6, 0.8]);
});

test('a server that refuses base64 is asked for floats, at once and from then on', async (t) => {
  const { openai, embeddings } = await openServedModels(t);
  openai.embeddings(fail.status(400), { vectors: [[3, 4]] }, { vectors: [[0, 2]] });
  assert.deepEqual(await embeddings.embedQuery('a'), [0.6, 0.8]);
  assert.deepEqual(await embeddings.embedQuery('b'), [0, 1]);
  const formats = openai.embeddingRequests.map(({ body }) => body.encoding_format);
  assert.deepEqual(formats, ['base64', 'float', 'float']);
});

test('a server that knows no encoding_format is asked without it, at once and from then on', async (t) => {
  const { openai, embeddings } = await openServedModels(t);
  openai.embeddingsWhen(
    ({ encoding_format }) => encoding_format !== undefined,
    fail.status(400, { message: "litellm.UnsupportedParamsError: no support for parameters: {'encoding_format'}" }),
  );
  assert.equal((await embeddings.embedDocuments(['a', 'b'])).length, 2);
  await embeddings.embedQuery('c');
  const formats = openai.embeddingRequests.map(({ body }) => body.encoding_format);
  assert.deepEqual(formats, ['base64', 'float', undefined, undefined]);
});

test('a text that the server refuses is not mistaken for a refusal of base64', async (t) => {
  const { openai, embeddings } = await openServedModels(t);
  openai.embeddings(fail.status(400), fail.status(400), { vectors: [[0, 2]] });
  await assert.rejects(embeddings.embedQuery('too long'), { code: 'MODEL_REJECTED' });
  assert.deepEqual(await embeddings.embedQuery('b'), [0, 1]);
  assert.equal(openai.embeddingRequests.at(-1)!.body.encoding_format, 'base64');
});

for (const [name, reply] of [
  ['base64 that is not of whole floats', { vectors: ['AAAA', 'AAAA'], ignoreEncodingFormat: true }],
  ['fewer vectors than texts', { vectors: [[1, 0]] }],
  ['vectors of unequal length', { vectors: [[1, 0], [1]] }],
  ['empty vectors', { vectors: [[], []] }],
  [
    'a vector of zeros',
    {
      vectors: [
        [0, 0],
        [1, 0],
      ],
    },
  ],
  ['a page of HTML', fail.html()],
] as const)
  test(`embeddings refuse ${name}`, async (t) => {
    const { openai, embeddings } = await openServedModels(t);
    openai.embeddings(reply as never);
    await assert.rejects(embeddings.embedDocuments(['a', 'b']), { code: 'MODEL_BAD_OUTPUT' });
  });

test('token counts, the reason to finish and probabilities are passed on, whole or streamed', async (t) => {
  const { openai, chat } = await openServedModels(t);
  const told = { input_tokens: 5, output_tokens: 7, total_tokens: 12 };
  const none = { input_tokens: 0, output_tokens: 0, total_tokens: 0 };
  const logprobs = { content: [] };
  for (const [usage, counts] of [
    [{ prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 }, told],
    [{}, none],
    [null, undefined],
  ] as const) {
    const choice = { index: 0, finish_reason: 'length' };
    const whole = { choices: [{ ...choice, message: { content: 'Said.' }, logprobs }], usage };
    const chunks = [{ choices: [{ ...choice, delta: { content: 'Said.' } }] }, { choices: [], usage }, {}];
    const events = `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`;
    const replyOf = (type: string, text: string) => ({
      send: (response: ServerResponse) => void response.writeHead(200, { 'content-type': type }).end(text),
    });
    openai.chat(replyOf('application/json', JSON.stringify(whole)), replyOf('text/event-stream', events));
    const invoked = await chat.invoke(hello);
    assert.deepEqual(invoked.response_metadata, { finish_reason: 'length', logprobs });
    let streamed: AIMessageChunk | undefined;
    for await (const chunk of await chat.stream(hello)) streamed = streamed?.concat(chunk) ?? chunk;
    assert.equal(streamed!.response_metadata.finish_reason, 'length');
    for (const { text, usage_metadata } of [invoked, streamed!])
      assert.partialDeepStrictEqual([text, usage_metadata], ['Said.', counts]);
  }
});

test('token counts that a server repeats and raises with every chunk are not added up', async (t) => {
  const { openai, chat } = await openServedModels(t);
  // As Gemini, xAI and Perplexity do, which also sends the message so far beside what is new of it.
  const words = ['It ', 'was ', 'said.'];
  const chunks = words.map((content, at) => ({
    choices: [
      {
        index: 0,
        finish_reason: at === 2 ? 'stop' : null,
        message: { role: 'assistant', content: words.slice(0, at + 1).join('') },
        delta: { role: 'assistant', content },
      },
    ],
    usage: { prompt_tokens: 50, completion_tokens: at + 1, total_tokens: 51 + at },
  }));
  openai.chat({
    send: (response) =>
      void response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('')),
  });
  let streamed: AIMessageChunk | undefined;
  for await (const chunk of await chat.stream(hello)) streamed = streamed?.concat(chunk) ?? chunk;
  const told = { input_tokens: 50, output_tokens: 3, total_tokens: 53 };
  assert.partialDeepStrictEqual([streamed!.text, streamed!.usage_metadata], ['It was said.', told]);
});

test('stop words and messages in parts are sent as they were given', async (t) => {
  const { openai, chat } = await openServedModels(t);
  openai.chat('One.', 'Two.', 'Three.');
  await chat.invoke(hello, { stop: ['.'] });
  for await (const _ of await chat.stream(hello, { stop: ['.'] }));
  const content = [{ type: 'text', text: 'hello' }];
  await chat.invoke([new HumanMessage({ content })]);
  const bodies = openai.chatRequests.map(({ body }) => body);
  assert.deepEqual(
    [bodies[0]!.stop, bodies[1]!.stop, bodies[2]!.messages],
    [['.'], ['.'], [{ role: 'user', content }]],
  );
});

test('forty chat and forty embedding calls can be under way at once', async (t) => {
  const { openai, embeddings, chat } = await openServedModels(t);
  const { promise, resolve } = Promise.withResolvers<void>();
  let waiting = 0;
  const arrive = () => {
    waiting += 1;
    if (waiting === 80) resolve();
  };
  openai.chatWhen(/hello/, () => {
    arrive();
    return { content: 'hi', until: promise };
  });
  for (let at = 0; at < 40; at += 1) openai.embeddings({ until: promise });
  const calls: Promise<unknown>[] = [];
  for (let at = 0; at < 40; at += 1) {
    calls.push(chat.invoke(hello), embeddings.embedQuery('hello'));
    await nextTurn(); // questions of the same turn would be one call
  }
  for (let at = 1; at <= 40; at += 1) await openai.waitFor(() => openai.embeddingRequests.length >= at);
  for (let at = 0; at < 40; at += 1) arrive();
  assert.equal((await Promise.all(calls)).length, 80);
});

test('questions of the same moment share one call; one that the server refuses does not harm the others', async (t) => {
  const { openai, embeddings } = await openServedModels(t);
  const texts = ['one', 'two', 'three'];
  const together = await Promise.all(texts.map((text) => embeddings.embedQuery(text)));
  assert.deepEqual(openai.embeddingRequests[0]!.body.input, texts);
  assert.equal(openai.embeddingRequests.length, 1);
  for (const [at, text] of texts.entries()) assert.deepEqual(await embeddings.embedQuery(text), together[at]);

  openai.embeddingsWhen('two', fail.status(400));
  const settled = await Promise.allSettled(texts.map((text) => embeddings.embedQuery(text)));
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});

test('a shared call goes on when one caller leaves, and is cancelled when all have left', async (t) => {
  const { openai, embeddings } = await openServedModels(t);
  const { promise, resolve } = Promise.withResolvers<void>();
  openai.embeddings({ until: promise }, fail.hang());
  const leavers = [new AbortController(), new AbortController()];
  const [left, stayed] = leavers.map(({ signal }, at) => embeddings.embedQuery(`${at}`, { signal }));
  const leftSettled = assert.rejects(left!);
  await openai.waitFor(({ path }) => path.endsWith('/embeddings'));
  leavers[0]!.abort();
  await leftSettled;
  resolve();
  assert.equal((await stayed!).length, 64);

  const others = leavers.map(() => new AbortController());
  const calls = others.map(({ signal }, at) => embeddings.embedQuery(`${at}`, { signal }));
  const settled = Promise.allSettled(calls);
  await openai.waitFor(() => openai.embeddingRequests.length === 2);
  for (const leaver of others) leaver.abort();
  await openai.waitFor(({ aborted }) => aborted);
  for (const { status } of await settled) assert.equal(status, 'rejected');
});

test('an overloaded server is asked again when Retry-After says, and no more often than maxRetries', async (t) => {
  const { openai, chat } = await openServedModels(t, { maxRetries: 2 });
  openai.chat(fail.status(429, { retryAfterSeconds: 0 }), fail.status(503), 'At last.');
  assert.equal((await chat.invoke(hello)).text, 'At last.');
  openai.chat(fail.status(503), fail.status(503), fail.status(503));
  await assert.rejects(chat.invoke(hello), { code: 'MODEL_UNAVAILABLE' });
  openai.chat(fail.status(429, { retryAfterSeconds: 3600 }));
  await assert.rejects(chat.invoke(hello), { code: 'MODEL_UNAVAILABLE', retryAfterSeconds: 3600 });
  openai.chat(fail.status(400));
  await assert.rejects(chat.invoke(hello), { code: 'MODEL_REJECTED' });
});

test('a call that is left while it waits to be sent again is not', async (t) => {
  const { openai, chat, embeddings } = await openServedModels(t, { maxRetries: 2 });
  openai.chat(fail.status(503, { retryAfterSeconds: 8 }));
  const leaving = new AbortController();
  const left = assert.rejects(chat.invoke(hello, { signal: leaving.signal }), /left/);
  await openai.waitFor(({ endedAt }) => endedAt !== undefined);
  await embeddings.embedQuery('a'); // by then the first reply has been read
  leaving.abort(new Error('left'));
  await left;
  assert.equal(openai.chatRequests.length, 1);
});

test('a call says who asks, what it sends and what it takes', async (t) => {
  const { openai, chat } = await openServedModels(t);
  openai.chat('One.', 'Two.');
  await chat.invoke(hello);
  await readStream(chat);
  for (const [at, accept] of ['application/json', 'text/event-stream'].entries())
    assert.partialDeepStrictEqual(openai.chatRequests[at]!.headers, {
      authorization: 'Bearer k',
      'content-type': 'application/json',
      accept,
    });
});

test('a server that stays down is not asked any more, until one call tries it and finds it up', async (t) => {
  const { openai, chat, server } = await openServedModels(t);
  openai.chatWhen(/hello/, fail.status(503));
  for (let at = 0; at < 20; at += 1) await assert.rejects(chat.invoke(hello), { code: 'MODEL_UNAVAILABLE' });
  assert.ok(server.state().broken);
  await assert.rejects(chat.invoke(hello), { code: 'MODEL_UNAVAILABLE', retryAfterSeconds: 1 });
  assert.equal(openai.chatRequests.length, 20);
  openai.chatWhen(/hello/, 'Up again.');
  for (;;) {
    const text = await chat.invoke(hello).then(
      (message) => message.text,
      () => nextTurn(null),
    );
    if (text !== null) break;
  }
  assert.ok(!server.state().broken);
});

test('when the first server fails, the second answers under its own model name; a refusal is not passed on to it', async (t) => {
  const { openai, server } = await openServedModels(t);
  const second = await startOpenAiServer({ test: t });
  const spare = openModelServer({ baseUrl: second.baseUrl, apiKey: 'k2', maxRetries: 0, timeoutMs: 5000 });
  const chat = new CheckedOpenAiChatModel({ model: 'm', server }, { fallback: { model: 'm2', server: spare } });
  openai.chat(fail.status(500));
  second.chat('From the second.');
  assert.equal((await chat.invoke(hello)).text, 'From the second.');
  assert.equal(second.chatRequests[0]!.body.model, 'm2');
  openai.chat(fail.status(500));
  second.chat('Streamed.');
  let text = '';
  for await (const chunk of await chat.stream(hello)) text += chunk.text;
  assert.equal(text, 'Streamed.');
  openai.chat(fail.status(401));
  await assert.rejects(chat.invoke(hello), { code: 'MODEL_REJECTED' });
});

test('a stream that breaks off in the middle is not begun again by the second server', async (t) => {
  const { openai, server } = await openServedModels(t);
  const second = await startOpenAiServer({ test: t });
  const spare = openModelServer({ baseUrl: second.baseUrl, apiKey: 'k2', maxRetries: 0, timeoutMs: 5000 });
  const chat = new CheckedOpenAiChatModel({ model: 'm', server }, { fallback: { model: 'm2', server: spare } });
  openai.chat(fail.resetMidBody());
  await assert.rejects(readStream(chat), { code: 'MODEL_UNAVAILABLE' });
  assert.equal(second.requests.length, 0);
});

test('a server that sends a whole reply where a stream was asked for is understood', async (t) => {
  const { openai, chat } = await openServedModels(t);
  const message = { role: 'assistant', content: 'All at once.' };
  const whole = { object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }] };
  openai.chat({
    send: (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(whole)),
  });
  let text = '';
  for await (const chunk of await chat.stream(hello)) text += chunk.text;
  assert.equal(text, 'All at once.');
});

test('a stream that is read as a web stream can be cancelled as one', async (t) => {
  const { openai, chat } = await openServedModels(t);
  const { promise: never } = Promise.withResolvers<string>();
  openai.chat({
    content: (async function* () {
      yield 'At ';
      yield 'once.';
      yield await never;
    })(),
  });
  const reader = (await chat.stream(hello)).getReader();
  const first = await reader.read();
  const second = await reader.read();
  assert.deepEqual([first.value!.text, second.value!.text], ['At ', 'once.']);
  await reader.cancel();
  await openai.waitFor(({ path, aborted }) => path.endsWith('/chat/completions') && aborted);

  openai.chat('All of it.');
  const whole = (await chat.stream(hello)).pipeThrough(new TransformStream());
  assert.equal((await Array.fromAsync(whole, ({ text }) => text)).join(''), 'All of it.');
});

test('a reply that comes in pieces is joined, even where a piece ends within a character', async (t) => {
  const { openai, chat } = await openServedModels(t);
  const body = Buffer.from(JSON.stringify({ choices: [{ index: 0, message: { content: 'Im März.' } }] }));
  const within = body.indexOf('ä') + 1;
  openai.chat({
    async send(response) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(body.subarray(0, within));
      for (let turn = 0; turn < 10; turn += 1) await nextTurn(); // else both would come as one
      response.end(body.subarray(within));
    },
  });
  assert.equal((await chat.invoke(hello)).text, 'Im März.');
});

test('a call that is left before it has a connection ends at once and is never sent', async (t) => {
  const openai = await startOpenAiServer({ test: t });
  const { baseUrl } = openai;
  const server = openModelServer({ baseUrl, apiKey: 'k', maxRetries: 0, timeoutMs: 60_000, maxConcurrent: 1 });
  const chat = new CheckedOpenAiChatModel({ model: 'm', server });
  const { promise, resolve } = Promise.withResolvers<void>();
  openai.chat({ content: 'First.', until: promise }, 'Second.');
  const first = chat.invoke(hello);
  await openai.waitFor(() => openai.chatRequests.length === 1);
  const leaving = new AbortController();
  const left = chat.invoke(hello, { signal: leaving.signal });
  leaving.abort(new Error('left'));
  await assert.rejects(left, /left/);
  await assert.rejects(chat.invoke(hello, { signal: leaving.signal }), /left/);
  resolve();
  assert.equal((await first).text, 'First.');
  assert.equal((await chat.invoke(hello)).text, 'Second.');
  assert.equal(openai.chatRequests.length, 2);
});

test('aborting the signal of a call cancels it at the server', { timeout: 20_000 }, async (t) => {
  // So long that it isn't the deadline that cancels it.
  const { openai, embeddings, chat } = await openServedModels(t, { timeoutMs: 60_000 });
  openai.embeddings(fail.hang());
  openai.chat(fail.hang());
  const leaving = new AbortController();
  const calls = [
    embeddings.embedQuery('x', { signal: leaving.signal }),
    chat.invoke(hello, { signal: leaving.signal }),
  ];
  const settled = Promise.allSettled(calls);
  await openai.waitFor(({ path }) => path.endsWith('/embeddings'));
  await openai.waitFor(({ path }) => path.endsWith('/chat/completions'));
  leaving.abort();
  await openai.waitFor(({ path, aborted }) => path.endsWith('/embeddings') && aborted);
  await openai.waitFor(({ path, aborted }) => path.endsWith('/chat/completions') && aborted);
  for (const { status } of await settled) assert.equal(status, 'rejected');
});

test('a call that hangs ends at its timeout, and one whose connection is refused is MODEL_UNAVAILABLE', async (t) => {
  const { openai, embeddings, chat } = await openServedModels(t, { timeoutMs: 200 });
  openai.embeddings(fail.hang());
  openai.chat(fail.hang());
  await assert.rejects(embeddings.embedQuery('x'), { code: 'MODEL_TIMEOUT' });
  await assert.rejects(chat.invoke(hello), { code: 'MODEL_TIMEOUT' });
  await openai.close();
  await assert.rejects(embeddings.embedQuery('x'), { code: 'MODEL_UNAVAILABLE' });
  await assert.rejects(chat.invoke(hello), { code: 'MODEL_UNAVAILABLE' });
});

test('a stream that breaks off, or holds no events, is an error', async (t) => {
  const { openai, chat } = await openServedModels(t);
  const read = () => readStream(chat);
  openai.chat('Whole.');
  assert.equal(await read(), 'Whole.');
  for (const [reply, code] of [
    [fail.cutShort(), 'MODEL_BAD_OUTPUT'],
    [fail.resetMidBody(), 'MODEL_UNAVAILABLE'],
    [fail.html(), 'MODEL_BAD_OUTPUT'],
    [fail.status(401), 'MODEL_REJECTED'],
  ] as const) {
    openai.chat(reply);
    await assert.rejects(read(), { code });
  }
});

test('a reply to a JSON schema is returned as text, even in a code fence', async (t) => {
  const { openai, chat } = await openServedModels(t);
  const schema = {
    type: 'object',
    properties: { verdict: { type: 'string' } },
    required: ['verdict'],
    additionalProperties: false,
  };
  openai.chat('```json\n{"verdict":"Correct"}\n``` as asked');
  const responseFormat = { type: 'json_schema', json_schema: { name: 'j', strict: true, schema } };
  const reply = await chat.invoke(hello, { response_format: responseFormat } as never);
  assert.match(reply.text, /^```json/);
});

test('no failure carries the words of the server, of a prompt or of a key', async (t) => {
  const { openai, chat } = await openServedModels(t);
  openai.chat(fail.status(401, { message: 'canary: bad key sk-canary for prompt hello' }));
  await assert.rejects(chat.invoke(hello), (error: Error) => !/canary|hello/.test(error.message));
});
