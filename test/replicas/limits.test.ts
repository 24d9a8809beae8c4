import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { openRedis } from '../../src/replicas/open-redis.ts';
import { freePort } from '../doubles/free-port.ts';
import { noRedis, startRedis } from '../doubles/redis.ts';
import { startService } from '../doubles/service.ts';
import type { Test } from '../doubles/temporary-folder.ts';

const needsRedis = { skip: noRedis };
const ann = { authorization: 'Bearer canary-key-of-ann' };
const keys = { API_KEYS: 'ann:canary-key-of-ann,bob:canary-key-of-bob' };

const startTwo = (t: Test, settings: Record<string, string>) =>
  Promise.all([startService(t, { settings }), startService(t, { settings })]);
type Service = Awaited<ReturnType<typeof startService>>;

/** Sends so many requests of Ann's to the services in turn, eight at a time; returns how often each status came. */
async function send(services: Service[], count: number, beforeEach: (at: number) => unknown = () => {}) {
  const statuses: Record<number, number> = {};
  let next = 0;
  async function sendInTurn() {
    for (let at = next++; at < count; at = next++) {
      await beforeEach(at);
      const { status } = await services[at % services.length]!.call('GET', '/collections', undefined, ann);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  }
  await Promise.all(Array.from({ length: 8 }, sendInTurn));
  return statuses;
}

test('two replicas together let through as much as a key’s limit, not twice that', needsRedis, async (t) => {
  const redis = await startRedis(t);
  const settings = { ...keys, RATE_LIMIT_PER_MINUTE: '100' };
  assert.deepEqual(await send(await startTwo(t, settings), 200), { 200: 200 }, 'without Redis each counts for itself');

  const services = await startTwo(t, { ...settings, REDIS_URL: redis.url });
  assert.deepEqual(await send(services, 200), { 200: 100, 429: 100 });
  const [one, other] = services;
  const refused = await other.call('GET', '/collections', undefined, ann);
  assert.equal(refused.json.error.code, 'RATE_LIMITED');
  const seconds = Number(refused.headers.get('retry-after'));
  assert.ok(seconds >= 1 && seconds <= 60, `${seconds}`);
  const bob = { authorization: 'Bearer canary-key-of-bob' };
  const { status, headers } = await one.call('GET', '/collections', undefined, bob);
  assert.deepEqual([status, headers.get('x-ratelimit-remaining')], [200, '99']);
});

test('two replicas share one token budget', needsRedis, async (t) => {
  const redis = await startRedis(t);
  const services = await startTwo(t, { TOKENS_PER_DAY: '100', REDIS_URL: redis.url });
  const usage = { prompt_tokens: 50, completion_tokens: 9, total_tokens: 59 };
  const ask = async ({ call, add, openai }: Service) => {
    await add('a.md', 'Alder wood is light.');
    openai.chat({ content: 'Light.', usage });
    const { status, json } = await call('POST', '/ask', { question: 'How is alder wood?', evaluation: 'none' });
    return json.error?.code ?? status;
  };
  const [one, other] = services;
  assert.deepEqual([await ask(one), await ask(other)], [200, 200]);
  const spent = await one.call('POST', '/ask', { question: 'How is alder wood?' });
  assert.equal(spent.json.error.code, 'BUDGET_SPENT', 'one ask of its own, and one of the other');
  await redis.kill();
  assert.equal(await ask(one), 200, 'without Redis what is known here counts');
  assert.equal((await one.call('POST', '/ask', { question: 'How?' })).json.error.code, 'BUDGET_SPENT');
});

test('killing Redis fails no request; when it is back the limit holds again', needsRedis, async (t) => {
  const redis = await startRedis(t);
  const services = await startTwo(t, { ...keys, RATE_LIMIT_PER_MINUTE: '100', REDIS_URL: redis.url });
  const states = async () => {
    const replies = await Promise.all(services.map(({ call }) => call('GET', '/health/ready')));
    return replies.map(({ status, json }) => `${status} ${json.redis}`);
  };
  assert.deepEqual(await states(), ['200 up', '200 up']);
  const amid = await send(services, 400, (at) => (at === 50 ? redis.kill() : null));
  assert.deepEqual(amid, { 200: 400 });
  assert.deepEqual(await states(), ['200 down', '200 down']);
  assert.match((await services[0].call('GET', '/metrics', undefined, ann)).text, /^assay_redis_up 0$/m);

  await redis.start();
  await Promise.all(services.map(({ waitForLog }) => waitForLog('Redis replies again')));
  assert.deepEqual(await states(), ['200 up', '200 up']);
  assert.match((await services[0].call('GET', '/metrics', undefined, ann)).text, /^assay_redis_up 1$/m);
  assert.deepEqual(await send(services, 200), { 200: 99, 429: 101 });
  for (const { logLines } of services) {
    assert.equal(logLines.filter((line) => line.includes('Redis does not reply')).length, 1);
    assert.equal(logLines.filter((line) => line.includes('Redis replies again')).length, 1);
  }
});

test('a command to a Redis that is down fails at once, and is not queued for later', async (t) => {
  const reasons: unknown[] = [];
  const { redis, isUp, close } = await openRedis(`redis://127.0.0.1:${await freePort()}`, {
    onAway: (reason) => reasons.push(reason),
    onBack() {},
  });
  t.after(close);
  assert.deepEqual([isUp(), reasons], [false, ['ECONNREFUSED']]);
  const asked = redis.get('assay:taken').catch(() => 'failed');
  assert.equal(await Promise.race([asked, nextTurn('waits')]), 'failed');
});

test('closing the connection to Redis does not report it as down', needsRedis, async (t) => {
  const { url } = await startRedis(t);
  const told: string[] = [];
  const { redis, close } = await openRedis(url, { onAway: () => told.push('away'), onBack: () => told.push('back') });
  const ended = once(redis, 'end');
  close();
  await ended;
  assert.deepEqual(told, []);
});

test('a Redis that hangs fails no request, and the limit holds again when it goes on', needsRedis, async (t) => {
  const redis = await startRedis(t);
  const service = await startService(t, { settings: { ...keys, RATE_LIMIT_PER_MINUTE: '100', REDIS_URL: redis.url } });
  await redis.hold();
  assert.deepEqual(await send([service], 300), { 200: 300 });
  redis.release();
  await service.waitForLog('Redis replies again');
  // Requests that waited for Redis in vain may have been counted by it all the same.
  assert.ok((await send([service], 200))[429]! >= 100);
});

test('a Redis that is out of memory is reported down until it accepts writes again', needsRedis, async (t) => {
  const redis = await startRedis(t);
  const service = await startService(t, { settings: { ...keys, RATE_LIMIT_PER_MINUTE: '5', REDIS_URL: redis.url } });
  const client = new Redis(redis.url);
  t.after(() => client.disconnect());
  await client.config('SET', 'maxmemory', '1');
  assert.deepEqual(await send([service], 10), { 200: 10 });
  assert.match(await service.waitForLog('Redis does not reply'), /"reason":"OOM"/);
  assert.equal((await service.call('GET', '/health/ready')).json.redis, 'down');
  const refused = async () => Number(/errorstat_OOM:count=(\d+)/.exec(await client.info('errorstats'))![1]);
  const before = await refused();
  while ((await refused()) < before + 2) await delay(50); // it is tried again and again
  await client.config('SET', 'maxmemory', '0');
  await service.waitForLog('Redis replies again');
  assert.equal((await service.call('GET', '/health/ready')).json.redis, 'up');
  assert.deepEqual(await send([service], 10), { 200: 5, 429: 5 });
  assert.equal(service.logLines.filter((line) => line.includes('Redis does not reply')).length, 1);
});

test('no name, address or password is in a log line, an error or a key of Redis', needsRedis, async (t) => {
  const redis = await startRedis(t, { password: 'canary-password' });
  const settings = { ...keys, RATE_LIMIT_PER_MINUTE: '100', TOKENS_PER_DAY: '100' };
  const service = await startService(t, { settings: { ...settings, REDIS_URL: redis.url } });
  await service.call('POST', '/ask', { question: 'Is it?' }, ann);
  await service.call('GET', '/');
  const client = new Redis(redis.url);
  const held = await client.keys('*');
  const keptSeconds = await Promise.all(held.map((key) => client.ttl(key)));
  client.disconnect();
  assert.deepEqual([...new Set(held.map((key) => key.replace(/:[\w-]{22}$/, '')))].sort(), [
    'assay:rate',
    `assay:tokens:${new Date().toISOString().slice(0, 10)}`,
  ]);
  for (const [at, key] of held.entries()) {
    const [least, most] = key.startsWith('assay:tokens') ? [86_400, 3 * 86_400] : [0, 60];
    assert.ok(keptSeconds[at]! > least && keptSeconds[at]! <= most, `${key} is kept for ${keptSeconds[at]} s`);
  }
  await redis.kill();
  await service.call('POST', '/ask', { question: 'Is it?' }, ann);
  await redis.start();
  await service.waitForLog('Redis replies again');

  const wrong = redis.url.replace('canary', 'canary-wrong');
  const refused = await startService(t, { settings: { ...settings, REDIS_URL: wrong } });
  assert.match(await refused.waitForLog('Redis does not reply'), /"reason":"WRONGPASS"/);
  assert.equal((await refused.call('GET', '/health/ready')).json.redis, 'down');
  for (const line of [...service.logLines, ...refused.logLines]) assert.doesNotMatch(line, /canary/);
});
