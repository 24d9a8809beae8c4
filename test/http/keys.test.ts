import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { startService } from '../doubles/service.ts';

const settings = { API_KEYS: 'admin:canary-key-admin,team:canary-key-team:team' };
const admin = { authorization: 'Bearer canary-key-admin' };
const team = { 'x-api-key': 'canary-key-team' };

test('without a key everything is closed except health and the web page with its assets', async (t) => {
  const { call, app } = await startService(t, { settings });
  for (const path of ['/', '/assets/styles.css', '/health/live', '/health/ready'])
    assert.equal((await call('GET', path)).status, 200, path);
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
      // Under /v1 the codes are those that OpenAI's clients know.
      const code = path.startsWith('/v1/') ? 'invalid_api_key' : 'KEY_MISSING';
      assert.deepEqual([status, json.error.code], [401, code], `${method} ${path}`);
    }
  const wrong = await call('GET', '/documents', undefined, { authorization: 'Bearer canary-key-admi' });
  assert.deepEqual([wrong.status, wrong.json.error.code], [401, 'KEY_REJECTED']);
});

test('a request without a valid key is told by WWW-Authenticate that a Bearer key is wanted', async (t) => {
  const { call } = await startService(t, { settings });
  for (const headers of [{}, { authorization: 'Bearer canary-nobody' }] as Record<string, string>[])
    for (const path of ['/documents', '/v1/models', '/nowhere']) {
      const refused = await call('GET', path, undefined, headers);
      assert.deepEqual([refused.status, refused.headers.get('www-authenticate')], [401, 'Bearer'], path);
    }
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
    assert.deepEqual([status, json.error.code], [404, 'COLLECTION_NOT_FOUND'], `${method} ${path}`);
  }
  for (const method of ['GET', 'DELETE'])
    assert.equal((await call(method, `/documents/${theirs.id}`, undefined, team)).status, 404);
  assert.equal((await call('GET', `/documents/${mine.id}`, undefined, team)).status, 200);
  assert.equal((await call('GET', '/metrics', undefined, team)).status, 403, 'metrics count all collections together');
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

test('a key with a right can use the routes of that right only; a key without rights named can use all', async (t) => {
  const keys = ['ask', 'write', 'admin'].map((right) => `${right}er:canary-key-${right}::${right}`);
  const { call, url } = await startService(t, { settings: { API_KEYS: [...keys, 'all:canary-key-all'].join() } });
  const as = (who: string) => ({ authorization: `Bearer canary-key-${who}` });
  await call('PUT', '/collections/kept', undefined, as('admin'));
  const document = { source: 'a.md', text: 'Alder wood is light.' };
  const cases: [right: string, method: string, path: string, body?: unknown][] = [
    ['ask', 'POST', '/search', { question: 'alder' }],
    ['ask', 'POST', '/ask', { question: '' }],
    ['ask', 'GET', '/documents'],
    ['ask', 'GET', '/documents/none'],
    ['ask', 'GET', '/asks/none'],
    ['ask', 'GET', '/collections'],
    ['ask', 'GET', '/collections/kept'],
    ['ask', 'GET', '/openapi.json'],
    ['ask', 'GET', '/docs'],
    ['write', 'POST', '/documents', document],
    ['write', 'DELETE', '/documents/none'],
    ['write', 'POST', '/jobs', { collection: 'none' }],
    ['write', 'GET', '/jobs/none'],
    ['write', 'DELETE', '/jobs/none'],
    ['admin', 'PUT', '/collections/made'],
    ['admin', 'DELETE', '/collections/made'],
    ['admin', 'GET', '/metrics'],
  ];
  for (const [right, method, path, body] of cases)
    for (const who of ['ask', 'write', 'admin', 'all']) {
      const { status, json } = await call(method, path, body, as(who));
      const mayPass = who === right || who === 'all';
      assert.equal(json?.error?.code === 'KEY_FORBIDDEN', !mayPass, `${method} ${path} as ${who}: ${status}`);
      assert.equal(status === 403, !mayPass, `${method} ${path} as ${who}`);
    }
  const head = await fetch(`${url}/documents`, { method: 'HEAD', headers: as('ask') });
  assert.equal(head.status, 200, 'HEAD needs the right of GET');
  assert.equal(
    (await call('POST', '/nowhere', undefined, as('ask'))).status,
    404,
    'an unknown path belongs to no right',
  );
});

test('a key stored as a digest is accepted in plain text, and the digest itself is refused', async (t) => {
  const digest = createHash('sha256').update('canary-key-hashed').digest('hex');
  const { call } = await startService(t, { settings: { API_KEYS: `ann:sha256=${digest}` } });
  const status = async (key: string) => (await call('GET', '/documents', undefined, { 'x-api-key': key })).status;
  assert.equal(await status('canary-key-hashed'), 200);
  const bearer = { authorization: 'bearer canary-key-hashed' };
  assert.equal(
    (await call('GET', '/documents', undefined, bearer)).status,
    200,
    'the scheme may be in any case, as RFC 9110 says',
  );
  for (const key of [digest, `sha256=${digest}`]) assert.equal(await status(key), 401);
});

test('a key that may not use the default collection cannot ingest CORPUS_DIR', async (t) => {
  const { call } = await startService(t, { settings });
  await call('PUT', '/collections/team', undefined, admin);
  const { status, json } = await call('POST', '/jobs', { collection: 'team' }, team);
  assert.deepEqual([status, json.error.code], [403, 'KEY_FORBIDDEN']);
});
