import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, keyEntry, newKey, parseKeys } from '../src/api-key.ts';
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

test('of several keys each is found by itself, and nothing else is; a name may change its key', () => {
  const keyring = createKeyring(parseKeys('ann:canary-key-ann,bob:canary-key-bob').keys);
  const [ann, bob] = [keyring.find('canary-key-ann')!, keyring.find('canary-key-bob')!];
  assert.deepEqual([ann.name, bob.name, keyring.find('canary-key-eve'), keyring.find('')], ['ann', 'bob', null, null]);
  keyring.replace(parseKeys('ann:canary-key-new,bob:canary-key-bob').keys);
  assert.deepEqual([ann.isRevoked(), bob.isRevoked(), keyring.find('canary-key-ann')], [true, false, null]);
  assert.equal(keyring.find('canary-key-new')?.name, 'ann');
  assert.equal(keyring.find('canary-key-bob'), bob);
  assert.deepEqual([keyring.isRequired, createKeyring([]).isRequired], [true, false]);
});

test('an entry opens the collections and gives the rights that it names, else all, and can be written again', () => {
  const digest = digestOf('canary-key');
  const all = ['ask', 'write', 'admin'];
  for (const [entry, collections, rights] of [
    ['ann:canary-key', null, all],
    ['ann:canary-key:*', null, all],
    ['ann:canary-key:team', ['team'], all],
    ['ann:canary-key:team|sales', ['team', 'sales'], all],
    ['ann:canary-key::ask', null, ['ask']],
    ['ann:canary-key:*:admin|ask', null, ['ask', 'admin']],
    ['ann:canary-key:team:write', ['team'], ['write']],
    [`ann:SHA256=${digest.toUpperCase()}:team`, ['team'], all],
  ] as const) {
    const { keys, problems } = parseKeys(entry);
    assert.deepEqual([keys, problems], [[{ name: 'ann', digest, collections, rights }], []], entry);
    assert.deepEqual(parseKeys(keyEntry(keys[0]!)).keys, keys);
    assert.doesNotMatch(keyEntry(keys[0]!), /canary-key/);
  }
  assert.equal(keyEntry(parseKeys('ann:canary-key').keys[0]!), `ann:sha256=${digest}`);
  assert.match(newKey(), /^[\w-]{43}$/);
  assert.notEqual(newKey(), newKey());
});

test('a bad entry is told of by its place and what is wrong with it, without its values, and the others are read', () => {
  for (const [entry, problem] of [
    ['', null],
    ['# ann', null],
    ['ann', /must read name:key/],
    ['Ann:canary-key', /must read name:key/],
    ['ann:canary7', /must read name:key/],
    ['ann:canary-8', null],
    ['ann:canary-key:team:ask:canary', /must read name:key/],
    ['ann:canary key', /white space/],
    ['ann:canary-ké', /white space/],
    [`ann:sha256=${'a'.repeat(63)}`, /64 hexadecimal/],
    [`ann:sha256=${'g'.repeat(64)}`, /64 hexadecimal/],
    [`ann:sha256=${'a'.repeat(65)}`, /64 hexadecimal/],
    ['ann:not-sha256=canary', null],
    ['ann:canary-key:', /names a collection/],
    ['ann:canary-key:team|Canary', /names a collection/],
    ['ann:canary-key:team:canary', /names a right .* ask, write, admin$/],
    ['ann:canary-key:team:', /names a right/],
    ['ann:canary-key:team:ask|canary', /names a right/],
    ['bob:canary-key-bob', /: a key is used twice$/],
    ['eve:canary-key-bob', /: a key is used twice$/],
    ['bob:canary-key-2', null],
    ['bob:canary-key-2:team', /: a name is used twice/],
    ['bob:canary-key-2::ask', /: a name is used twice/],
  ] as const)
    for (const [text, place] of [
      [`bob:canary-key-bob,${entry}`, /^entry 2\b/],
      [`bob:canary-key-bob\n # eve:canary-eve, dan:canary-dan\n ${entry} `, /^line 3\b/],
    ] as const) {
      const { keys, problems } = parseKeys(text);
      assert.equal(problems.length, problem === null ? 0 : 1, text);
      assert.equal(keys[0]!.name, 'bob');
      if (problem === null) continue;
      assert.match(problems[0]!, problem);
      assert.match(problems[0]!, place);
      assert.doesNotMatch(problems[0]!, /canary/i);
      assert.equal(keys.length, 1);
    }
});
