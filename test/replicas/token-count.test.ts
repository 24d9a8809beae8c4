import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRedis } from '../../src/replicas/open-redis.ts';
import { countInMemory, countInRedis } from '../../src/replicas/token-count.ts';
import { noRedis, startRedis } from '../doubles/redis.ts';

test('tokens are counted by key and day, also where the clock leaps to another day and back, but not for ever', async () => {
  const { add } = countInMemory();
  assert.deepEqual(
    [await add('one', 'monday', 5), await add('other', 'monday', 2), await add('one', 'monday', 3)],
    [5, 2, 8],
  );
  assert.deepEqual([await add('one', 'tuesday', 1), await add('one', 'friday', 1)], [1, 1]);
  assert.deepEqual([await add('one', 'monday', 0), await add('other', 'monday', 0)], [8, 2]);
  await add('one', 'sunday', 1);
  assert.deepEqual([await add('one', 'monday', 0), await add('one', 'friday', 0)], [0, 1]);
});

test('if Redis has lost its counts, each replica still knows what it has counted itself', {
  skip: noRedis,
}, async (t) => {
  const { redis, close } = await openRedis((await startRedis(t)).url, { onAway() {}, onBack() {} });
  t.after(close);
  const [one, two] = [countInRedis(redis), countInRedis(redis)];
  assert.deepEqual([await one.add('ann', 'day', 5), await two.add('ann', 'day', 2)], [5, 7]);
  await redis.flushdb();
  assert.deepEqual([await one.add('ann', 'day', 1), await two.add('ann', 'day', 0)], [6, 2]);
  assert.equal(await two.add('ann', 'day', 4), 6, 'and counts together from there');
});
