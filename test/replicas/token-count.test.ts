import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countInMemory } from '../../src/replicas/token-count.ts';

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
