import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from '../doubles/service.ts';

const settings = { API_KEYS: 'admin:canary-key-admin,team:canary-key-team:team' };
const admin = { authorization: 'Bearer canary-key-admin' };
const team = { 'x-api-key': 'canary-key-team' };

test('without a key everything but health and the start page is closed', async (t) => {
  const { call, app } = await startService(t, { settings });
  for (const path of ['/', '/health/live', '/health/ready']) assert.equal((await call('GET', path)).status, 200, path);
  const paths = Object.entries(app.swagger().paths ?? {}).filter(([path]) => !path.startsWith('/health'));
  assert.ok(paths.length >= 7);
  for (const [path, methods] of [
    ...paths,
    ['/openapi.json', { get: {} }],
    ['/docs', { get: {} }],
    ['/nowhere', { get: {} }],
  ] as const)
    for (const method of Object.keys(methods!)) {
      const { status, json } = await call(method.toUpperCase(), path.replace(/\{.*?\}/, 'x'));
      // Under /v1 in the words of OpenAI's clients.
      const code = path.startsWith('/v1/') ? 'invalid_api_key' : 'KEY_MISSING';
      assert.deepEqual([status, json.error.code], [401, code], `${method} ${path}`);
    }
  const wrong = await call('GET', '/documents', undefined, { authorization: 'Bearer canary-key-admi' });
  assert.deepEqual([wrong.status, wrong.json.error.code], [401, 'KEY_REJECTED']);
});

test('a key opens its collections and nothing else, in every route', async (t) => {
  const { call, openai, logLines } = await startService(t, { settings });
  for (const collection of ['team', 'other'])
    assert.equal((await call('PUT', `/collections/${collection}`, undefined, admin)).status, 201);
  const document = (collection: string) => ({ source: 'a.md', text: `The ${collection} text.`, collection });
  const mine = (await call('POST', '/documents', document('team'), team)).json;
  const theirs = (await call('POST', '/documents', document('other'), admin)).json;

  for (const [method, path, body] of [
    ['POST', '/ask', { question: 'text?', collection: 'other' }],
    ['POST', '/search', { question: 'text?', collection: 'other' }],
    ['POST', '/search', { question: 'text?' }],
    ['POST', '/search', { question: 'text?', collection: 'never-made' }],
    ['POST', '/documents', document('other')],
    ['GET', '/documents?collection=other'],
    ['GET', '/collections/other'],
    ['PUT', '/collections/mine'],
    ['DELETE', '/collections/other'],
  ] as const) {
    const { status, json } = await call(method, path, body, team);
    assert.deepEqual([status, json.error.code], [403, 'KEY_FORBIDDEN'], `${method} ${path}`);
  }
  for (const method of ['GET', 'DELETE'])
    assert.equal((await call(method, `/documents/${theirs.id}`, undefined, team)).status, 404);
  assert.equal((await call('GET', `/documents/${mine.id}`, undefined, team)).status, 200);
  const names = (await call('GET', '/collections', undefined, team)).json.collections;
  assert.deepEqual(
    names.map(({ name }: { name: string }) => name),
    ['team'],
  );

  openai.chat('The team text.', '{"verdict":"Correct"}');
  const ask = (await call('POST', '/ask', { question: 'text?', collection: 'team' }, team)).json;
  assert.equal((await call('GET', `/asks/${ask.id}`, undefined, team)).status, 200);
  assert.equal((await call('GET', `/asks/${ask.id}`, undefined, admin)).status, 404);
  assert.doesNotMatch(logLines.join(''), /canary-key/);
});
