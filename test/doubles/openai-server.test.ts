import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { z } from 'zod';
import { hashedEmbedding } from './hashed-embedding.ts';
import { fail } from './openai-replies.ts';
import { type OpenAiServer, startOpenAiServer } from './openai-server.ts';

function chatModel(openAi: OpenAiServer, options: object = {}) {
  // The client prints broken stream events to the console unless told not to.
  const configuration = { baseURL: openAi.baseUrl, logLevel: 'off' as const };
  return new ChatOpenAI({ model: 'scripted-chat', apiKey: 'key', maxRetries: 0, configuration, ...options });
}

function embeddingModel(openAi: OpenAiServer, options: object = {}) {
  const configuration = { baseURL: openAi.baseUrl };
  const fields = { model: 'scripted-embedding', apiKey: 'key', maxRetries: 0, encodingFormat: 'float' as const };
  return new OpenAIEmbeddings({ ...fields, configuration, ...options });
}

async function post(openAi: OpenAiServer, path: string, body: object) {
  const response = await fetch(openAi.baseUrl + path, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
}

const question = { model: 'm', messages: [{ role: 'user', content: 'Which city?' }] };

async function readStream(openAi: OpenAiServer): Promise<string[]> {
  const deltas: string[] = [];
  for await (const chunk of await chatModel(openAi).stream('?')) deltas.push(String(chunk.content));
  return deltas;
}

function similarity(a: number[], b: number[]): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}

test('queued chat replies come in order, and the diary shows what was sent', async (t) => {
  const openAi = await startOpenAiServer({ test: t });
  openAi.chat('Paris.', { content: 'Rome.', finishReason: 'length', usage: { prompt_tokens: 7, total_tokens: 9 } });
  const model = chatModel(openAi, { temperature: 0 });

  const first = await model.invoke([
    ['system', 'Be brief.'],
    ['human', 'Which city?'],
  ]);
  assert.equal(first.content, 'Paris.');
  assert.deepEqual(pick(first.usage_metadata), { input_tokens: 4, output_tokens: 1, total_tokens: 5 });

  const second = await model.invoke('And the other?');
  assert.equal(second.content, 'Rome.');
  assert.equal(second.response_metadata.finish_reason, 'length');
  assert.equal(second.usage_metadata?.total_tokens, 9);

  assert.equal(openAi.requests.length, 2);
  const [entry] = openAi.chatRequests;
  assert.deepEqual(pick(entry, 'method', 'path', 'aborted'), {
    method: 'POST',
    path: '/v1/chat/completions',
    aborted: false,
  });
  assert.equal(entry?.headers.authorization, 'Bearer key');
  assert.equal(entry?.body.temperature, 0);
  assert.deepEqual(entry?.body.messages, [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Which city?' },
  ]);
  assert.ok(openAi.chatRequests[1]!.at >= entry.at);
});

function pick(from: object | undefined, ...names: string[]): object {
  const wanted = names.length > 0 ? names : ['input_tokens', 'output_tokens', 'total_tokens'];
  return Object.fromEntries(Object.entries(from ?? {}).filter(([name]) => wanted.includes(name)));
}

test('log-probabilities and tool calls pass through', async (t) => {
  const openAi = await startOpenAiServer({ test: t });
  const logprobs = { content: [{ token: 'Yes', logprob: -0.1, bytes: null, top_logprobs: [] }] };
  const Verdict = z.object({ verdict: z.enum(['Correct', 'Incorrect']) });
  openAi.chat({ content: 'Yes', logprobs });
  openAi.chat({ content: null, toolCalls: [{ name: 'judge', arguments: { verdict: 'Correct' } }] });
  openAi.chat('{"verdict":"Incorrect"}');

  const sure = await chatModel(openAi, { logprobs: true }).invoke('Is it?');
  assert.deepEqual(sure.response_metadata.logprobs, logprobs);

  const byTool = { method: 'functionCalling', name: 'judge' } as const;
  assert.deepEqual(await chatModel(openAi).withStructuredOutput(Verdict, byTool).invoke('?'), { verdict: 'Correct' });
  assert.deepEqual(await chatModel(openAi).withStructuredOutput(Verdict).invoke('?'), { verdict: 'Incorrect' });
  assert.equal(Object(openAi.chatRequests[2]?.body.response_format).type, 'json_schema');
});

test('rules answer concurrent calls by what they ask, the newest first, and repeat their last reply', async (t) => {
  const openAi = await startOpenAiServer({ test: t });
  openAi.chatWhen(/which/i, 'an older rule');
  openAi.chatWhen('capital of France', 'Paris.');
  openAi.chatWhen(({ messages }) => messages.length > 1, fail.status(429), 'Correct');
  openAi.chat('from the queue');
  const model = chatModel(openAi);
  const judge: [string, string][] = [
    ['system', 'You judge.'],
    ['human', 'Which?'],
  ];

  const asked = ['Which one?', 'The capital of France?', 'Which is the capital of France?', 'Anything else?'];
  const answers = await Promise.all(asked.map((text) => model.invoke(text)));
  assert.deepEqual(
    answers.map(({ content }) => content),
    ['an older rule', 'Paris.', 'Paris.', 'from the queue'],
  );
  await assert.rejects(model.invoke(judge), { status: 429 });
  assert.equal((await model.invoke(judge)).content, 'Correct');
  assert.equal((await model.invoke(judge)).content, 'Correct');
});

test('a reply can be a function of the request; one that throws is a fault of the script', async (t) => {
  const openAi = await startOpenAiServer();
  t.after(openAi.close);
  openAi.chat(({ model }) => `I am ${model}`);
  openAi.chat(() => {
    throw new Error('oops');
  });
  assert.equal((await chatModel(openAi).invoke('Who?')).content, 'I am scripted-chat');
  await assert.rejects(chatModel(openAi).invoke('Who?'), { status: 500, message: /the script threw Error: oops/ });
  assert.equal(openAi.unscripted, 1);
});

test('a stream arrives delta by delta, with its usage at the end when that is asked for', async (t) => {
  const openAi = await startOpenAiServer({ test: t });
  openAi.chat('Paris, of course.', 'Paris.');

  const chunks = await Array.fromAsync(await chatModel(openAi).stream('Which city?'));
  const texts = chunks.map(({ content }) => content).filter((content) => content !== '');
  assert.deepEqual(texts, ['Paris,', ' of', ' course.']);
  assert.deepEqual(pick(chunks.at(-1)?.usage_metadata), { input_tokens: 2, output_tokens: 3, total_tokens: 5 });
  assert.equal(chunks.at(-2)?.response_metadata.finish_reason, 'stop');
  assert.deepEqual(openAi.chatRequests[0]?.body.stream_options, { include_usage: true });

  const raw = await fetch(`${openAi.baseUrl}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ ...question, stream: true }),
  });
  assert.equal(raw.headers.get('content-type'), 'text/event-stream');
  const events = (await raw.text()).trim().split('\n\n');
  assert.equal(events.at(-1), 'data: [DONE]');
  assert.ok(events.every((event) => event.startsWith('data: ') && !event.includes('"usage"')));
});

test('an async iterable as the content lets the test set the pace of a stream', async (t) => {
  const openAi = await startOpenAiServer({ test: t });
  const gate = Promise.withResolvers<void>();
  async function* pieces() {
    yield 'Paris';
    await gate.promise;
    yield ' it is.';
  }
  openAi.chat({ content: pieces() }, { content: pieces() });
  const seen: unknown[] = [];
  for await (const { content } of await chatModel(openAi).stream('Which city?')) {
    if (content === '') continue;
    seen.push(content);
    gate.resolve();
  }
  assert.deepEqual(seen, ['Paris', ' it is.']);
  assert.equal((await chatModel(openAi).invoke('Which city?')).content, 'Paris it is.');
});

test('a reply can be held until the test lets it go', async (t) => {
  const openAi = await startOpenAiServer({ test: t });
  const gate = Promise.withResolvers<void>();
  openAi.chat({ content: 'held', until: gate.promise }, 'free');
  const held = chatModel(openAi).invoke('first');
  await openAi.waitFor(({ path }) => path === '/v1/chat/completions');
  assert.equal((await chatModel(openAi).invoke('second')).content, 'free');
  assert.equal(openAi.chatRequests[0]?.endedAt, undefined);
  gate.resolve();
  assert.equal((await held).content, 'held');
});

test('texts that share words have near vectors of unit length, the same each time', () => {
  const [question, near, far] = [
    'Who designed the Eiffel Tower?',
    'The tower was designed by Eiffel.',
    'Bees make honey.',
  ];
  const vectors = [question, near, far].map((text) => hashedEmbedding(text, 64));
  for (const vector of [...vectors, hashedEmbedding('', 64), hashedEmbedding('日本語', 64)]) {
    assert.equal(vector.length, 64);
    assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-6);
  }
  assert.deepEqual(hashedEmbedding(question, 64), vectors[0]);
  assert.ok(similarity(vectors[0]!, vectors[1]!) > 0.6);
  assert.ok(similarity(vectors[0]!, vectors[2]!) < 0.4);
});

test('embeddings come in the encoding that was asked for, one for each text', async (t) => {
  const openAi = await startOpenAiServer({ test: t, dimension: 8 });
  const expected = ['one', 'two words'].map((text) => hashedEmbedding(text, 8));

  // With no format the client asks for base64 and decodes it itself.
  for (const encodingFormat of ['float', undefined]) {
    const model = embeddingModel(openAi, { encodingFormat });
    const vectors = await model.embedDocuments(['one', 'two words']);
    assert.deepEqual(
      vectors.map((vector) => Array.from(vector)),
      expected,
    );
    assert.deepEqual(Array.from(await model.embedQuery('one')), expected[0]);
  }
  const formats = openAi.embeddingRequests.map(({ body }) => body.encoding_format);
  assert.deepEqual(formats, ['float', 'float', 'base64', 'base64']);

  const { body } = await post(openAi, '/embeddings', { model: 'm', input: ['one', 'two words'], dimensions: 3 });
  assert.deepEqual(body.usage, { prompt_tokens: 3, total_tokens: 3 });
  assert.deepEqual(
    body.data.map(({ index, embedding }: { index: number; embedding: number[] }) => [index, embedding.length]),
    [
      [0, 3],
      [1, 3],
    ],
  );
});

test('the other encoding, the wrong dimension and the wrong number of vectors can be scripted', async (t) => {
  const openAi = await startOpenAiServer({ test: t, ignoreEncodingFormat: true });
  const floats = await post(openAi, '/embeddings', { input: 'one', encoding_format: 'base64' });
  const base64 = await post(openAi, '/embeddings', { input: 'one', encoding_format: 'float' });
  assert.deepEqual(floats.body.data[0].embedding, hashedEmbedding('one', 64));
  assert.equal(typeof base64.body.data[0].embedding, 'string');

  openAi.embeddings(
    { ignoreEncodingFormat: false, dimension: 5 },
    { ignoreEncodingFormat: false, vectors: [[1], [0]] },
  );
  assert.equal((await embeddingModel(openAi).embedQuery('one')).length, 5);
  const two = await post(openAi, '/embeddings', { input: 'one' });
  assert.equal(two.body.data.length, 2);
});

test('the models given are listed', async (t) => {
  const openAi = await startOpenAiServer({ test: t, models: ['a', 'b'] });
  const response = await fetch(`${openAi.baseUrl}/models`);
  const { data } = (await response.json()) as { data: { id: string }[] };
  assert.deepEqual(
    data.map(({ id }) => id),
    ['a', 'b'],
  );
});

for (const [status, name, code] of [
  [400, 'BadRequestError', 'invalid_request_error'],
  [401, 'AuthenticationError', 'invalid_api_key'],
  [404, 'NotFoundError', 'model_not_found'],
  [429, 'RateLimitError', 'rate_limit_exceeded'],
  [500, 'InternalServerError', 'server_error'],
  [503, 'InternalServerError', 'server_error'],
] as const) {
  test(`status ${status} reaches the caller of both models`, async (t) => {
    const openAi = await startOpenAiServer({ test: t });
    const failure = fail.status(status, { message: 'no luck', retryAfterSeconds: 3 });
    openAi.chat(failure, failure);
    openAi.embeddings(failure);
    const calls = [
      () => chatModel(openAi).invoke('?'),
      () => readStream(openAi),
      () => embeddingModel(openAi).embedQuery('?'),
    ];
    for (const call of calls) {
      await assert.rejects(call, (error: Error & { headers?: Headers }) => {
        assert.equal(error.constructor.name, name);
        assert.equal(error.headers?.get('retry-after'), '3');
        assert.match(error.message, /no luck/);
        assert.deepEqual(pick(error, 'status', 'code'), { status, code });
        return true;
      });
    }
  });
}

const terminated = { name: 'TypeError', message: 'terminated' };
const connectionError = { message: 'Connection error.' };
const timeoutError = { name: 'TimeoutError', message: 'Request timed out.' };
const badJson = { name: 'SyntaxError' };
const typeError = { name: 'TypeError', message: /undefined/ };

for (const [name, failure, errors] of [
  ['reset', fail.reset(), [connectionError, connectionError, connectionError]],
  ['resetMidBody', fail.resetMidBody(), [terminated, terminated, terminated]],
  ['halfJson', fail.halfJson(), [badJson, badJson, badJson]],
  ['cutShort', fail.cutShort(), [badJson, ['', 'A', ' reply'], badJson]],
  ['errorInBody', fail.errorInBody('no luck'), [typeError, { message: 'no luck' }, typeError]],
  ['empty', fail.empty(), [typeError, [], typeError]],
  ['html', fail.html(), [typeError, [], typeError]],
  ['noChoices', fail.noChoices(), [typeError, [''], typeError]],
  ['emptyContent', fail.emptyContent(), ['', ['', '', ''], []]],
  ['slow', fail.slow(1, 'late'), ['late', ['', 'late', '', ''], hashedEmbedding('?', 64)]],
] as const) {
  test(`${name}: what chat, stream and embeddings make of it`, async (t) => {
    const openAi = await startOpenAiServer({ test: t });
    openAi.chat(failure, failure);
    openAi.embeddings(failure);
    const calls = [
      async () => (await chatModel(openAi).invoke('?')).content,
      () => readStream(openAi),
      () => embeddingModel(openAi).embedQuery('?'),
    ];
    for (const [index, call] of calls.entries()) {
      const expected = errors[index]!;
      if (typeof expected === 'string' || Array.isArray(expected)) assert.deepEqual(await call(), expected);
      else await assert.rejects(call, expected as Error);
    }
    assert.ok(openAi.requests.every(({ aborted }) => !aborted));
  });
}

for (const [name, failure] of [
  ['hang', fail.hang()],
  ['hangMidBody', fail.hangMidBody()],
] as const) {
  test(`${name}: the client gives up, and the diary says so`, async (t) => {
    const openAi = await startOpenAiServer({ test: t });
    openAi.chat(failure, failure);
    openAi.embeddings(failure);
    await assert.rejects(chatModel(openAi, { timeout: 150 }).invoke('?'), timeoutError);
    await openAi.waitFor(({ aborted }) => aborted);

    const leaving = new AbortController();
    const left = chatModel(openAi).invoke('?', { signal: leaving.signal });
    await openAi.waitFor((entry) => entry === openAi.chatRequests[1]);
    leaving.abort();
    await assert.rejects(left, { name: 'AbortError' });
    await openAi.waitFor((entry) => entry === openAi.chatRequests[1] && entry.aborted);

    await assert.rejects(embeddingModel(openAi, { timeout: 150 }).embedQuery('?'), timeoutError);
    await openAi.waitFor(({ path, aborted }) => path === '/v1/embeddings' && aborted);
    assert.ok(openAi.requests.every(({ endedAt }) => endedAt !== undefined));
  });
}

test('leaving in the middle of a stream is an abort too', async (t) => {
  const openAi = await startOpenAiServer({ test: t });
  openAi.chat(fail.hangMidBody());
  const leaving = new AbortController();
  const seen: unknown[] = [];
  await assert.rejects(
    async () => {
      for await (const { content } of await chatModel(openAi).stream('?', { signal: leaving.signal })) {
        seen.push(content);
        // Not `break`: the client has asked for the next delta already, and would wait for it before it leaves.
        if (content === 'A') leaving.abort();
      }
    },
    { name: 'AbortError' },
  );
  assert.deepEqual(seen, ['', 'A']);
  const { body } = await openAi.waitFor(({ aborted }) => aborted);
  assert.equal(Object(body).stream, true);
});

test('closing ends the calls that hang, without calling it an abort of the client', async () => {
  const openAi = await startOpenAiServer();
  openAi.chat(fail.hang(), fail.slow(3_600_000));
  const calls = Promise.allSettled([chatModel(openAi).invoke('?'), chatModel(openAi).invoke('?')]);
  await openAi.waitFor(() => openAi.requests.length === 2);
  const never = assert.rejects(
    openAi.waitFor(({ path }) => path === '/v1/other'),
    /closed before such a call came/,
  );
  await openAi.close();
  await openAi.close();
  await never;
  assert.deepEqual(
    (await calls).map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.ok(openAi.requests.every(({ aborted }) => !aborted));
  await assert.rejects(
    openAi.waitFor(() => false),
    /no such call has come/,
  );
  openAi.assertSettled();
});

test('a call that the script does not cover is refused and counted', async (t) => {
  const openAi = await startOpenAiServer();
  t.after(openAi.close);
  await assert.rejects(chatModel(openAi).invoke('?'), { status: 500, code: 'UNSCRIPTED' });
  assert.equal((await post(openAi, '/responses', {})).status, 404);
  const broken = await fetch(`${openAi.baseUrl}/embeddings`, { method: 'POST', body: '{"input":' });
  assert.equal(broken.status, 400);
  assert.equal(openAi.requests[2]?.body, undefined);
  assert.equal(openAi.unscripted, 3);
  assert.throws(openAi.assertSettled, { name: 'AssertionError', message: /3 unscripted/ });
});

test('a client that leaves in the middle of its request is not recorded as a call and does no harm', async (t) => {
  const openAi = await startOpenAiServer({ test: t });
  const socket = connect(Number(new URL(openAi.baseUrl).port), '127.0.0.1');
  const left = Promise.withResolvers<void>();
  socket.once('close', () => left.resolve());
  socket.write('POST /v1/embeddings HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"in', () => socket.destroy());
  await left.promise;
  openAi.chat('still here');
  assert.equal((await chatModel(openAi).invoke('?')).content, 'still here');
  assert.equal(openAi.requests.length, 1);
});

test('a server bound to a test fails the test if a queued reply was never asked for, but not for an unused rule', async () => {
  const hooks: (() => Promise<void>)[] = [];
  const bound: Pick<TestContext, 'after'> = { after: (hook) => void hooks.push(hook as () => Promise<void>) };
  const openAi = await startOpenAiServer({ test: bound });
  openAi.chat('never asked for');
  openAi.embeddings({}, {});
  openAi.chatWhen(() => true, 'never asked for either');
  assert.equal(openAi.unused, 3);
  await assert.rejects(hooks[0]!(), { name: 'AssertionError', message: /unused replies: 1 chat, 2 embeddings/ });
  await assert.rejects(fetch(openAi.baseUrl));
});
