import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseKeys } from '../src/api-key.ts';
import { createKeyring } from '../src/keyring.ts';

test('who waits for a key to be revoked is told once, at once where it is gone, and not after taking it back', () => {
  const keyring = createKeyring(parseKeys('ann:canary-key-ann,bob:canary-key-bob').keys);
  const key = keyring.find('canary-key-ann')!;
  const told: string[] = [];
  key.onRevoked(() => told.push('stays'));
  const takeBack = key.onRevoked(() => told.push('left'));
  takeBack();
  keyring.replace(parseKeys('bob:canary-key-bob').keys);
  keyring.replace([]);
  assert.deepEqual([told, key.isRevoked()], [['stays'], true]);
  key.onRevoked(() => told.push('late'));
  assert.deepEqual(told, ['stays', 'late']);
});
