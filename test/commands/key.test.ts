import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { runCommand } from '../doubles/command-line.ts';
import { startService } from '../doubles/service.ts';

test('assay key makes a key whose settings line holds only its digest, and which has the rights and collections asked for', async (t) => {
  const made = await runCommand(['key', 'ann', '--collections', 'team,default', '--rights', 'ask'], {});
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /^ann:sha256=[\da-f]{64}:team\|default:ask\n$/);
  const key = /^ {2}([\w-]{43})$/m.exec(made.stderr)![1]!;
  const { call } = await startService(t, { settings: { API_KEYS: made.stdout.trim() } });
  const as = { authorization: `Bearer ${key}` };
  assert.equal((await call('GET', '/documents', undefined, as)).status, 200);
  assert.equal((await call('DELETE', '/documents/none', undefined, as)).status, 403);
  assert.equal((await call('GET', '/collections/other', undefined, as)).status, 404);

  const all = await runCommand(['key', 'bob'], {});
  assert.match(all.stdout, /^bob:sha256=[\da-f]{64}\n$/);
  assert.doesNotMatch(all.stderr, new RegExp(key), 'another key each time');

  for (const [given, told] of [
    [['--collections', 'team'], 'team'],
    [['--rights', 'ask,write'], '*:ask|write'],
  ] as const) {
    const { stdout } = await runCommand(['key', 'bob', ...given], {});
    assert.equal(stdout.trim().replace(/[\da-f]{64}/, '…'), `bob:sha256=…:${told}`);
  }

  const json = await runCommand(['key', 'bob', '--json'], {});
  const { name, key: told, entry } = JSON.parse(json.stdout);
  assert.deepEqual([name, json.stderr], ['bob', '']);
  assert.equal(entry, `bob:sha256=${createHash('sha256').update(told).digest('hex')}`);
});

test('assay key refuses a name, collection or right that is not valid', async () => {
  for (const args of [
    ['Ann'],
    ['#ann'],
    ['#\nann'],
    ['ann,bob'],
    ['ann', '--collections', 'A'],
    ['ann', '--collections', ''],
    ['ann', '--rights', 'read'],
  ]) {
    const { code, stdout, stderr } = await runCommand(['key', ...args], {});
    assert.deepEqual([code, stdout], [2, ''], args.join(' '));
    assert.match(stderr, args.length === 1 ? /^The name must be 1 to 63 of a-z/ : /names/);
  }
});
