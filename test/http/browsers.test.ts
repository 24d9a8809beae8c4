import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { test } from 'node:test';
import { startService } from '../doubles/service.ts';

const document = { source: 'a.md', text: 'Alder wood is light.' };

/** Sends a request with headers such as `host`, which `fetch` would not let a caller set. */
async function send(url: string, method: string, path: string, headers: Record<string, string>, body?: string) {
  const { hostname, port } = new URL(url);
  const sent = request({ hostname, port, path, method, headers }).end(body);
  const [response] = await once(sent, 'response');
  const text = (await response.toArray()).join('');
  return { status: response.statusCode as number, headers: response.headers, text };
}
const codeOf = ({ text }: { text: string }) => JSON.parse(text).error?.code;

test('every reply forbids browsers to run anything in it, errors and streams included', async (t) => {
  const { url, add, openai } = await startService(t);
  await add('a.md', 'Alder wood is light.');
  openai.chat('It is light.');
  const json = { 'content-type': 'application/json' };
  const asked = JSON.stringify({ question: 'How is alder?', stream: true, evaluation: 'none' });
  const replies = await Promise.all([
    send(url, 'GET', '/health/live', {}),
    send(url, 'GET', '/documents', {}),
    send(url, 'GET', '/nowhere', {}),
    send(url, 'GET', '/documents/%E0%A4%A', {}),
    send(url, 'POST', '/search', json, '{'),
    send(url, 'POST', '/ask', json, asked),
  ]);
  for (const { headers, text } of replies) {
    assert.equal(
      headers['content-security-policy'],
      "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
      text,
    );
    assert.match(headers['x-request-id'], /^[\w-]{36}$/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['strict-transport-security'], undefined, 'it speaks HTTP');
    for (const name of ['access-control-allow-origin', 'x-powered-by', 'server'])
      assert.equal(headers[name], undefined);
  }
  assert.match(replies.at(-1)!.headers['content-type'], /event-stream/);
  assert.equal(replies[0]!.headers['x-frame-options'], 'DENY');
  assert.equal(replies[0]!.headers['referrer-policy'], 'no-referrer');
});

test('the pages of /docs load only what their content security policy allows', async (t) => {
  const { call } = await startService(t);
  const { text, headers } = await call('GET', '/docs');
  const policy = headers.get('content-security-policy')!;
  assert.match(policy, /script-src 'self';/);
  assert.match(policy, /style-src 'self' 'unsafe-inline'/);
  assert.doesNotMatch(text, /<script(?![^>]*src=)|\son\w+=|https?:/, 'no inline script, nothing from elsewhere');
  for (const [, source = ''] of text.matchAll(/(?:src|href)="([^"]+)"/g))
    assert.equal((await call('GET', source)).status, 200, source);
});

test('pages of other origins can read no reply unless CORS_ORIGINS names them', async (t) => {
  const settings = { API_KEYS: 'ann:canary-key-ann', CORS_ORIGINS: 'https://app.example, http://other.example:81' };
  const asked = 'authorization,content-type,mcp-protocol-version,traceparent,x-stainless-lang';
  const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': asked };
  const closed = await startService(t);
  const refused = await send(closed.url, 'OPTIONS', '/ask', { origin: 'https://app.example', ...preflight });
  assert.equal(refused.headers['access-control-allow-origin'], undefined);
  assert.equal(refused.status, 405);

  const { url } = await startService(t, { settings });
  const allowed = await send(url, 'OPTIONS', '/ask', { origin: 'https://app.example', ...preflight });
  assert.equal(allowed.status, 204, 'a browser asks first, without the key');
  assert.equal(allowed.headers['access-control-allow-origin'], 'https://app.example');
  assert.equal(allowed.headers['access-control-allow-headers'], asked, 'clients of OpenAI and MCP send their own');
  assert.equal(allowed.headers['access-control-allow-credentials'], undefined);
  for (const origin of ['https://evil.example', 'https://app.example.evil.example', 'null']) {
    const reply = await send(url, 'OPTIONS', '/ask', { origin, ...preflight });
    assert.equal(reply.headers['access-control-allow-origin'], undefined, origin);
  }
  for (const path of ['/ask', '*'])
    assert.equal(
      (await send(url, 'OPTIONS', path, {})).status,
      204,
      'an OPTIONS request that is no preflight is no failure',
    );
  const withoutKey = await send(url, 'GET', '/documents', { origin: 'http://other.example:81' });
  assert.equal(withoutKey.status, 401);
  assert.equal(withoutKey.headers['access-control-allow-origin'], 'http://other.example:81');
});

test('without keys, pages of other origins can change nothing unless CORS_ORIGINS names them', async (t) => {
  const { url, call } = await startService(t, { settings: { CORS_ORIGINS: 'https://app.example' } });
  const { host, port } = new URL(url);
  const json = { 'content-type': 'application/json' };
  const body = JSON.stringify(document);
  const foreign = [
    'https://evil.example',
    'null',
    'http://127.0.0.1',
    `http://localhost:${port}`,
    `http://${host}0`,
    '',
  ];
  for (const origin of foreign) {
    const reply = await send(url, 'POST', '/documents', { ...json, origin }, body);
    assert.deepEqual([reply.status, codeOf(reply)], [403, 'ORIGIN_REJECTED'], origin);
    for (const [method, path] of [
      ['DELETE', '/collections/default'],
      ['PUT', '/collections/made'],
      ['POST', '/jobs'],
      ['POST', '/ask'],
    ] as const)
      assert.equal((await send(url, method, path, { origin })).status, 403, `${method} ${path} from ${origin}`);
  }
  assert.equal((await call('GET', '/documents')).json.documents.length, 0);
  for (const origin of [`http://${host}`, 'https://app.example'])
    assert.ok((await send(url, 'POST', '/documents', { ...json, origin }, body)).status < 300, origin);
  assert.equal(
    (await send(url, 'GET', '/documents', { origin: 'https://evil.example' })).status,
    200,
    'a browser does not let that page read the reply',
  );
});

test('without keys, a service on loopback answers only to the names of loopback and of CORS_ORIGINS', async (t) => {
  const settings = { CORS_ORIGINS: 'https://app.example', TRUSTED_PROXIES: '127.0.0.1' };
  const { url } = await startService(t, { settings });
  const { port } = new URL(url);
  const forwarded = { 'x-forwarded-host': 'localhost' }; // a page may send this to the name that it was loaded from
  for (const host of [
    `evil.example:${port}`,
    'evil.example',
    `127.0.0.1.evil.example:${port}`,
    `0.0.0.0:${port}`,
    '[::2]',
  ])
    for (const [method, path] of [
      ['GET', '/documents'],
      ['GET', '/'],
      ['POST', '/search'],
    ] as const) {
      const reply = await send(url, method, path, { host, origin: `http://${host}`, ...forwarded });
      assert.deepEqual([reply.status, codeOf(reply)], [403, 'ORIGIN_REJECTED'], `${method} ${path} at ${host}`);
    }
  for (const host of [`localhost:${port}`, 'LOCALHOST', '127.0.0.1', '127.1.2.3:80', `[::1]:${port}`, 'app.example'])
    assert.equal((await send(url, 'GET', '/documents', { host })).status, 200, host);
});

test('with keys, Origin and Host are not checked: a page does not have the key', async (t) => {
  const { url } = await startService(t, { settings: { API_KEYS: 'ann:canary-key-ann' } });
  const headers = { host: 'assay.example', origin: 'https://evil.example', 'content-type': 'application/json' };
  const body = JSON.stringify(document);
  assert.equal((await send(url, 'POST', '/documents', headers, body)).status, 401);
  const withKey = { ...headers, 'x-api-key': 'canary-key-ann' };
  assert.equal((await send(url, 'POST', '/documents', withKey, body)).status, 201);
});

test('JSON routes accept application/json only, none of the types that a page may send without a preflight', async (t) => {
  const { url, call } = await startService(t);
  const bodies: Record<string, object> = {
    '/ask': { question: 'x' },
    '/search': { question: 'x' },
    '/documents': document,
    '/jobs': {},
  };
  for (const [path, body] of Object.entries(bodies)) {
    for (const type of ['text/plain', 'text/plain;charset=UTF-8', 'application/x-www-form-urlencoded', 'text/json']) {
      const reply = await send(url, 'POST', path, { 'content-type': type }, JSON.stringify(body));
      assert.deepEqual([reply.status, codeOf(reply)], [415, 'UNSUPPORTED_FORMAT'], `${path} with ${type}`);
    }
    const untyped = await send(url, 'POST', path, {}, JSON.stringify(body));
    assert.ok(untyped.status >= 400 && untyped.status < 500, `${path}: ${untyped.status}`);
    if (path === '/documents') continue;
    const form = new FormData();
    form.append('question', 'x');
    const response = await fetch(url + path, { method: 'POST', body: form });
    assert.ok(response.status >= 400 && response.status < 500, `${path} with a form: ${response.status}`);
  }
  assert.equal((await call('GET', '/documents')).json.documents.length, 0);
});

test('an upload of too many or too large parts is refused', async (t) => {
  const { url, call } = await startService(t);
  const upload = async (files: number, fields: [name: string, value: string][] = []) => {
    const form = new FormData();
    for (const [name, value] of fields) form.append(name, value);
    for (let at = 0; at < files; at += 1) form.append('files', new Blob([`Text ${at}.`]), `${at}.txt`);
    const response = await fetch(`${url}/documents`, { method: 'POST', body: form });
    return [response.status, ((await response.json()) as { error?: { code: string } }).error?.code];
  };
  assert.deepEqual(await upload(101), [413, 'TOO_LARGE']);
  const fields = Array.from({ length: 11 }, (_, at) => [`field-${at}`, 'x'] as [string, string]);
  assert.deepEqual(await upload(1, fields), [413, 'TOO_LARGE']);
  assert.deepEqual(await upload(1, [['title', 'x'.repeat(70_000)]]), [400, 'BAD_INPUT']);
  assert.deepEqual(await upload(1, [['x'.repeat(5000), 'x']]), [400, 'UNKNOWN_FIELD']);
  assert.deepEqual(await upload(1, [['__proto__', 'x']]), [400, 'BAD_INPUT']);
  assert.equal((await call('GET', '/documents')).json.documents.length, 0);
  assert.deepEqual(await upload(100), [201, undefined]);
});
