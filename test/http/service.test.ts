import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Agent, request } from 'undici';
import { holdProcess } from '../doubles/hold-process.ts';
import { overWeaviate, startService } from '../doubles/service.ts';

type Described = { operationId?: string; responses: Record<string, { description: string }> };

test('health reports the number of documents and passages, the models and the versions', async (t) => {
  const { call, add } = await startService(t);
  await add('a.md', 'Some text.');
  assert.deepEqual((await call('GET', '/health/live')).json, { status: 'live' });
  const { status, json } = await call('GET', '/health/ready');
  assert.equal(status, 200);
  assert.deepEqual([json.status, json.documents, json.passages], ['ready', 1, 1]);
  assert.equal(json.models.provider, 'openai-compatible');
  assert.match(json.versions.faiss, /^\d/);
});

test('a service whose store hangs says that it is not ready, and is again when the store goes on', async (t) => {
  if (overWeaviate) return t.skip(); // the embedded store's host is held
  const { call, parts } = await startService(t);
  const pid = parts.knowledge.hostPid()!;
  await holdProcess(pid);
  try {
    const { status, json } = await call('GET', '/health/ready');
    assert.deepEqual([status, json.error.code], [503, 'NOT_READY']);
    assert.equal((await call('GET', '/health/live')).status, 200);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  assert.equal((await call('GET', '/health/ready')).status, 200);
});

test('the OpenAPI document describes every route with its schemas, and /docs and / are served', async (t) => {
  const { call } = await startService(t);
  const { json } = await call('GET', '/openapi.json');
  assert.equal(json.openapi, '3.1.0');
  const routes = Object.entries(json.paths).flatMap(([path, methods]) =>
    Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.deepEqual(routes.sort(), [
    'DELETE /collections/{name}',
    'DELETE /documents/{id}',
    'DELETE /jobs/{id}',
    'GET /asks/{id}',
    'GET /collections',
    'GET /collections/{name}',
    'GET /documents',
    'GET /documents/{id}',
    'GET /health/live',
    'GET /health/ready',
    'GET /jobs/{id}',
    'GET /metrics',
    'GET /v1/models',
    'GET /v1/models/{model}',
    'POST /ask',
    'POST /documents',
    'POST /jobs',
    'POST /mcp',
    'POST /search',
    'POST /v1/chat/completions',
    'POST /v1/embeddings',
    'PUT /collections/{name}',
  ]);
  const body = json.paths['/ask'].post.requestBody.content['application/json'].schema;
  assert.deepEqual(body.required, ['question']);
  assert.equal(body.additionalProperties, false);
  const { minLength, maxLength } = body.properties.question;
  assert.deepEqual([minLength, maxLength], [1, 4000]);
  assert.deepEqual(Object.keys(body.example ?? {}), ['question'], 'what /docs sends leaves the rest to the settings');
  const { content } = json.paths['/documents'].post.requestBody;
  assert.equal(content['application/json'].schema.type, 'object');
  const form = content['multipart/form-data'].schema;
  assert.deepEqual(form.required, ['files']);
  assert.equal(form.properties.collection.pattern, content['application/json'].schema.properties.collection.pattern);
  assert.deepEqual(json.paths['/mcp'].post.requestBody.content['application/json'].schema.required, ['jsonrpc']);
  const kinds = Object.entries<{ content: object }>(json.paths['/metrics'].get.responses).map(([status, reply]) => [
    status,
    ...Object.keys(reply.content),
  ]);
  assert.deepEqual(Object.fromEntries(kinds), { 200: 'text/plain', default: 'application/json' });
  for (const route of ['post /ask', 'get /jobs/{id}', 'post /v1/chat/completions', 'post /mcp']) {
    const [method, path] = route.split(' ') as [string, string];
    const types = Object.keys(json.paths[path][method].responses[200].content);
    assert.deepEqual(types, ['application/json', 'text/event-stream'], route);
  }
  assert.equal(json.paths['/mcp'].post.responses[202].content, undefined);
  for (const [path, methods] of Object.entries(json.paths))
    for (const { responses } of Object.values(methods as Record<string, { responses: { default: object } }>))
      assert.match(JSON.stringify(responses.default), path.startsWith('/v1/') ? /param/ : /requestId/);
  for (const [status, type] of [
    [200, 'text/plain'],
    ['default', 'application/json'],
  ] as const)
    assert.deepEqual(Object.keys(json.paths['/metrics'].get.responses[status].content), [type], `/metrics ${status}`);
  // A tool that reads the document follows every reference.
  for (const [, reference] of JSON.stringify(json).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const found = reference!.split('/').reduce((at, name) => at?.[name], json);
    assert.ok(found, `${reference} is nowhere in the document`);
  }
  const operations = Object.values(json.paths).flatMap((methods) =>
    Object.values(methods as Record<string, Described>),
  );
  const ids = operations.map(({ operationId }) => operationId);
  for (const id of ids) assert.match(id ?? 'none', /^[a-z]+([A-Z][a-z]+)+$|^(ask|search)$/);
  assert.equal(new Set(ids).size, ids.length, 'two routes have the same operationId');
  for (const { operationId, responses } of operations)
    for (const { description } of Object.values(responses))
      assert.ok(description !== 'Default Response', `a reply of ${operationId} has no description`);
  for (const field of Object.keys(body.properties)) // what a question is needs no words
    assert.ok(field === 'question' || body.properties[field].description, `${field} has no description`);
  assert.match((await call('GET', '/docs')).text, /<html/i);
  assert.match((await call('GET', '/')).text, /^Assay /);
});

test('the OpenAPI document names the headers that carry a key, and the routes that need none', async (t) => {
  const { call } = await startService(t, { settings: { API_KEYS: 'ann:canary-key-ann' } });
  const { json } = await call('GET', '/openapi.json', undefined, { 'x-api-key': 'canary-key-ann' });
  const { key, keyHeader } = json.components.securitySchemes;
  assert.deepEqual([key.scheme, keyHeader.in, keyHeader.name], ['bearer', 'header', 'x-api-key']);
  assert.deepEqual(json.security, [{ key: [] }, { keyHeader: [] }]);
  const open = Object.keys(json.paths).filter((path) => json.paths[path].get?.security);
  assert.deepEqual(open.sort(), ['/health/live', '/health/ready']);
  assert.deepEqual(json.paths['/health/live'].get.security, []);
});

test('stopping waits for the ask under way, but not for the connection that its client keeps open', {
  timeout: 60_000,
}, async (t) => {
  const { url, openai, add, close } = await startService(t);
  await add('log.md', '# Log\n\nThe tower was rebuilt in 1904.');
  const held = Promise.withResolvers<void>();
  openai.chat({ content: 'In 1904.', until: held.promise });
  const dispatcher = new Agent({ keepAliveTimeout: 600_000, keepAliveMaxTimeout: 600_000 });
  t.after(() => dispatcher.destroy());
  const asked = request(`${url}/ask`, {
    dispatcher,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ question: 'When was the tower rebuilt?', evaluation: 'none', stream: true }),
  });
  await openai.waitFor(({ path }) => path === '/v1/chat/completions');
  const closed = close();
  held.resolve();
  assert.match(await (await asked).body.text(), /event: done/);
  await closed;
});

test('every reply has a request id: the caller’s own if it is plain, otherwise a new one', async (t) => {
  const { call } = await startService(t);
  const { headers } = await call('GET', '/health/live', undefined, { 'x-request-id': 'mine-1' });
  assert.equal(headers.get('x-request-id'), 'mine-1');
  const strange = await call('GET', '/nowhere', undefined, { 'x-request-id': 'a b' });
  assert.match(strange.headers.get('x-request-id')!, /^[0-9a-f-]{36}$/);
});
