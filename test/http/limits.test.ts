import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Asker, ConductAsk } from '../../src/chain/conduct-ask.ts';
import { withTokenBudget } from '../../src/http/token-budget.ts';
import { fail } from '../doubles/openai-replies.ts';
import { startService } from '../doubles/service.ts';

const keys = { API_KEYS: 'ann:canary-key-ann,bob:canary-key-bob' };
const ann = { authorization: 'Bearer canary-key-ann' };
const bob = { authorization: 'Bearer canary-key-bob' };

test('a key may make RATE_LIMIT_PER_MINUTE requests a minute, whatever other keys do', async (t) => {
  const { call } = await startService(t, { settings: { ...keys, RATE_LIMIT_PER_MINUTE: '3' } });
  for (const left of ['2', '1', '0']) {
    const { status, headers } = await call('GET', '/documents/none', undefined, ann);
    assert.equal(status, 404);
    assert.deepEqual([headers.get('x-ratelimit-limit'), headers.get('x-ratelimit-remaining')], ['3', left]);
  }
  const { status, json, headers } = await call('POST', '/search', { question: 'x' }, ann);
  assert.deepEqual([status, json.error.code, json.error.requestId], [429, 'RATE_LIMITED', headers.get('x-request-id')]);
  const seconds = Number(headers.get('retry-after'));
  assert.ok(seconds >= 1 && seconds <= 60, `${seconds}`);
  assert.equal(headers.get('x-ratelimit-remaining'), '0');
  assert.equal((await call('GET', '/collections', undefined, bob)).status, 200);
  for (let at = 0; at < 5; at += 1) assert.equal((await call('GET', '/health/ready')).status, 200);
});

test('requests with unknown keys count against their address, and requests to unknown paths count like all others', async (t) => {
  const { call } = await startService(t, { settings: { ...keys, RATE_LIMIT_PER_MINUTE: '3' } });
  const statuses = async (path: string, headersOf: (at: number) => Record<string, string>) => {
    const all = [];
    for (let at = 0; at < 4; at += 1) all.push((await call('GET', path, undefined, headersOf(at))).status);
    return all;
  };
  assert.deepEqual(await statuses('/documents', (at) => ({ 'x-api-key': `guess-${at}` })), [401, 401, 401, 429]);
  assert.deepEqual(await statuses('/nowhere', () => ann), [404, 404, 404, 429]);
  assert.equal(
    (await call('GET', '/documents', undefined, bob)).status,
    200,
    'what others use does not count against a key',
  );
});

test('without keys requests are counted by address; without RATE_LIMIT_PER_MINUTE nothing is counted', async (t) => {
  const limited = await startService(t, { settings: { RATE_LIMIT_PER_MINUTE: '2' } });
  const statuses = [];
  for (let at = 0; at < 3; at += 1) statuses.push((await limited.call('GET', '/collections')).status);
  assert.deepEqual(statuses, [200, 200, 429]);
  const { call } = await startService(t);
  assert.equal((await call('GET', '/collections')).headers.get('x-ratelimit-limit'), null);
});

test('all IPv6 addresses of a /64 share one limit, since one client has all of them', async (t) => {
  const { app } = await startService(t, { settings: { RATE_LIMIT_PER_MINUTE: '2' } });
  const statusFrom = async (remoteAddress: string) =>
    (await app.inject({ path: '/collections', headers: { host: 'localhost' }, remoteAddress })).statusCode;
  const statuses = [];
  for (const address of ['2001:db8::1', '2001:db8::ffff:2', '2001:db8:0:0:7::3', '2001:db8:0:1::1'])
    statuses.push(await statusFrom(address));
  assert.deepEqual(statuses, [200, 200, 429, 200]);
});

test('an ask by a key that has used up its tokens of the day gets a 429 with Retry-After, streamed or not', async (t) => {
  const { call, openai } = await startService(t, { settings: { ...keys, TOKENS_PER_DAY: '100' } });
  await call('POST', '/documents', { source: 'a.md', text: 'Alder wood is light.' }, ann);
  const usage = { prompt_tokens: 50, completion_tokens: 9, total_tokens: 59 };
  const ask = (key: Record<string, string>, more = {}) =>
    call('POST', '/ask', { question: 'How is alder wood?', evaluation: 'none', ...more }, key);
  openai.chat({ content: 'Light.', usage }, { content: 'Light.', usage }, { content: 'Light.', usage });
  assert.deepEqual(
    [(await ask(ann)).status, (await ask(ann)).status],
    [200, 200],
    'the ask that goes over the budget is still answered',
  );
  for (const stream of [false, true]) {
    const { status, json, headers } = await ask(ann, { stream });
    assert.deepEqual([status, json.error.code], [429, 'BUDGET_SPENT']);
    const seconds = Number(headers.get('retry-after'));
    assert.ok(seconds >= 1 && seconds <= 86_400, `${seconds}`);
  }
  assert.equal(
    (await call('POST', '/search', { question: 'x' }, ann)).status,
    200,
    'a search, which needs no chat model, still works',
  );
  assert.equal((await ask(bob)).status, 200);
});

test('the tokens of an ask that fails count too', async (t) => {
  const { call, openai } = await startService(t, { settings: { TOKENS_PER_DAY: '40' } });
  await call('POST', '/documents', { source: 'a.md', text: 'Alder wood is light.' });
  const usage = { prompt_tokens: 50, completion_tokens: 9, total_tokens: 59 };
  openai.chat({ content: 'How heavy is alder wood?', usage }, fail.status(500));
  const messages = ['What of alder wood?', 'It is light.', 'How heavy is it?'].map((content, at) => ({
    role: at === 1 ? 'assistant' : 'user',
    content,
  }));
  const ask = () => call('POST', '/v1/chat/completions', { model: 'default', messages });
  assert.equal((await ask()).status, 503);
  assert.equal((await ask()).json.error.code, 'insufficient_quota');
});

for (const [what, answer, spends] of [
  ['a short answer', 'Light. ', { 100: true, 5000: false }],
  ['a long answer', 'Light. '.repeat(4_000), { 5000: true }],
] as const)
  test(`a caller who leaves in the middle of ${what} has used its tokens all the same`, async (t) => {
    for (const [budget, isSpent] of Object.entries(spends)) {
      const { url, call, openai, waitForLog } = await startService(t, { settings: { TOKENS_PER_DAY: budget } });
      await call('POST', '/documents', { source: 'a.md', text: 'Alder wood is light.' });
      const never = Promise.withResolvers<void>();
      t.after(() => never.resolve());
      openai.chat({
        content: (async function* () {
          yield answer;
          yield 'The end';
          await never.promise;
        })(),
      });
      const leaving = new AbortController();
      const response = await fetch(`${url}/ask`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ question: 'How is alder wood?', evaluation: 'none', stream: true }),
        signal: leaving.signal,
      });
      let read = '';
      for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
        read += piece;
        if (read.includes('The end')) break;
      }
      leaving.abort();
      await waitForLog('client left');
      openai.chatWhen(() => true, 'Light.');
      const { status } = await call('POST', '/ask', { question: 'How is alder wood?', evaluation: 'none' });
      assert.equal(status, isSpent ? 429 : 200, `with ${budget} tokens a day`);
    }
  });

test('tokens that a model server does not report are estimated; a call that failed used none', async (t) => {
  const { call, openai } = await startService(t, { settings: { TOKENS_PER_DAY: '100' } });
  await call('POST', '/documents', { source: 'a.md', text: 'Alder wood is light.' });
  const statusOf = async () =>
    (await call('POST', '/ask', { question: 'How is alder wood?', evaluation: 'none' })).status;
  openai.chat(fail.status(500), { content: 'Light.', usage: null });
  assert.deepEqual([await statusOf(), await statusOf(), await statusOf()], [503, 200, 429]);
});

test('the token budget starts afresh at midnight UTC', async () => {
  let now = new Date('2030-05-04T23:59:30.500Z');
  const history = [{ role: 'user' as const, text: 'Alder?' }];
  const conduct = (async (_request: unknown, asker: Asker) => {
    assert.equal(asker.history, now.getUTCDate() === 4 ? history : undefined, 'the history of the ask is passed on');
    asker.onTokens?.(10);
  }) as unknown as ConductAsk;
  const ask = withTokenBudget(conduct, 10, { now: () => now });
  await ask({} as never, { keyName: 'ann', history });
  await assert.rejects(ask({} as never, { keyName: 'ann' }), { code: 'BUDGET_SPENT', retryAfterSeconds: 30 });
  now = new Date('2030-05-05T00:00:00Z');
  await ask({} as never, { keyName: 'ann' });
});
