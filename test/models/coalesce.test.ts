import assert from 'node:assert/strict';
import { test } from 'node:test';
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
