import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Asker, ConductAsk } from '../src/chain/conduct-ask.ts';
import { withTokenBudget } from '../src/http/token-budget.ts';
import { fail } from './doubles/openai-replies.ts';
import { hello, openServedModels } from './doubles/served-models.ts';
import { startService } from './doubles/service.ts';

const hourMs = 3_600_000;

/** Sets the system's clock as an administrator would: `Date` follows, timers don't. */
function clockOf(t: TestContext) {
  const real = Date.now();
  t.mock.timers.enable({ apis: ['Date'], now: real });
  return { setTo: (fromNowMs: number) => t.mock.timers.setTime(real + fromNowMs) };
}

for (const [name, fromNowMs] of [
  ['back', -hourMs],
  ['forward', hourMs],
] as const)
  test(`the rate limit’s minute stays a minute when the clock is set ${name}`, async (t) => {
    const clock = clockOf(t);
    const { call } = await startService(t, { settings: { RATE_LIMIT_PER_MINUTE: '2' } });
    const ask = async () => {
      const { status, headers } = await call('GET', '/collections');
      return [status, Number(headers.get('x-ratelimit-reset')) <= 60];
    };
    assert.deepEqual(
      [await ask(), await ask()],
      [
        [200, true],
        [200, true],
      ],
    );
    clock.setTo(fromNowMs);
    assert.deepEqual(await ask(), [429, true]);
  });

test('a model server in its pause after failures is tried again even if the clock is set back', {
  timeout: 30_000,
}, async (t) => {
  const clock = clockOf(t);
  const { openai, chat, server } = await openServedModels(t);
  openai.chatWhen(/hello/, fail.status(503));
  while (!server.state().broken) await assert.rejects(chat.invoke(hello), { code: 'MODEL_UNAVAILABLE' });
  clock.setTo(-hourMs);
  openai.chatWhen(/hello/, 'Hello.');
  while (server.state().broken) await chat.invoke(hello).catch(nextTurn); // refused until the pause is over
  assert.equal((await chat.invoke(hello)).text, 'Hello.');
});

test('a clock that jumps into another day and back gives no key its spent tokens back', async () => {
  let now = new Date('2030-05-04T23:00:00Z');
  const conduct = (async (_request: unknown, asker: Asker) => {
    asker.onTokens?.(10);
  }) as unknown as ConductAsk;
  const ask = withTokenBudget(conduct, 10, { now: () => now });
  await ask({} as never);
  for (const leap of ['2030-05-05T01:00:00Z', '2036-01-01T00:00:00Z']) {
    now = new Date(leap);
    await ask({} as never);
  }
  now = new Date('2030-05-04T23:00:10Z');
  await assert.rejects(ask({} as never), { code: 'BUDGET_SPENT', retryAfterSeconds: 3590 });
});
