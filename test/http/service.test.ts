import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from '../doubles/service.ts';

test('health tells what the service is made of', async (t) => {
  const { call, add } = await startService(t);
  await add('a.md', 'Some text.');
  assert.deepEqual((await call('GET', '/health/live')).json, { status: 'live' });
  const { status, json } = await call('GET', '/health/ready');
  assert.equal(status, 200);
  assert.deepEqual([json.status, json.documents, json.passages], ['ready', 1, 1]);
  assert.equal(json.models.provider, 'openai-compatible');
  assert.match(json.versions.faiss, /^\d/);
});

test('the OpenAPI document tells every route with its schemas, and the pages stand', async (t) => {
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
    'POST /ask',
    'POST /documents',
    'POST /jobs',
    'POST /search',
    'PUT /collections/{name}',
  ]);
  const body = json.paths['/ask'].post.requestBody.content['application/json'].schema;
  assert.deepEqual(body.required, ['question']);
  assert.equal(body.additionalProperties, false);
  for (const path of Object.values(json.paths))
    for (const { responses } of Object.values(path as Record<string, { responses: { default: object } }>))
      assert.match(JSON.stringify(responses.default), /requestId/);
  // A tool that reads the document follows every reference.
  for (const [, reference] of JSON.stringify(json).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const found = reference!.split('/').reduce((at, name) => at?.[name], json);
    assert.ok(found, `${reference} is nowhere in the document`);
  }
  assert.match((await call('GET', '/docs')).text, /<html/i);
  assert.match((await call('GET', '/')).text, /^Assay /);
});

test('every reply carries a request id: the caller’s where it is plain, else a new one', async (t) => {
  const { call } = await startService(t);
  const { headers } = await call('GET', '/health/live', undefined, { 'x-request-id': 'mine-1' });
  assert.equal(headers.get('x-request-id'), 'mine-1');
  const strange = await call('GET', '/nowhere', undefined, { 'x-request-id': 'a b' });
  assert.match(strange.headers.get('x-request-id')!, /^[0-9a-f-]{36}$/);
});
