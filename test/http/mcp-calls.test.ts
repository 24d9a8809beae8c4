import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import fastify from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { parseKeys } from '../../src/api-key.ts';
import { readKeys } from '../../src/http/keys.ts';
import { mcpRoute } from '../../src/http/mcp.ts';
import { createKeyring } from '../../src/keyring.ts';
import { connectMcp } from '../doubles/mcp-client.ts';
import { fail } from '../doubles/openai-replies.ts';
import { startService } from '../doubles/service.ts';

const article = 'The tower was rebuilt in 1904 with granite from the north quarry.';
const correct = JSON.stringify({ quotes: [], reason: 'The passage says so.', verdict: 'Correct', score: 0.97 });
const question = 'When was the tower rebuilt?';

test('cancelling a call cancels its model call, with JSON and with event replies, and the client can ask again', async (t) => {
  const { url, openai, add } = await startService(t);
  await add('log.md', article);
  const { client, replies } = await connectMcp(t, url);
  for (const [at, onprogress] of [undefined, () => undefined].entries()) {
    openai.chat(fail.hang());
    const leaving = new AbortController();
    const asked = client.callTool({ name: 'ask', arguments: { question } }, undefined, {
      signal: leaving.signal,
      ...(onprogress && { onprogress }),
    });
    const failed = assert.rejects(asked, /enough/);
    await openai.waitFor((entry) => entry === openai.chatRequests[at]);
    leaving.abort(new Error('enough'));
    await failed;
    await openai.waitFor((entry) => entry === openai.chatRequests[at] && entry.aborted);
  }
  openai.chat('It was rebuilt in 1904.', correct);
  assert.match(JSON.stringify(await client.callTool({ name: 'ask', arguments: { question } })), /1904/);
  assert.ok(replies.every(({ status }) => status < 300 || status === 405));
});

test('a call can be cancelled only under its own id, by the key and in the session that made it', async (t) => {
  const settings = { API_KEYS: 'one:canary-key-one,two:canary-key-two' };
  const { openai, call: http } = await startService(t, { settings });
  const one = { authorization: 'Bearer canary-key-one' };
  await http('POST', '/documents', { source: 'log.md', text: article }, one);
  const { promise: until, resolve: answerNow } = Promise.withResolvers<void>();
  openai.chat({ content: 'It was rebuilt in 1904.', until }, correct);
  const post = (message: object, headers: Record<string, string>) => {
    const accept = 'application/json, text/event-stream';
    return http('POST', '/mcp', { jsonrpc: '2.0', ...message }, { accept, ...one, ...headers });
  };
  const hello = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  const sessions = [1, 2].map(() => post({ id: 0, method: 'initialize', params: hello }, {}));
  const [mine, other] = (await Promise.all(sessions)).map(({ headers }) => headers.get('mcp-session-id')!);
  assert.match(mine!, /^[\w-]{36}$/);
  assert.notEqual(mine, other);
  const ask = { id: 7, method: 'tools/call', params: { name: 'ask', arguments: { question } } };
  const asked = post(ask, { 'mcp-session-id': mine! });
  await openai.waitFor((entry) => entry === openai.chatRequests[0]);
  for (const [requestId, headers] of [
    [7, { 'mcp-session-id': other! }],
    [7, {}],
    [7, { 'mcp-session-id': mine!, authorization: 'Bearer canary-key-two' }],
    [8, { 'mcp-session-id': mine! }],
    ['7', { 'mcp-session-id': mine! }],
    [{}, { 'mcp-session-id': mine! }],
  ] as [unknown, Record<string, string>][])
    assert.ok((await post({ method: 'notifications/cancelled', params: { requestId } }, headers)).status < 500);
  answerNow();
  assert.equal((await asked).json.result.structuredContent.answer, 'It was rebuilt in 1904.');
});

test('a reply that takes long sends comments until it comes or its key is revoked', async (t) => {
  const app = fastify();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  const keyring = createKeyring(parseKeys('me:canary-key-me').keys);
  readKeys(app, keyring);
  let found = Promise.withResolvers<never[]>();
  await app.register(mcpRoute, {
    search: () => found.promise,
    about: { versions: { assay: '1' } },
    corsOrigins: [],
    maxBodyBytes: 2 ** 20,
    heartbeatMs: 5,
    topK: 3,
  } as never);
  await app.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => app.close());
  const search = async (more: object) => {
    const params = { name: 'search', arguments: { question }, ...more };
    const reply = await fetch(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: 'Bearer canary-key-me',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
    });
    assert.match(reply.headers.get('content-type')!, /^text\/event-stream/);
    let told = '';
    return async (until: RegExp | null) => {
      for await (const piece of reply.body!.values({ preventCancel: true })) {
        told += Buffer.from(piece).toString();
        if (until?.test(told)) break;
      }
      return told;
    };
  };
  for (const more of [{}, { _meta: { progressToken: 1 } }]) {
    found = Promise.withResolvers();
    const read = await search(more);
    await read(/^(: \w[\w ]*\n\n){2}/);
    found.resolve([]);
    const [, message] = /^(?:: \w[\w ]*\n\n)+event: message\ndata: (.*)\n\n$/.exec(await read(null))!;
    assert.deepEqual(JSON.parse(message!).result.structuredContent, { context: [] });
  }
  found = Promise.withResolvers();
  const read = await search({});
  keyring.replace([]);
  const { id, error } = JSON.parse(/data: (.*)\n\n$/.exec(await read(null))![1]!);
  assert.deepEqual([id, typeof error.message], [1, 'string']);
});
