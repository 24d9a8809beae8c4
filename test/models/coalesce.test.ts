import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { coalesce } from '../../src/models/coalesce.ts';

const never = 2 ** 31 - 1;

test('a call is cancelled as soon as all who wait for it have left, and not before', async () => {
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

test('who left before the call is not waited for, and it keeps nothing of those that stayed', async () => {
  const called: string[][] = [];
  const ask = coalesce<string>(async (inputs, signal) => {
    called.push(inputs);
    signal.throwIfAborted();
    return inputs;
  }, never);
  const [here, gone] = [new AbortController(), new AbortController()];
  const asked = [ask('one', here.signal), ask('two', gone.signal)];
  gone.abort(new Error('left'));
  assert.deepEqual(
    (await Promise.allSettled(asked)).map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  assert.equal(getEventListeners(here.signal, 'abort').length, 0);
  await assert.rejects(ask('three', gone.signal), /left/);
  assert.deepEqual(called, [['one', 'two'], ['three']]);
});

test('a call that takes too long for several is given up, and each is asked for alone, for as long as it takes', async () => {
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

test('what is asked for in one turn goes in calls of eight, and none is made for nobody', async () => {
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
