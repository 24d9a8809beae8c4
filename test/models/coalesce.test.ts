import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { coalesce } from '../../src/models/coalesce.ts';

const never = 2 ** 31 - 1;

test('a shared call is cancelled when all who wait for it have left, and not before', async () => {
  const called = Promise.withResolvers<AbortSignal>();
  const ask = coalesce<number>((_inputs, signal) => {
    called.resolve(signal);
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  }, never);
  const leavers = [new AbortController(), new AbortController()];
  const settled = Promise.allSettled(leavers.map(({ signal }, at) => ask(`${at}`, signal)));
  const signal = await called.promise;
  leavers[0]!.abort();
  assert.equal(signal.aborted, false);
  leavers[1]!.abort();
  assert.equal(signal.aborted, true);
  for (const { status } of await settled) assert.equal(status, 'rejected');
});

test('a caller that leaves before the shared call is not waited for, and the call leaves no timer, and no listener on the signals of the others', async () => {
  const called: string[][] = [];
  const ask = coalesce<string>(async (inputs, signal) => {
    called.push(inputs);
    signal.throwIfAborted();
    return inputs;
  }, never);
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const [here, gone] = [new AbortController(), new AbortController()];
  const asked = [ask('one', here.signal), ask('two', gone.signal)];
  gone.abort(new Error('left'));
  assert.deepEqual(
    (await Promise.allSettled(asked)).map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  assert.deepEqual([getEventListeners(here.signal, 'abort').length, timers()], [0, before]);
  await assert.rejects(ask('three', gone.signal), /left/);
  assert.deepEqual(called, [['one', 'two'], ['three']]);
});

test('a shared call that takes too long is given up, and each input is asked for alone, without that limit', async () => {
  const called: string[][] = [];
  const ask = coalesce<string>((inputs, signal) => {
    called.push(inputs);
    const { promise, resolve, reject } = Promise.withResolvers<string[]>();
    signal.addEventListener('abort', () => reject(signal.reason));
    if (inputs.length === 1) setTimeout(() => resolve(inputs), 20);
    return promise;
  }, 1);
  assert.deepEqual(await Promise.all([ask('one'), ask('two')]), ['one', 'two']);
  assert.deepEqual(called, [['one', 'two'], ['one'], ['two']]);
});

test('inputs of one turn are put together into calls of up to eight, and no empty call is made', async () => {
  const called: number[] = [];
  const ask = coalesce<string>(async (inputs) => {
    called.push(inputs.length);
    return inputs;
  }, never);
  for (const [count, calls] of [
    [1, [1]],
    [8, [8]],
    [17, [8, 8, 1]],
  ] as const) {
    const inputs = Array.from({ length: count }, (_, at) => `${at}`);
    assert.deepEqual(await Promise.all(inputs.map((input) => ask(input))), inputs);
    await setImmediate();
    assert.deepEqual(called.splice(0), calls);
  }
});
