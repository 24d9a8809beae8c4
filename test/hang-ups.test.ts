import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { catchHangUps } from '../src/hang-ups.ts';

test('a SIGHUP that arrives before anyone listens does not end the process, and is passed on to the first listener', async (t) => {
  const hangUps = catchHangUps();
  t.after(() => process.removeAllListeners('SIGHUP'));
  const come = once(process, 'SIGHUP');
  process.kill(process.pid, 'SIGHUP');
  await come;
  let told = 0;
  hangUps.listen(() => {
    told += 1;
  });
  assert.equal(told, 1);
  const again = once(process, 'SIGHUP');
  process.kill(process.pid, 'SIGHUP');
  await again;
  assert.equal(told, 2);
});
