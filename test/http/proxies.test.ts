import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { test } from 'node:test';
import { noHaproxy, startProxy } from '../doubles/haproxy.ts';
import { fail } from '../doubles/openai-replies.ts';
import { startService } from '../doubles/service.ts';

type Call = Awaited<ReturnType<typeof startService>>['call'];

/** The statuses of requests sent one after another, each with the next X-Forwarded-For of the list. */
async function statuses(call: Call, forwardedFor: string[], more: Record<string, string> = {}) {
  const all: number[] = [];
  for (const addresses of forwardedFor)
    all.push((await call('GET', '/collections', undefined, { ...more, 'x-forwarded-for': addresses })).status);
  return all;
}

test('X-Forwarded-For is ignored unless a trusted proxy sends it', async (t) => {
  for (const trusted of ['', '10.0.0.0/8,::2']) {
    const { call } = await startService(t, { settings: { RATE_LIMIT_PER_MINUTE: '2', TRUSTED_PROXIES: trusted } });
    const forged = ['203.0.113.1', '203.0.113.2', '203.0.113.3', '10.1.2.3'];
    assert.deepEqual(await statuses(call, forged), [200, 200, 429, 429], trusted);
  }
});

test('behind a trusted proxy each caller has a rate limit of its own, with unknown keys too', async (t) => {
  const settings = { RATE_LIMIT_PER_MINUTE: '2', TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8' };
  const open = await startService(t, { settings });
  assert.deepEqual(await statuses(open.call, ['203.0.113.1', '203.0.113.1', '203.0.113.1']), [200, 200, 429]);
  assert.deepEqual(await statuses(open.call, ['203.0.113.2', '2001:db8::1']), [200, 200]);
  const asked = ['9.9.9.1, 203.0.113.3', '9.9.9.2,203.0.113.3', '9.9.9.3, 203.0.113.3'];
  assert.deepEqual(
    await statuses(open.call, asked),
    [200, 200, 429],
    'addresses that a caller puts in front change nothing',
  );
  const twoProxies = ['203.0.113.4, 10.1.2.3', '203.0.113.4, 10.3.2.1', '203.0.113.4'];
  assert.deepEqual(await statuses(open.call, twoProxies), [200, 200, 429], 'one proxy behind another');
  const noAddress = ['unknown', '203.0.113.5:4711', '_hidden'];
  assert.deepEqual(
    await statuses(open.call, noAddress),
    [200, 200, 429],
    'what is no address counts as the proxy itself',
  );

  const closed = await startService(t, { settings: { ...settings, API_KEYS: 'ann:canary-key-ann' } });
  const guess = { 'x-api-key': 'canary-key-eve' };
  assert.deepEqual(await statuses(closed.call, ['203.0.113.1', '203.0.113.1', '203.0.113.1'], guess), [401, 401, 429]);
  assert.deepEqual(
    await statuses(closed.call, ['203.0.113.2'], guess),
    [401],
    'guesses do not count against other callers',
  );
});

test('a trusted proxy is believed for addresses only: X-Forwarded-Host opens nothing', async (t) => {
  const { url, call } = await startService(t, { settings: { TRUSTED_PROXIES: '127.0.0.1' } });
  const origin = 'https://evil.example';
  const forwarded = { origin, 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' };
  for (const path of ['/search', '/mcp'])
    assert.equal((await call('POST', path, { question: 'x' }, forwarded)).json.error.code, 'ORIGIN_REJECTED', path);
  assert.equal((await call('GET', '/documents', undefined, { 'x-forwarded-host': 'evil.example' })).status, 200);
  const own = { origin: url, 'x-forwarded-host': 'evil.example' };
  assert.equal((await call('POST', '/search', { question: 'x' }, own)).status, 200);
});

test('through HAProxy, configured as in deploy/, callers are told apart, and one that leaves has its model call cancelled', {
  skip: noHaproxy,
}, async (t) => {
  const settings = { RATE_LIMIT_PER_MINUTE: '3', TRUSTED_PROXIES: '127.0.0.1' };
  const service = await startService(t, { settings });
  const url = await startProxy(t, [service]);
  await service.add('a.md', 'Alder wood is light.');
  service.openai.chat(fail.hang());
  const leaving = new AbortController();
  const body = JSON.stringify({ question: 'How is alder wood?' });
  const headers = { 'content-type': 'application/json' };
  const asked = fetch(`${url}/ask`, { method: 'POST', headers, body, signal: leaving.signal }).catch(() => {});
  await service.openai.waitFor(({ path }) => path === '/v1/chat/completions');
  leaving.abort();
  await asked;
  await service.openai.waitFor(({ path, aborted }) => path === '/v1/chat/completions' && aborted);
  await service.waitForLog('"status":499');

  const other: number[] = [];
  for (const made of ['9.9.9.1', '9.9.9.2', '9.9.9.3', '9.9.9.4']) {
    const sent = request(`${url}/collections`, { localAddress: '127.0.0.2', headers: { 'x-forwarded-for': made } });
    const [response] = await once(sent.end(), 'response');
    other.push(response.resume().statusCode);
  }
  assert.deepEqual(other, [200, 200, 200, 429]);
  assert.equal((await fetch(`${url}/collections`)).status, 200);
});

test('through HAProxy, an ask that is under way when its replica is told to stop is answered, though the proxy has given the replica up', {
  skip: noHaproxy,
}, async (t) => {
  const service = await startService(t);
  const givenUp = Promise.withResolvers<void>();
  const url = await startProxy(t, [service], (words) => /no server available/.test(words) && givenUp.resolve());
  await service.add('a.md', 'Alder wood is light.');
  const given = Promise.withResolvers<void>();
  service.openai.chat({ content: 'Alder wood is light.', until: given.promise }, fail.status(500));
  const body = JSON.stringify({ question: 'How is alder wood?' });
  const asked = fetch(`${url}/ask`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  asked.catch(() => {});
  await service.openai.waitFor(({ path }) => path === '/v1/chat/completions');
  const closed = service.close();
  await givenUp.promise;
  given.resolve();
  const reply = await asked;
  assert.deepEqual([reply.status, ((await reply.json()) as { answer: string }).answer], [200, 'Alder wood is light.']);
  await closed;
});
