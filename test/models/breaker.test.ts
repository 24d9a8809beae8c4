import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { AppError, type ErrorCode } from '../../src/errors.ts';
import { openBreaker } from '../../src/models/breaker.ts';
import { ServerReplied } from '../../src/models/translate-failure.ts';

const failure = (code: ErrorCode, status?: number) =>
  new AppError(code, 'failed', status === undefined ? {} : { cause: new ServerReplied(status) });
const down = failure('MODEL_UNAVAILABLE');

/** A breaker whose clock is set by hand; `call` makes a call that ends so, and tells whether the server was asked. */
function openAt(t: TestContext) {
  const clock = { now: 1_000 };
  t.mock.method(performance, 'now', () => clock.now);
  const breaker = openBreaker();
  const call = async (ends: unknown = 'reply', signal?: AbortSignal) => {
    let asked = false;
    const send = async () => {
      asked = true;
      if (ends instanceof Error) throw ends;
      return ends;
    };
    const told = await breaker.execute(send, signal).catch((error: AppError) => error);
    if (asked) assert.equal(told, ends);
    else assert.ok(told instanceof AppError && told.code === 'MODEL_UNAVAILABLE' && told.retryAfterSeconds === 1);
    return asked;
  };
  const fail = async (times: number, ends: unknown = down) => {
    for (let at = 0; at < times; at += 1) await call(ends);
  };
  return { breaker, call, fail, clock };
}

test('twenty failures in a row have a server left alone; a reply that came to its end begins the count anew', async (t) => {
  const { breaker, call, fail } = openAt(t);
  await fail(19);
  breaker.succeeded();
  await fail(19);
  assert.equal(breaker.isOpen(), false);
  breaker.failed(down); // a stream that breaks
  assert.equal(breaker.isOpen(), true);
  assert.equal(await call(), false);
});

for (const [failed, counts] of [
  [failure('MODEL_TIMEOUT'), true],
  [failure('MODEL_UNAVAILABLE', 502), true],
  [failure('MODEL_UNAVAILABLE', 503), true],
  [failure('MODEL_UNAVAILABLE', 500), false],
  [failure('MODEL_UNAVAILABLE', 429), false],
  [failure('MODEL_REJECTED', 400), false],
  [failure('MODEL_BAD_OUTPUT'), false],
  [new Error('left'), false],
] as const)
  test(`${failed instanceof AppError ? `${failed.code} ${failed.cause ?? ''}` : 'a caller who left'} ${counts ? 'counts' : 'does not count'} as down`, async (t) => {
    const { breaker, fail } = openAt(t);
    await fail(20, failed);
    assert.equal(breaker.isOpen(), counts);
  });

test('a server that stays down is tried after half a second, then after twice as long each time, up to ten seconds', async (t) => {
  const { call, fail, clock } = openAt(t);
  await fail(20);
  for (const rest of [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
    clock.now += rest - 1;
    assert.equal(await call(), false, `${rest}`);
    clock.now += 1;
    assert.equal(await call(down), true, `${rest}`);
  }
});

test('while one call tries the server, no other does', async (t) => {
  const { breaker, call, fail, clock } = openAt(t);
  await fail(20);
  clock.now += 500;
  const { promise, resolve } = Promise.withResolvers<string>();
  const trial = breaker.execute(() => promise, undefined);
  assert.equal(await call(), false);
  resolve('reply');
  assert.equal(await trial, 'reply');
  assert.equal(await call(), true);
});

test('a call that began before the server was left alone, and fails later, does not make the rest longer', async (t) => {
  const { breaker, call, fail, clock } = openAt(t);
  await fail(20);
  clock.now += 400;
  breaker.failed(down);
  clock.now += 100;
  assert.equal(await call(), true);
});

test('after a trial that finds the server up, or that it refuses, all calls are made again; one that is left has found nothing', async (t) => {
  for (const ends of ['reply', failure('MODEL_REJECTED', 400)]) {
    const { breaker, call, fail, clock } = openAt(t);
    await fail(20);
    clock.now += 500;
    assert.equal(await call(ends), true);
    assert.equal(breaker.isOpen(), false);
    assert.equal(await call(), true);
  }
  const { call, fail, clock } = openAt(t);
  await fail(20);
  clock.now += 500;
  assert.equal(await call(new Error('left'), AbortSignal.abort()), true);
  clock.now += 999;
  assert.equal(await call(), false);
  clock.now += 1;
  assert.equal(await call(), true);
});
