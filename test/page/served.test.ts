import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { request } from 'undici';
import { startService } from '../doubles/service.ts';

const html = { accept: 'text/html,application/xhtml+xml' };

test('clients that accept HTML get the page, with a policy that allows nothing from other origins; others get plain text', async (t) => {
  const { call } = await startService(t);
  const text = await call('GET', '/');
  assert.match(text.headers.get('content-type')!, /^text\/plain/);
  assert.match(text.text, /^Assay .*POST \/ask/s);

  const { headers, text: page } = await call('GET', '/', undefined, html);
  assert.match(headers.get('content-type')!, /^text\/html/);
  assert.equal(headers.get('vary'), 'accept, accept-encoding');
  assert.equal(headers.get('referrer-policy'), 'no-referrer');
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  const policy = headers.get('content-security-policy')!;
  for (const part of [
    "default-src 'none'",
    "style-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'none'",
  ])
    assert.ok(policy.split('; ').includes(part), part);
  assert.doesNotMatch(policy, /unsafe|\*|https?:|data:/);
  // The one inline script is the import map, and the policy names it by its hash.
  const inline = [...page.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(([, code]) => code!);
  assert.equal(inline.length, 1);
  assert.ok(policy.includes(`'sha256-${createHash('sha256').update(inline[0]!).digest('base64')}'`));
  assert.doesNotMatch(page, /\sstyle=|\son\w+=|(?:src|href)="(?!\/)/);
});

test('every file of the page is served, compressed as the client accepts it, and not sent again if unchanged', async (t) => {
  const { url, call } = await startService(t);
  const page = (await call('GET', '/', undefined, html)).text;
  const named = [...page.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path!);
  const own = readdirSync(new URL('../../src/page', import.meta.url))
    .filter((name) => name.endsWith('.js'))
    .map((name) => `/assets/${name}`);
  assert.ok(named.length > 8 && own.length > 8);
  let bytes = Buffer.byteLength(page);
  for (const path of new Set([...named, ...own, '/assets/report-names.json'])) {
    const plain = await call('GET', path, undefined, { 'accept-encoding': 'identity' });
    assert.equal(plain.status, 200, path);
    assert.match(
      plain.headers.get('content-type')!,
      /^((text\/(css|javascript)|application\/json); charset=utf-8|image\/svg\+xml)$/,
    );
    assert.doesNotMatch(plain.text, /sourceMappingURL/);
    const tags = new Set();
    for (const [encoding, decode] of [
      ['br', brotliDecompressSync],
      ['gzip', gunzipSync],
    ] as const) {
      const { statusCode, headers, body } = await request(url + path, {
        headers: { 'accept-encoding': `${encoding}, x;q=0` },
      });
      assert.equal(statusCode, 200);
      assert.equal(headers['content-encoding'], encoding);
      const encoded = Buffer.from(await body.arrayBuffer());
      assert.equal(decode(encoded).toString(), plain.text);
      if (encoding === 'br') bytes += encoded.length;
      tags.add(headers.etag);
      const again = await request(url + path, {
        headers: { 'accept-encoding': encoding, 'if-none-match': String(headers.etag) },
      });
      assert.equal(again.statusCode, 304);
      assert.equal((await again.body.arrayBuffer()).byteLength, 0);
    }
    assert.equal(tags.size, 2, 'each form has a tag of its own (RFC 9110, 8.8.3.3)');
  }
  assert.ok(bytes < 150_000, `${bytes} bytes compressed`);
  const refused = await request(`${url}/assets/main.js`, { headers: { 'accept-encoding': 'br;q=0, gzip;q=0' } });
  assert.equal(refused.headers['content-encoding'], undefined);
  await refused.body.dump();
});

test('nothing but the page’s files is served from /assets/, whatever the path says', async (t) => {
  const { url } = await startService(t);
  for (const path of [
    '..%2f..%2fpackage.json',
    '%2e%2e/%2e%2e/package.json',
    'vendor/..%2fmain.js',
    'tsconfig.json',
    'index.html',
    '',
    'main.js%00',
    'vendor/',
  ]) {
    const { statusCode, body } = await request(`${url}/assets/${path}`);
    assert.ok([400, 404].includes(statusCode), `${path}: ${statusCode}`);
    assert.match(await body.text(), /"code":"(NOT_FOUND|BAD_INPUT)"/);
  }
});

test('the page and its files need no key, but the data it shows does', async (t) => {
  const { call } = await startService(t, { settings: { API_KEYS: 'team:page-test-key-0123456789' } });
  for (const path of ['/', '/assets/main.js', '/assets/vendor/preact.mjs', '/health/ready'])
    assert.equal((await call('GET', path, undefined, html)).status, 200, path);
  for (const path of ['/collections', '/documents', '/asks/x', '/assets/none.js'])
    assert.equal((await call('GET', path)).json.error.code, 'KEY_MISSING', path);
});

test('the page’s files do not count towards the rate limit, so the page never arrives in part', async (t) => {
  const { call } = await startService(t, { settings: { RATE_LIMIT_PER_MINUTE: '2' } });
  for (let load = 0; load < 3; load += 1)
    assert.equal((await call('GET', '/assets/main.js', undefined, html)).status, 200);
  assert.deepEqual(
    [(await call('GET', '/assets/none.js')).status, (await call('GET', '/')).status, (await call('GET', '/')).status],
    [404, 200, 429],
  );
});
