import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { readConfig, Settings } from '../src/config.ts';
import { AppError } from '../src/errors.ts';
import { temporaryFolder } from './doubles/temporary-folder.ts';

const problemsOf = (environment: Record<string, string>, folder = '/nowhere') => {
  try {
    readConfig(environment, folder);
  } catch (error) {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'BAD_SETTINGS');
    return error.message;
  }
  return assert.fail('the settings were taken');
};

test('without any setting the defaults of the contract hold', () => {
  const config = readConfig({}, '/nowhere');
  assert.equal(config.host, '127.0.0.1');
  assert.equal(config.port, 3000);
  assert.equal(config.topK, 3);
  assert.equal(config.maxBodyBytes, 20 * 2 ** 20);
  assert.deepEqual([config.chunkSizeTokens, config.chunkOverlapTokens], [256, 32]);
  assert.deepEqual([config.askTimeoutMs, config.evaluationTimeoutMs, config.models.maxRetries], [60_000, 20_000, 2]);
});

test('all bad settings are named in one message, and no value is told', () => {
  const message = problemsOf({ PORT: 'canary-a', TOP_K: '21', OPENAI_BASE_URL: 'canary-b', LOG_LEVEL: 'canary-c' });
  for (const name of ['PORT', 'TOP_K', 'OPENAI_BASE_URL', 'LOG_LEVEL'])
    assert.match(message, new RegExp(`^  ${name}: `, 'm'));
  assert.doesNotMatch(message, /canary|21/);
});

test('an unknown setting in .env, or one that can only be meant for Assay, stops the boot', async (t) => {
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, '.env'), 'TOPK=3\nPORT=4000\n');
  assert.match(problemsOf({}, folder), /TOPK: unknown setting in \.env/);
  assert.match(problemsOf({ TOP_KK: '3' }), /TOP_KK: unknown setting/);
});

test('the environment wins over .env', async (t) => {
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, '.env'), 'PORT=4000\nTOP_K=5\n');
  const config = readConfig({ PORT: '5000' }, folder);
  assert.deepEqual([config.port, config.topK], [5000, 5]);
});

test('an address beyond loopback needs keys, or a word that none are wanted', () => {
  assert.match(problemsOf({ HOST: '0.0.0.0' }), /HOST: .*API_KEYS/);
  assert.equal(readConfig({ HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true' }, '/nowhere').host, '0.0.0.0');
  assert.equal(readConfig({ HOST: '0.0.0.0', API_KEYS: 'a:12345678' }, '/nowhere').apiKeys.length, 1);
});

test('keys come with or without collections, from the setting or a file', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'keys');
  writeFileSync(file, '# comment\nbob:canary-key-2:team|default\n');
  const expected = { name: 'bob', key: 'canary-key-2', collections: ['team', 'default'] };
  assert.deepEqual(readConfig({ API_KEYS_FILE: file }, '/nowhere').apiKeys, [expected]);
  assert.deepEqual(readConfig({ API_KEYS: 'ann:canary-key-1' }, '/nowhere').apiKeys, [
    { name: 'ann', key: 'canary-key-1', collections: null },
  ]);
  const message = problemsOf({ API_KEYS: 'ann:canary-key-1,ann:canary-key-1,bob:short' });
  assert.match(message, /API_KEYS: /);
  assert.doesNotMatch(message, /canary|short/);
});

test('settings of the shared store are refused, not ignored', () => {
  assert.match(problemsOf({ WEAVIATE_URL: 'http://127.0.0.1:1' }), /WEAVIATE_URL: the shared store is not part/);
});

test("the README's and .env.example's settings are those that exist, with their defaults", () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
  const inReadme = [...readme.matchAll(/^\| `([A-Z_]+)` \| (.*?) \|/gm)].map(
    ([, name, shown]) => [name!, shown!] as const,
  );
  assert.deepEqual(inReadme.map(([name]) => name).sort(), Object.keys(Settings.shape).sort());
  for (const name of Object.keys(Settings.shape)) assert.match(example, new RegExp(`^#?${name}=`, 'm'));
  const defaults = readConfig({}, '/nowhere');
  const shown = Object.fromEntries(inReadme);
  assert.equal(shown.PORT, `\`${defaults.port}\``);
  assert.equal(shown.ASK_TIMEOUT_MS, `\`${defaults.askTimeoutMs}\``);
  assert.equal(shown.MAX_BODY_BYTES, '`20 MiB`');
});

test('whatever the settings say, they are taken or refused by name, and no value is told', () => {
  const names = Object.keys(Settings.shape).filter((name) => name !== 'API_KEYS_FILE');
  const value = fc.oneof(
    fc.constantFrom(
      '',
      ' ',
      '0',
      '-1',
      '1e3',
      '20 MiB',
      'true',
      'a:b',
      'name:canary-key-1:default',
      'http://127.0.0.1',
      '::1',
    ),
    fc.string({ unit: 'binary', minLength: 6 }).map((text) => `canary${text}`),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 6 }), (settings) => {
      try {
        readConfig(settings, '/nowhere');
      } catch (error) {
        assert.ok(error instanceof AppError, String(error));
        assert.equal(error.code, 'BAD_SETTINGS');
        assert.match(error.message, /^ {2}[A-Z_]+: /m);
        assert.doesNotMatch(error.message, /canary/);
      }
    }),
    { seed: 7, numRuns: 200 },
  );
});
