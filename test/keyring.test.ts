import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseKeys } from '../src/api-key.ts';
import { createKeyring } from '../src/keyring.ts';
import { countCalls } from './doubles/count-calls.ts';

test('a listener for a key’s revocation is called once, at once if it is already revoked, and not after unsubscribing', () => {
  const keyring = createKeyring(parseKeys('ann:canary-key-ann,bob:canary-key-bob').keys);
  const key = keyring.find('canary-key-ann')!;
  const told: string[] = [];
  key.onRevoked(() => told.push('stays'));
  const unsubscribe = key.onRevoked(() => told.push('left'));
  unsubscribe();
  keyring.replace(parseKeys('bob:canary-key-bob').keys);
  keyring.replace([]);
  assert.deepEqual([told, key.isRevoked()], [['stays'], true]);
  key.onRevoked(() => told.push('late'));
  assert.deepEqual(told, ['stays', 'late']);
});

test('a key whose name, collections or rights change is revoked, and found with its new ones', () => {
  const asItWas = 'ann:canary-key-ann:team:ask|write';
  for (const changed of [
    'eve:canary-key-ann:team:ask|write',
    'ann:canary-key-ann::ask|write',
    'ann:canary-key-ann:team:ask',
  ]) {
    const keyring = createKeyring(parseKeys(asItWas).keys);
    const before = keyring.find('canary-key-ann')!;
    keyring.replace(parseKeys(`bob:canary-key-bob,${asItWas}`).keys);
    assert.equal(before.isRevoked(), false);
    const { keys } = parseKeys(changed);
    keyring.replace(keys);
    assert.equal(before.isRevoked(), true, changed);
    const { name, collections, rights } = keys[0]!;
    assert.partialDeepStrictEqual(keyring.find('canary-key-ann'), { name, collections, rights });
  }
});

test('ten times as many keys take ten times the work to read and to replace, and none more to find one', () => {
  const linesOf = (count: number) =>
    Array.from({ length: count }, (_, at) => `team-${at}:canary-key-${at}:docs-${at}`).join('\n');
  const workOf = (count: number) => {
    const text = linesOf(count);
    const keyring = createKeyring(parseKeys(text).keys);
    return {
      read: countCalls('/src/api-key.ts', () => parseKeys(text)),
      find: countCalls('/src/keyring.ts', () => assert.ok(keyring.find('canary-key-7'))),
      replace: countCalls('/src/keyring.ts', () => keyring.replace(parseKeys(text).keys)),
    };
  };
  const [few, many] = [workOf(100), workOf(1_000)];
  assert.ok(many.read < 11 * few.read, `read: ${few.read}, ${many.read}`);
  assert.ok(many.replace < 11 * few.replace, `replace: ${few.replace}, ${many.replace}`);
  assert.equal(many.find, few.find);
});
