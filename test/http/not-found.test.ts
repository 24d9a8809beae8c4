import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from '../doubles/service.ts';

test('a method that a path does not take gets a 405 that names those it takes', async (t) => {
  const { call } = await startService(t);
  for (const [method, path, allowed] of [
    ['PUT', '/ask?x=1', 'POST'],
    ['POST', '/documents/one', 'DELETE, GET, HEAD'],
    ['POST', '/', 'GET, HEAD'],
    ['DELETE', '/mcp', 'POST'],
    ['PUT', '/mcp', 'POST'],
    ['DELETE', '/docs/', 'GET, HEAD'],
    ['QUERY', '/collections', 'GET, HEAD'],
  ] as const) {
    const { status, headers, json } = await call(method, path);
    assert.deepEqual([status, json.error.code, headers.get('allow')], [405, 'METHOD_NOT_ALLOWED', allowed], path);
  }
  const { status, headers, json } = await call('GET', '/v1/chat/completions');
  assert.deepEqual([status, json.error.code, headers.get('allow')], [405, 'method_not_allowed', 'POST']);
  for (const path of ['/documents/one/two', '/docs2', '/v1', '/asks/'])
    assert.equal((await call('POST', path)).status, 404, path);
  const missing = await call('GET', '/docs/static/none.js');
  assert.deepEqual([missing.status, missing.json.error.code], [404, 'NOT_FOUND']);
});

test('what no route takes is refused for that, whatever its body is', async (t) => {
  const { call } = await startService(t);
  for (const type of ['text/plain', 'application/json', 'multipart/form-data'])
    for (const [method, path, status] of [
      ['PUT', '/ask', 405],
      ['POST', '/nowhere', 404],
      ['QUERY', '/nowhere', 404],
    ] as const)
      assert.equal(
        (await call(method, path, '{', { 'content-type': type })).status,
        status,
        `${method} ${path} ${type}`,
      );
});
