import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { errors } from 'undici';
import type { AppError } from '../../src/errors.ts';
import { isTooLongForModel, plainError } from '../../src/errors.ts';
import { openModelServer } from '../../src/models/model-server.ts';
import { CheckedOpenAiChatModel } from '../../src/models/openai-chat-model.ts';
import { translateFailure } from '../../src/models/translate-failure.ts';
import { type ChatRequest, type Failure, fail } from '../doubles/openai-replies.ts';
import { hello, openServedModels, readStream } from '../doubles/served-models.ts';

/** A reply of this status and JSON. */
const replyOf = (status: number, body: unknown): Failure => ({
  send: (response) => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
});
const refusing = (status: number, message: string, more: object = {}) =>
  replyOf(status, { error: { message, type: 'invalid_request_error', ...more } });

test('fields that a server refuses and that a call can do without are left out, at once and from then on', async (t) => {
  const { openai, chat } = await openServedModels(t);
  const refuseSome = ({ stream_options, temperature }: ChatRequest) => {
    if (stream_options) return refusing(422, '', { loc: ['body', 'stream_options'], msg: 'Extra inputs' });
    if (temperature === 0) return refusing(400, "'temperature' does not support 0 with this model.");
    return 'Said.';
  };
  openai.chatWhen(/hello/, refuseSome);
  assert.equal(await readStream(chat), 'Said.');
  assert.equal(openai.chatRequests.length, 3);
  assert.equal(await readStream(chat), 'Said.');
  assert.equal((await chat.invoke(hello)).text, 'Said.');
  assert.equal((await chat.invoke(hello, { stop: ['.'] })).text, 'Said.');
  assert.equal(openai.chatRequests.length, 6);
});

test('a call that is refused for something else, or for ever, is not sent again and again', async (t) => {
  const { openai, chat } = await openServedModels(t);
  openai.chat(refusing(400, 'no'), refusing(404, 'temperature'));
  for (let at = 0; at < 2; at += 1) await assert.rejects(chat.invoke(hello), { code: 'MODEL_REJECTED' });
  assert.equal(openai.chatRequests.length, 2);
  openai.chat(refusing(400, 'temperature'), refusing(400, 'temperature'), 'Said.');
  await assert.rejects(chat.invoke(hello), { code: 'MODEL_REJECTED' });
  await chat.invoke(hello);
  assert.equal(openai.chatRequests.at(-1)!.body.temperature, 0, 'that did not help, so it is not remembered');
});

for (const [status, body, code, words] of [
  [401, { error: { code: 'invalid_api_key', message: 'canary' } }, 'invalid_api_key', /refuses the key/],
  [
    400,
    // Gemini.
    [{ error: { code: 400, message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT' } }],
    'invalid_api_key',
    /refuses the key \(400\)/,
  ],
  [
    400,
    { code: 'Client specified an invalid argument', error: 'Incorrect API key provided: canary.' }, // xAI
    'invalid_api_key',
    /refuses the key \(400\)/,
  ],
  [403, '<h1>canary</h1>', undefined, /refuses the key \(403\)/],
  [404, { error: { code: 'model_not_found', message: 'canary' } }, 'model_not_found', /no such model/],
  [404, '<h1>canary</h1>', undefined, /no such model, or nothing at this address/],
  [400, { error: { code: 'context_length_exceeded' } }, 'context_length_exceeded', /too long/],
  [400, { error: { code: 400, type: 'exceed_context_size_error' } }, 'context_length_exceeded', /too long/],
  [
    400,
    { object: 'error', message: "This model's maximum context length is 4096 tokens.", code: 400 },
    'context_length_exceeded',
    /too long/,
  ],
  [400, { error: { message: 'Larger than the Context Size.' } }, 'context_length_exceeded', /too long/],
  [400, { error: { message: 'Beyond the context window.' } }, 'context_length_exceeded', /too long/],
  [400, { error: { code: 'context_length' } }, 'context_length_exceeded', /too long/],
  [400, { error: { message: `${'canary '.repeat(30)} context length` } }, undefined, /status 400\.$/],
  [400, { error: { code: 'content_filter', message: 'canary' } }, 'content_filter', /status 400, content_filter/],
  [400, { error: { code: 'content_filter', type: 'invalid_request_error' } }, 'content_filter', /content_filter/],
  [400, { error: { type: 'invalid_request_error' } }, 'invalid_request_error', /status 400, invalid_request_error/],
  [400, { error: { code: 'canary', type: { canary: 1 } } }, undefined, /status 400\.$/],
  [400, { error: 'canary' }, undefined, /status 400\.$/],
] as const)
  test(`a refusal says why, in our own words: ${status} ${JSON.stringify(body)}`, async (t) => {
    const { openai, chat } = await openServedModels(t);
    openai.chat(replyOf(status, body), replyOf(status, body));
    for (const call of [() => chat.invoke(hello), () => readStream(chat)])
      await assert.rejects(call(), ({ code: ours, message, cause }: AppError) => {
        assert.equal(ours, 'MODEL_REJECTED');
        assert.match(message, words);
        assert.deepEqual(plainError(cause as object), { name: 'ServerReplied', ...(code && { code }), status });
        return !/canary/.test(message + JSON.stringify(cause));
      });
  });

/** How servers say that a text is too long for the model, in their own words, by the server. */
const tooLong: [server: string, status: number, body: unknown][] = [
  [
    'llama.cpp, embeddings',
    500,
    {
      error: {
        code: 500,
        message:
          'input (596 tokens) is too large to process. increase the physical batch size (current batch size: 512)',
        type: 'server_error',
      },
    },
  ],
  [
    'llama.cpp of 2024, embeddings',
    500,
    { error: { code: 500, message: 'input is larger than the max context size. skipping', type: 'server_error' } },
  ],
  [
    'TEI',
    422,
    {
      message: 'Input validation error: `inputs` must have less than 512 tokens. Given: 596',
      code: 422,
      type: 'Validation',
    },
  ],
  [
    'TEI before 1.9',
    413,
    {
      message: 'Input validation error: `inputs` must have less than 512 tokens. Given: 596',
      code: 413,
      type: 'Validation',
    },
  ],
  [
    'OpenAI, embeddings',
    400,
    {
      error: {
        message: "Invalid 'input[0]': maximum input length is 8192 tokens.",
        type: 'invalid_request_error',
        param: null,
        code: null,
      },
    },
  ],
  [
    'vLLM',
    400,
    {
      error: {
        message:
          'The decoder prompt (length 8357) is longer than the maximum model length of 8192. Make sure that `max_model_len` is no smaller than the number of text tokens.',
        type: 'BadRequestError',
        param: null,
        code: 400,
      },
    },
  ],
  [
    'LiteLLM',
    400,
    {
      error: {
        message: 'litellm.ContextWindowExceededError: BedrockException: Context Window Error',
        type: null,
        param: null,
        code: '400',
      },
    },
  ],
  [
    'LM Studio',
    400,
    {
      error:
        'Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.',
    },
  ],
  ['NVIDIA NIM', 400, { error: 'Input length 704 exceeds maximum allowed token size 512' }],
  [
    'Gemini',
    400,
    [
      {
        error: {
          code: 400,
          message: 'The input token count (1300000) exceeds the maximum number of tokens allowed (1048575).',
          status: 'INVALID_ARGUMENT',
        },
      },
    ],
  ],
  [
    'Anthropic',
    400,
    {
      error: {
        code: 'invalid_request_error',
        message: 'prompt is too long: 215000 tokens > 200000 maximum',
        type: 'invalid_request_error',
        param: null,
      },
    },
  ],
  [
    'xAI',
    400,
    {
      code: 'Client specified an invalid argument',
      error: "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    },
  ],
  [
    'Mistral, embeddings',
    400,
    {
      object: 'error',
      message: 'Too many tokens in batch. Max is 16384 got 17555',
      type: 'invalid_request_error',
      param: null,
      code: null,
    },
  ],
  [
    'DashScope',
    400,
    {
      error: {
        message: '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 8192]',
        type: 'InvalidParameter',
        param: null,
        code: 'InvalidParameter',
      },
    },
  ],
];
for (const [server, status, body] of tooLong)
  test(`a text that is too long for the model is told from other failures, and not sent again: ${server}`, async (t) => {
    const { openai, embeddings, chat } = await openServedModels(t, { maxRetries: 2 });
    openai.embeddingsWhen('long', replyOf(status, body));
    openai.chat(replyOf(status, body));
    const isTold = (error: AppError) => {
      assert.deepEqual([error.code, isTooLongForModel(error)], ['MODEL_REJECTED', true]);
      return true;
    };
    await assert.rejects(embeddings.embedDocuments(['long']), isTold);
    await assert.rejects(chat.invoke(hello), isTold);
    assert.equal(openai.chatRequests.length, 1);
    assert.ok(openai.embeddingRequests.length <= 2, 'once more for floats, at most');
  });

for (const [what, status, body] of [
  ['a rate limit', 429, { error: { message: 'Too many tokens in batch. Max is 16384 got 17555' } }],
  ['too many texts', 422, { message: 'batch size 64 > maximum allowed batch size 32', code: 422, type: 'Validation' }],
  ['too many texts', 400, { error: { message: "Invalid 'input': array too long. Expected maximum length 2048." } }],
  ['a failure', 500, { error: { code: 500, message: 'failed to decode', type: 'server_error' } }],
] as const)
  test(`${what} isn't taken for a text that is too long (${status})`, async (t) => {
    const { openai, chat } = await openServedModels(t);
    openai.chat(replyOf(status, body));
    await assert.rejects(chat.invoke(hello), (error: AppError) => !isTooLongForModel(error));
  });

test('a context that others have filled may be free again later; what a server cannot do at all is not asked again', async (t) => {
  const { openai, chat, embeddings } = await openServedModels(t, { maxRetries: 1 });
  // llama.cpp, whose slots may share one cache.
  const full = { error: { code: 500, message: 'Context size has been exceeded.', type: 'server_error' } };
  openai.chat(replyOf(500, full), 'At last.');
  assert.equal((await chat.invoke(hello)).text, 'At last.');
  // llama.cpp started for chat only, and Ollama asked for vectors of a chat model.
  const message = 'This server does not support embeddings. Start it with `--embeddings`';
  openai.embeddings(replyOf(501, { error: { code: 501, message, type: 'not_supported_error' } }));
  await assert.rejects(embeddings.embedQuery('a'), {
    code: 'MODEL_REJECTED',
    message: /cannot do what was asked of it \(501\)/,
  });
  assert.equal(openai.embeddingRequests.length, 1);
});

for (const [body, code] of [
  [{ error: { message: 'canary', code: 502 } }, 'MODEL_UNAVAILABLE'],
  [{ error: { message: 'canary', code: '429' } }, 'MODEL_UNAVAILABLE'],
  [{ error: 'canary' }, 'MODEL_UNAVAILABLE'],
  [{ error: { code: 'rate_limit_exceeded' } }, 'MODEL_UNAVAILABLE'],
  [{ error: { type: 'insufficient_quota' } }, 'MODEL_UNAVAILABLE'],
  [{ error: { code: 200, message: 'canary' } }, 'MODEL_UNAVAILABLE'],
  [{ error: { code: 400, message: 'canary' } }, 'MODEL_REJECTED'],
  [{ error: { type: 'exceed_context_size_error' } }, 'MODEL_REJECTED'],
  [{ error: { code: 408 } }, 'MODEL_TIMEOUT'],
  [
    { choices: [{ index: 0, message: { content: 'Half' }, finish_reason: 'error', error: { code: 502 } }] },
    'MODEL_UNAVAILABLE',
  ],
] as const)
  test(`an error in a reply of status 200 is that failure: ${JSON.stringify(body)}`, async (t) => {
    const { openai, chat } = await openServedModels(t);
    openai.chat(replyOf(200, body), replyOf(200, body));
    await assert.rejects(chat.invoke(hello), { code });
    await assert.rejects(readStream(chat), { code });
  });

test('an error that a stream has as a field of its own is that failure', async (t) => {
  const { openai, chat } = await openServedModels(t);
  // llama.cpp until the autumn of 2025.
  const lineOf = (code: number, message: string): Failure => ({
    send(response) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`error: ${JSON.stringify({ code, message, type: 'invalid_request_error' })}\n\ndata: [DONE]\n\n`);
    },
  });
  openai.chat(lineOf(400, 'the request exceeds the available context size. try increasing the context size'));
  await assert.rejects(readStream(chat), (error: AppError) => isTooLongForModel(error));
  openai.chat(lineOf(500, 'failed'));
  await assert.rejects(readStream(chat), { code: 'MODEL_UNAVAILABLE' });
});

test('what breaks a connection is told from what makes a reply unreadable', () => {
  const withCode = (code: string) => Object.assign(new Error('canary'), { code });
  for (const [failures, code] of [
    [['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ERR_TLS_CERT_ALTNAME_INVALID'].map(withCode), 'MODEL_UNAVAILABLE'],
    [['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT'].map(withCode), 'MODEL_UNAVAILABLE'],
    [['INVALID_CA', 'INVALID_PURPOSE', 'PATH_LENGTH_EXCEEDED'].map(withCode), 'MODEL_UNAVAILABLE'],
    [['SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'].map(withCode), 'MODEL_UNAVAILABLE'],
    [[new errors.SocketError(), new errors.ConnectTimeoutError()], 'MODEL_UNAVAILABLE'],
    [[new errors.ClientClosedError(), new errors.ClientDestroyedError()], 'MODEL_UNAVAILABLE'],
    [[new errors.HeadersTimeoutError(), new errors.BodyTimeoutError()], 'MODEL_TIMEOUT'],
    [[withCode('HPE_INVALID_CONSTANT')], 'MODEL_BAD_OUTPUT'],
    [[new errors.ResponseExceededMaxSizeError(), new SyntaxError('canary'), null], 'MODEL_BAD_OUTPUT'],
  ] as const)
    for (const failure of failures) {
      const told = translateFailure(failure, new AbortController().signal) as AppError;
      assert.deepEqual([told.code, told.cause], [code, failure]);
      assert.doesNotMatch(told.message, /canary/);
    }
});

test('a failure in a reply of status 200 is retried', async (t) => {
  const { openai, chat, embeddings } = await openServedModels(t, { maxRetries: 1 });
  openai.chat(replyOf(200, { error: { code: 502 } }), 'At last.');
  assert.equal((await chat.invoke(hello)).text, 'At last.');
  openai.embeddings(replyOf(200, { error: { code: 502 } }), { vectors: [[3, 4]] });
  assert.deepEqual(await embeddings.embedQuery('a'), [0.6, 0.8]);
});

test('the query of an address is sent with each call; one with a version gets the key as Azure wants it, too', async (t) => {
  const urls: (string | undefined)[] = [];
  const keys: unknown[] = [];
  const listener = createServer((request, response) => {
    urls.push(request.url);
    keys.push(request.headers['api-key'], request.headers.authorization);
    response.end(JSON.stringify({ choices: [{ index: 0, message: { content: 'Said.' }, finish_reason: 'stop' }] }));
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}/openai/deployments/d/?api-version=2024-10-21`;
  const server = openModelServer({ baseUrl, apiKey: 'k', maxRetries: 0, timeoutMs: 5000 });
  t.after(async () => {
    await server.close();
    listener.close();
  });
  assert.equal((await new CheckedOpenAiChatModel({ model: 'm', server }).invoke(hello)).text, 'Said.');
  assert.deepEqual(urls, ['/openai/deployments/d/chat/completions?api-version=2024-10-21']);
  assert.deepEqual(keys, ['k', 'Bearer k']);
});

for (const status of [400, 413, 422])
  test(`a server that takes few texts at once (${status}) gets as few, at once and from then on`, async (t) => {
    const { openai, embeddings } = await openServedModels(t);
    const texts = Array.from({ length: 32 }, (_, at) => `text ${at}`);
    const expected = await embeddings.embedDocuments(texts);
    const before = openai.embeddingRequests.length;
    openai.embeddingsWhen(({ input }) => input.length > 10, fail.status(status));
    assert.deepEqual(await embeddings.embedDocuments(texts), expected);
    const learnt = openai.embeddingRequests.length;
    assert.ok(learnt - before < 20, `${learnt - before} calls`);
    assert.deepEqual(await embeddings.embedDocuments(texts), expected);
    const sizes = openai.embeddingRequests.slice(learnt).map(({ body }) => body.input.length);
    assert.deepEqual(sizes, [8, 8, 8, 8]);
    assert.equal(openai.embeddingRequests.at(-1)!.body.encoding_format, 'base64');
    for (const count of [9, 5, 3, 32]) await embeddings.embedDocuments(texts.slice(0, count));
    const further = openai.embeddingRequests.slice(learnt + 4).map(({ body }) => body.input.length);
    assert.deepEqual(further, [8, 1, 5, 3, 8, 8, 8, 8]);
  });

test('one text that a server refuses does not make it get fewer at once', async (t) => {
  const { openai, embeddings } = await openServedModels(t);
  openai.embeddingsWhen('poison', fail.status(400));
  const texts = Array.from({ length: 32 }, (_, at) => `text ${at}`);
  await assert.rejects(embeddings.embedDocuments([...texts.slice(1), 'poison']), { code: 'MODEL_REJECTED' });
  const before = openai.embeddingRequests.length;
  await embeddings.embedDocuments(texts);
  assert.equal(openai.embeddingRequests.length, before + 1);
});
