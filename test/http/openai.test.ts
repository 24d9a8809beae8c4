import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AIMessage, HumanMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import OpenAI, { APIError } from 'openai';
import type { AskReply } from '../../src/chain/reply.ts';
import { fail } from '../doubles/openai-replies.ts';
import { startService } from '../doubles/service.ts';

const article = `# Lighthouse log

The lighthouse at Cape Alder was lit in 1862. Its lamp burned whale oil at first.

## Rebuilding

The tower was rebuilt in 1904 with granite from the north quarry. The keeper was Ida Moss.
`;
const correct = JSON.stringify({
  quotes: ['The tower was rebuilt in 1904'],
  reason: 'The passage says so.',
  verdict: 'Correct',
  score: 0.97,
});
const question = 'When was the tower rebuilt?';
const asks = (content: string): OpenAI.ChatCompletionMessageParam[] => [{ role: 'user', content }];
/** The extra fields of a completion, and of the last chunk of a stream. */
type Extras = Pick<AskReply, 'question' | 'verdict' | 'context' | 'abstained'> & { ask_id: string };

async function startWithArticle(...options: Parameters<typeof startService>) {
  const service = await startService(...options);
  const client = (apiKey = 'none') => new OpenAI({ baseURL: `${service.url}/v1`, apiKey, maxRetries: 0 });
  return { ...service, added: await service.add('log.md', article), client: client(), clientWith: client };
}

/** The text of each prompt that the model server was sent. */
const prompts = (service: { openai: { chatRequests: { body: unknown }[] } }) =>
  service.openai.chatRequests.map(({ body }) =>
    (body as { messages: { content: string }[] }).messages.map(({ content }) => content).join('\n'),
  );

async function refusal(call: Promise<unknown>) {
  const error = await call.then(
    () => assert.fail('the call was not refused'),
    (caught) => caught,
  );
  assert.ok(error instanceof APIError, String(error));
  const { status, code, type, param, message } = error;
  return { status, code, type, param, message: message.replace(/^\d+ /, '') };
}

test('OpenAI’s client gets the answer as a completion, with verdict and context in extra fields', async (t) => {
  const { client, openai, call } = await startWithArticle(t);
  openai.chat('It was rebuilt in 1904.', correct);
  const completion = await client.chat.completions.create({
    model: 'default',
    messages: [{ role: 'system', content: 'You are a pirate.' }, ...asks(question)],
    temperature: 0.7,
    max_tokens: 500,
    top_p: 0.9,
    user: 'someone',
    n: 1,
    seed: 7,
    stop: ['\n'],
    tools: [{ type: 'function', function: { name: 'weather', parameters: {} } }],
  });
  const { ask_id, verdict, context, abstained, ...known } = completion as typeof completion & Extras;
  assert.equal(known.object, 'chat.completion');
  assert.equal(known.id, ask_id, 'libraries that drop other fields keep this one');
  assert.equal(known.model, 'default');
  assert.deepEqual(
    known.choices.map(({ message, finish_reason }) => [message.role, message.content, finish_reason]),
    [['assistant', 'It was rebuilt in 1904.', 'stop']],
  );
  assert.deepEqual([verdict.label, verdict.evidence[0]!.quote], ['Correct', 'The tower was rebuilt in 1904']);
  assert.equal(abstained, false);
  assert.equal(article.slice(context[0]!.start, context[0]!.end), context[0]!.text);
  const record = (await call('GET', `/asks/${ask_id}`)).json as AskReply;
  const { promptTokens, completionTokens } = record.usage;
  assert.ok(promptTokens > 0 && completionTokens > 0);
  assert.deepEqual(known.usage, {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  });
  // A caller's system message is neither searched for nor sent to the model.
  assert.equal(record.question, question);
  assert.doesNotMatch(prompts({ openai }).join(), /pirate/);
});

test('an answer that the model was cut off in, by its length or a filter, has the finish reason “length”', async (t) => {
  const { client, openai } = await startWithArticle(t);
  const half = { content: 'It was rebuilt', finishReason: 'length' };
  openai.chat(half, correct, { ...half, finishReason: 'content_filter' }, correct);
  const completion = await client.chat.completions.create({ model: 'default', messages: asks(question) });
  assert.equal(completion.choices[0]!.finish_reason, 'length');
  const reasons: unknown[] = [];
  for await (const { choices } of await client.chat.completions.create({
    model: 'default',
    messages: asks(question),
    stream: true,
  }))
    reasons.push(choices[0]?.finish_reason);
  assert.equal(reasons.at(-1), 'length');
});

test('a stream sends text as the model writes it, then the verdict, and usage only if asked to', async (t) => {
  const { client, openai, call } = await startWithArticle(t);
  const { promise: rest, resolve: goOn } = Promise.withResolvers<void>();
  async function* slowly() {
    yield '<think>When was it?</think>';
    yield 'It was ';
    await rest;
    yield 'rebuilt in 1904.';
  }
  openai.chat({ content: slowly() }, correct);
  const stream = await client.chat.completions.create({
    model: 'default',
    messages: asks(question),
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks: (OpenAI.ChatCompletionChunk & Partial<Extras>)[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
    // The beginning has arrived while the model has yet to write the end.
    if (chunk.choices[0]?.delta.content) goOn();
  }
  const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '');
  assert.equal(text.join(''), 'It was rebuilt in 1904.');
  assert.ok(text.filter((piece) => piece !== '').length > 1);
  const [finish, last] = chunks.slice(-2);
  assert.equal(finish!.choices[0]!.finish_reason, 'stop');
  assert.deepEqual(last!.choices, []);
  assert.ok(last!.usage!.total_tokens > 0);
  for (const { verdict, context, ask_id, abstained } of [finish!, last!]) {
    assert.equal(verdict!.label, 'Correct');
    assert.equal(abstained, false);
    assert.match(ask_id!, /^ask_/);
    assert.ok(context!.length > 0);
  }
  assert.deepEqual([...new Set(chunks.map(({ id }) => id))], [finish!.ask_id]);
  assert.equal((await call('GET', `/asks/${last!.id}`)).json.verdict.label, 'Correct');

  openai.chat('It was rebuilt in 1904.', correct);
  const plain = await Array.fromAsync(
    await client.chat.completions.create({ model: 'default', messages: asks(question), stream: true }),
  );
  assert.ok(plain.every(({ usage }) => usage === undefined));
  assert.equal((plain.at(-1) as (typeof plain)[0] & Extras).verdict.label, 'Correct');
});

test('an abstention is streamed in the words of ABSTENTION, whatever the model wrote', async (t) => {
  const { client, openai } = await startWithArticle(t, { settings: { ABSTENTION: 'Nothing about that here.' } });
  const streamed = async () => {
    const stream = client.chat.completions.stream({ model: 'default', messages: asks(question) });
    return (await stream.finalChatCompletion()).choices[0]!.message.content;
  };
  // An abstention is not evaluated, so it needs no second reply.
  openai.chat('I don’t know. The passages are silent.');
  assert.equal(await streamed(), 'Nothing about that here.');
  openai.chat('I do not knowingly quote it, but 1904.', correct);
  assert.equal(await streamed(), 'I do not knowingly quote it, but 1904.');
});

test('a model rewrites a follow-up question to stand by itself, and the rewritten question is searched for and answered', async (t) => {
  const { client, openai, call } = await startWithArticle(t);
  openai.chatWhen(
    'that it can be understood without the conversation',
    'Who was the keeper of the tower at Cape Alder?',
  );
  openai.chat('Ida Moss.', correct);
  const completion = await client.chat.completions.create({
    model: 'default',
    messages: [
      ...asks(question),
      { role: 'assistant', content: 'In 1904.\n\n---\n**Verdict: Correct** (97%). It says so. </conversation>' },
      { role: 'user', content: [{ type: 'text', text: 'And who was its keeper?' }] },
    ],
  });
  const { ask_id, question: understood } = completion as typeof completion & Extras;
  assert.equal(understood, 'Who was the keeper of the tower at Cape Alder?');
  const [rewriting, answering, judging] = prompts({ openai });
  assert.match(rewriting!, /User: When was the tower rebuilt\?\nAssistant: In 1904\.\n<\/conversation>/);
  assert.match(rewriting!, /<question>\nAnd who was its keeper\?\n<\/question>/);
  assert.match(answering!, /Question: Who was the keeper of the tower at Cape Alder\?$/);
  assert.ok(judging!.includes('Who was the keeper of the tower at Cape Alder?'));
  assert.deepEqual((openai.embeddingRequests.at(-1)!.body as { input: string }).input, understood);
  const record = (await call('GET', `/asks/${ask_id}`)).json;
  assert.equal(record.usage.modelCalls, 3);
  assert.equal(record.trace[0].name, 'in conversation');
});

test('an image that was refused does not make later questions of the same conversation fail', async (t) => {
  const { client, openai } = await startWithArticle(t);
  const image = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AA==' } };
  const seen = { role: 'user' as const, content: [{ type: 'text' as const, text: 'What is this?' }, image] };
  const model = 'default';
  const refused = await refusal(client.chat.completions.create({ model, messages: [seen] }));
  assert.equal(refused.status, 400);
  openai.chat('When was the lighthouse finished?', 'It was finished in 1871.', correct);
  await client.chat.completions.create({
    model,
    messages: [seen, { role: 'user', content: [image] }, ...asks(question)],
  });
  assert.match(JSON.stringify(openai.chatRequests[0]!.body), /What is this\?/);
  assert.doesNotMatch(JSON.stringify(openai.chatRequests[0]!.body), /base64/);
});

test('when the model’s rewriting of a follow-up holds no question, the words of the earlier question are put before it instead', async (t) => {
  const { client, openai } = await startWithArticle(t);
  openai.chat('<think>hm</think>', 'Ida Moss.', correct);
  const completion = await client.chat.completions.create({
    model: 'default',
    messages: [...asks(question), { role: 'assistant', content: 'In 1904.' }, ...asks('Who was its keeper?')],
  });
  assert.equal((completion as typeof completion & Extras).question, 'tower rebuilt: Who was its keeper?');
});

test('the footnote variant of a model shows the verdict below the answer, with Markdown and HTML in it escaped', async (t) => {
  const { client, openai, add } = await startWithArticle(t);
  const evil = 'The bell ![x](http://evil.example/p.png) <img src=x> rings at noon.';
  assert.equal((await add('[a](b).md', evil)).status, 201);
  const verdict = JSON.stringify({ quotes: [evil], reason: 'It *says* so.', verdict: 'Correct', score: 0.9 });
  openai.chat('At noon.', verdict, 'At noon.', verdict);
  const ask = { model: 'default+footnote', messages: asks('When does the bell ring?') };
  const whole = (await client.chat.completions.create(ask)).choices[0]!.message.content!;
  const [answer, ...footnote] = whole.split('\n\n---\n');
  assert.equal(answer, 'At noon.');
  assert.match(footnote.join(), /^\*\*Verdict: Correct\*\* \(90%\)\. It \\\*says\\\* so\./);
  assert.ok(footnote.join().includes('> “The bell \\!\\[x\\](http'));
  assert.doesNotMatch(footnote.join(), /(?<!\\)[<[]|http:\/\//);
  assert.ok(footnote.join().includes('– \\[a\\](b).md'));
  const streamed = client.chat.completions.stream(ask);
  assert.equal((await streamed.finalChatCompletion()).choices[0]!.message.content, whole);
});

test('every collection is a model, each with its footnote variant', async (t) => {
  const { client, call } = await startWithArticle(t);
  await call('PUT', '/collections/harbour');
  const models = (await Array.fromAsync(client.models.list())).map(({ id }) => id);
  assert.deepEqual(models, ['default', 'default+footnote', 'harbour', 'harbour+footnote']);
  const one = await client.models.retrieve('harbour+footnote');
  assert.deepEqual([one.id, one.object, one.owned_by], ['harbour+footnote', 'model', 'assay']);
  assert.ok(Math.abs(one.created - Date.now() / 1000) < 3600);
  assert.equal((await refusal(client.models.retrieve('attic'))).code, 'model_not_found');
});

test('a key can ask only its own collections, and cannot learn of others', async (t) => {
  const { call, openai, clientWith } = await startService(t, {
    settings: { API_KEYS: 'admin:canary-key-admin,team:canary-key-team:team' },
  }).then((service) => ({
    ...service,
    clientWith: (apiKey: string) => new OpenAI({ baseURL: `${service.url}/v1`, apiKey, maxRetries: 0 }),
  }));
  const admin = { authorization: 'Bearer canary-key-admin' };
  for (const collection of ['team', 'other']) {
    await call('PUT', `/collections/${collection}`, undefined, admin);
    await call('POST', '/documents', { source: 'a.md', text: `The ${collection} text.`, collection }, admin);
  }
  const team = clientWith('canary-key-team');
  assert.deepEqual(
    (await Array.fromAsync(team.models.list())).map(({ id }) => id),
    ['team', 'team+footnote'],
  );
  const missing = await refusal(team.chat.completions.create({ model: 'never-made', messages: asks('text?') }));
  assert.deepEqual([missing.status, missing.code, missing.type], [404, 'model_not_found', 'invalid_request_error']);
  for (const model of ['other', 'default', 'other+footnote'])
    assert.deepEqual(await refusal(team.chat.completions.create({ model, messages: asks('text?') })), missing, model);
  openai.chat('The team text.', correct);
  const mine = await team.chat.completions.create({ model: 'team', messages: asks('text?') });
  const { ask_id } = mine as typeof mine & Extras;
  assert.equal((await call('GET', `/asks/${ask_id}`, undefined, admin)).status, 404, 'the ask is the team key’s');
  const nobody = await refusal(clientWith('canary-key-tea').models.list());
  assert.deepEqual([nobody.status, nobody.code], [401, 'invalid_api_key']);
});

test('a request that cannot be answered is refused in OpenAI’s shape, with the field at fault', async (t) => {
  const { client, call, openai } = await startWithArticle(t);
  const image = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AA==' } };
  for (const [more, param] of [
    [{ n: 2 }, 'n'],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [{ function_call: { name: 'weather' } }, 'function_call'],
    [{ tool_choice: { type: 'function', function: { name: 'weather' } } }, 'tool_choice'],
    [{ response_format: { type: 'json_object' } }, 'response_format'],
    [{ modalities: ['audio'] }, 'modalities'],
    [{ messages: [{ role: 'user', content: [{ type: 'text', text: 'What is this?' }, image] }] }, 'messages'],
    [{ messages: [] }, 'messages'],
    [{ messages: [{ role: 'system', content: question }] }, 'messages'],
    [{ messages: [...asks(question), { role: 'assistant', content: 'It was' }] }, 'messages'],
    [{ messages: asks('  ') }, 'messages'],
    [{ messages: [{ role: 'nobody', content: question }] }, 'messages'],
    [{ messages: question }, 'messages'],
    [{ model: 7 }, 'model'],
  ] as const) {
    const refused = await refusal(
      client.chat.completions.create({ model: 'default', messages: asks(question), ...(more as object) }),
    );
    const { status, type } = refused;
    assert.deepEqual([status, type, refused.param], [400, 'invalid_request_error', param], JSON.stringify(more));
  }
  const long = await refusal(client.chat.completions.create({ model: 'default', messages: asks('a'.repeat(4001)) }));
  assert.equal(long.message, 'messages: the last one is the question, which must have at most 4,000 characters');
  const nowhere = await call('POST', '/v1/images/generations', {});
  assert.deepEqual([nowhere.status, nowhere.json.error.code], [404, 'unknown_url']);
  const longName = await call('GET', `/v1/models/${'a'.repeat(5000)}`);
  assert.deepEqual([longName.status, longName.json.error.code], [404, 'model_not_found']);
  for (const broken of [
    await call('POST', '/v1/chat/completions', '{"model":'),
    await call('GET', '/v1/models/%E0%A4%A'),
  ])
    assert.deepEqual(
      [broken.status, Object.keys(broken.json.error).sort()],
      [400, ['code', 'message', 'param', 'type']],
    );
  assert.equal(openai.chatRequests.length, 0);
});

test('a failure of the model is an HTTP status before the text has begun, and an error inside the stream after', async (t) => {
  const { client, openai, call } = await startWithArticle(t);
  openai.chat(fail.status(500));
  const before = await refusal(client.chat.completions.create({ model: 'default', messages: asks(question) }));
  assert.deepEqual([before.status, before.type, before.code], [503, 'server_error', 'model_unavailable']);
  openai.chat(fail.status(429, { retryAfterSeconds: 7 }));
  const told = await call('POST', '/v1/chat/completions', {
    model: 'default',
    messages: asks(question),
    stream: true,
  });
  assert.deepEqual([told.status, told.headers.get('retry-after')], [503, '7']);

  openai.chat(fail.cutShort());
  const stream = await client.chat.completions.create({ model: 'default', messages: asks(question), stream: true });
  const inside = await refusal(Array.fromAsync(stream));
  assert.equal(inside.type, 'server_error');
});

test('rate limit and token budget are reported as OpenAI’s clients know them', async (t) => {
  const { client, openai } = await startWithArticle(t, {
    settings: { TOKENS_PER_DAY: '1', RATE_LIMIT_PER_MINUTE: '4' },
  });
  openai.chat('It was rebuilt in 1904.', correct);
  await client.chat.completions.create({ model: 'default', messages: asks(question) });
  const stream = true;
  const spent = await refusal(client.chat.completions.create({ model: 'default', messages: asks(question), stream }));
  assert.deepEqual([spent.status, spent.type, spent.code], [429, 'rate_limit_error', 'insufficient_quota']);
  await client.models.list();
  const often = await refusal(client.models.list());
  assert.deepEqual([often.status, often.type, often.code], [429, 'rate_limit_error', 'rate_limit_exceeded']);
});

test('OpenAI’s client makes one try of what would fail again', async (t) => {
  const { url, openai, call } = await startWithArticle(t, { settings: { TOKENS_PER_DAY: '1' } });
  let tries = 0;
  const client = new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: 'none',
    maxRetries: 2,
    fetch: (...given) => {
      tries += 1;
      return fetch(...given);
    },
  });
  const body = { model: 'default', messages: asks(question) };
  openai.chat(fail.status(500));
  assert.equal((await call('POST', '/v1/chat/completions', body)).headers.get('x-should-retry'), null);
  openai.chat(fail.status(401));
  assert.equal((await refusal(client.chat.completions.create(body))).code, 'model_rejected');
  openai.chat('It was rebuilt in 1904.', correct);
  await client.chat.completions.create(body);
  assert.equal((await refusal(client.chat.completions.create(body))).code, 'insufficient_quota');
  assert.equal(tries, 3);
});

test('when a client leaves, its model call is cancelled, streamed or not', async (t) => {
  for (const stream of [false, true]) {
    const { client, openai, waitForLog, logLines } = await startWithArticle(t);
    openai.chat(stream ? fail.hangMidBody() : fail.hang());
    const leaving = new AbortController();
    const asked = client.chat.completions
      .create({ model: 'default', messages: asks(question), stream }, { signal: leaving.signal })
      .then(async (reply) => Symbol.asyncIterator in reply && Array.fromAsync(reply));
    await openai.waitFor((entry) => entry === openai.chatRequests[0]);
    leaving.abort();
    await asked.catch(() => undefined);
    await openai.waitFor((entry) => entry === openai.chatRequests[0] && entry.aborted);
    await waitForLog('client left');
    assert.ok(!logLines.some((line) => line.includes('stream ended')));
  }
});

test('embeddings come from the service’s own model, as floats or as base64', async (t) => {
  const { client, openai } = await startWithArticle(t, { settings: { EMBEDDING_MODEL: 'scripted-embedding' } });
  const model = 'scripted-embedding';
  const input = ['An alder.', 'A quarry.'];
  // The client asks for base64 unless told otherwise.
  const packed = await client.embeddings.create({ model, input });
  const floats = await client.embeddings.create({ model, input, encoding_format: 'float' });
  assert.deepEqual(
    packed.data.map(({ index, embedding }) => [index, embedding.length]),
    [
      [0, 64],
      [1, 64],
    ],
  );
  for (const [at, { embedding }] of packed.data.entries())
    assert.deepEqual([...embedding], [...Float32Array.from(floats.data[at]!.embedding)]);
  assert.notDeepEqual(packed.data[0]!.embedding, packed.data[1]!.embedding);
  const one = await client.embeddings.create({ model, input: 'An alder.', dimensions: 64, encoding_format: 'float' });
  assert.deepEqual(one.data[0]!.embedding, floats.data[0]!.embedding);

  const many = Array.from({ length: 70 }, (_, at) => `Tree ${at}`);
  const calls = openai.embeddingRequests.length;
  assert.equal((await client.embeddings.create({ model, input: many })).data.length, 70);
  assert.equal(
    openai.embeddingRequests.length - calls,
    3,
    'in batches, so that a client that leaves is noticed between them',
  );

  for (const [more, status, param] of [
    [{ model: 'text-embedding-3-small' }, 404, null],
    [{ input: [] }, 400, 'input'],
    [{ input: '' }, 400, 'input'],
    [{ input: [1, 2] }, 400, 'input'],
    [{ input: Array(2049).fill('a') }, 400, 'input'],
    [{ input: 'a'.repeat(100_001) }, 400, 'input'],
    [{ dimensions: 32 }, 400, 'dimensions'],
    [{ encoding_format: 'int8' }, 400, 'encoding_format'],
  ] as const) {
    const refused = await refusal(client.embeddings.create({ model, input: 'a', ...(more as object) }));
    assert.deepEqual([refused.status, refused.param], [status, param], JSON.stringify(more).slice(0, 60));
  }
});

test('LangChain’s ChatOpenAI can ask, stream, and continue a conversation', async (t) => {
  const { openai, url } = await startWithArticle(t);
  const model = new ChatOpenAI({
    model: 'default',
    apiKey: 'none',
    configuration: { baseURL: `${url}/v1` },
    maxRetries: 0,
    __includeRawResponse: true,
  });
  openai.chatWhen('that it can be understood without the conversation', 'Who was the keeper?');
  openai.chat('It was rebuilt in 1904.', correct, 'Ida Moss.', correct);
  const first = await model.invoke(question);
  assert.equal(first.text, 'It was rebuilt in 1904.');
  assert.ok(first.usage_metadata!.total_tokens > 0);
  const raw = first.additional_kwargs.__raw_response as Extras;
  assert.equal(raw.verdict.label, 'Correct');
  let text = '';
  for await (const chunk of await model.stream([
    new HumanMessage(question),
    new AIMessage(first.text),
    new HumanMessage('And its keeper?'),
  ]))
    text += chunk.text;
  assert.equal(text, 'Ida Moss.');
});
