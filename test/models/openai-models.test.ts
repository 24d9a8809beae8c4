import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HumanMessage } from '@langchain/core/messages';
import { CheckedOpenAiChatModel } from '../../src/models/openai-chat-model.ts';
import { CheckedOpenAiEmbeddings } from '../../src/models/openai-embeddings.ts';
import { fail } from '../doubles/openai-replies.ts';
import { startOpenAiServer } from '../doubles/openai-server.ts';
import type { Test } from '../doubles/temporary-folder.ts';

async function open(test: Test, options: { maxRetries?: number; timeoutMs?: number } = {}) {
  const openai = await startOpenAiServer({ test });
  const fields = { model: 'm', baseUrl: openai.baseUrl, apiKey: 'k', maxRetries: 0, timeoutMs: 5000, ...options };
  return { openai, embeddings: new CheckedOpenAiEmbeddings(fields), chat: new CheckedOpenAiChatModel(fields) };
}
const hello = [new HumanMessage('hello')];

test('embeddings ask for floats and come back at unit length, in the order of the texts', async (t) => {
  const { openai, embeddings } = await open(t);
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
  assert.deepEqual(openai.embeddingRequests[0]!.body, { model: 'm', input: ['a\nb', 'c'], encoding_format: 'float' });
});

for (const [name, reply] of [
  ['base64 where floats were asked for', { ignoreEncodingFormat: true }],
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
    const { openai, embeddings } = await open(t);
    openai.embeddings(reply as never);
    await assert.rejects(embeddings.embedDocuments(['a', 'b']), { code: 'MODEL_BAD_OUTPUT' });
  });

test('forty calls of each kind are in flight at once', async (t) => {
  const { openai, embeddings, chat } = await open(t);
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
  const calls = Array.from({ length: 40 }, () => [chat.invoke(hello), embeddings.embedQuery('hello')]).flat();
  for (let at = 1; at <= 40; at += 1) await openai.waitFor(() => openai.embeddingRequests.length >= at);
  for (let at = 0; at < 40; at += 1) arrive();
  assert.equal((await Promise.all(calls)).length, 80);
});

test('a call is cancelled at the server when its signal fires', async (t) => {
  const { openai, embeddings, chat } = await open(t);
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

test('a call that hangs ends at its timeout, and one that is refused is unavailable', async (t) => {
  const { openai, embeddings, chat } = await open(t, { timeoutMs: 200 });
  openai.embeddings(fail.hang());
  openai.chat(fail.hang());
  await assert.rejects(embeddings.embedQuery('x'), { code: 'MODEL_TIMEOUT' });
  await assert.rejects(chat.invoke(hello), { code: 'MODEL_TIMEOUT' });
  await openai.close();
  await assert.rejects(embeddings.embedQuery('x'), { code: 'MODEL_UNAVAILABLE' });
  await assert.rejects(chat.invoke(hello), { code: 'MODEL_UNAVAILABLE' });
});

test('a stream that breaks off, or holds nothing, is no answer', async (t) => {
  const { openai, chat } = await open(t);
  const read = async () => {
    let text = '';
    for await (const chunk of await chat.stream(hello)) text += chunk.text;
    return text;
  };
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

test('a reply to a JSON schema stays text, however it is wrapped', async (t) => {
  const { openai, chat } = await open(t);
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
  const { openai, chat } = await open(t);
  openai.chat(fail.status(401, { message: 'canary: bad key sk-canary for prompt hello' }));
  await assert.rejects(chat.invoke(hello), (error: Error) => !/canary|hello/.test(error.message));
});
