import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { embeddedDataDir, readConfig, Settings } from '../src/config.ts';
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

test('without any settings the documented defaults apply', () => {
  const config = readConfig({}, '/nowhere');
  assert.equal(config.host, '127.0.0.1');
  assert.equal(config.port, 3000);
  assert.equal(config.topK, 3);
  assert.equal(config.maxBodyBytes, 20 * 2 ** 20);
  assert.deepEqual([config.chunkSizeTokens, config.chunkOverlapTokens], [256, 32]);
  assert.deepEqual([config.askTimeoutMs, config.evaluationTimeoutMs, config.models.maxRetries], [60_000, 20_000, 2]);
});

test('all bad settings are named in one message, without their values', () => {
  const message = problemsOf({ PORT: 'canary-a', TOP_K: '21', OPENAI_BASE_URL: 'canary-b', LOG_LEVEL: 'canary-c' });
  for (const name of ['PORT', 'TOP_K', 'OPENAI_BASE_URL', 'LOG_LEVEL'])
    assert.match(message, new RegExp(`^  ${name}: `, 'm'));
  assert.match(message, /LOG_LEVEL: must be fatal, error, warn, info, debug, trace or silent$/m);
  assert.doesNotMatch(message, /canary|21/);
});

test('white space around a value, as at the ends of lines from Windows, is no part of it', () => {
  const { logLevel, evaluationStyle } = readConfig({
    LOG_LEVEL: 'debug\r',
    EVALUATION_STYLE: ' full',
    ALLOW_ANONYMOUS: 'true\n',
  });
  assert.deepEqual([logLevel, evaluationStyle], ['debug', 'full']);
});

test('an unknown setting in .env, or a misspelt one in the environment, stops the start', async (t) => {
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, '.env'), 'TOPK=3\nPORT=4000\n');
  assert.match(problemsOf({}, folder), /TOPK: unknown setting in \.env/);
  assert.match(problemsOf({ TOP_KK: '3' }), /TOP_KK: unknown setting/);
});

test('whichever setting of Assay alone is misspelt in the environment stops the start; names that others set do not', () => {
  const alsoOfOthers = /^(HOST|PORT|ALLOW|CORS|TRUSTED|DATA|WEAVIATE|REDIS|OPENAI|HTTPS|NO_|OTEL|LOG)/;
  for (const name of Object.keys(Settings.shape))
    if (!alsoOfOthers.test(name))
      assert.throws(
        () => readConfig({ [`${name}_`]: '3' }, '/nowhere'),
        new RegExp(`^  ${name}_: unknown setting$`, 'm'),
        `${name} has no prefix in ownPrefixes (src/config.ts), nor is it one that others set, too`,
      );
  const ofKubernetes = { CHAT_SERVICE_HOST: '10.0.0.1', MODELS_PORT: 'tcp://10.0.0.1:80', TOP_PORT_80_TCP: 'x' };
  assert.ok(readConfig({ ...ofKubernetes, OPENAI_ORG_ID: 'x', MODEL: 'x' }, '/nowhere'));
});

test('the environment wins over .env', async (t) => {
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, '.env'), 'PORT=4000\nTOP_K=5\n');
  const config = readConfig({ PORT: '5000' }, folder);
  assert.deepEqual([config.port, config.topK], [5000, 5]);
});

test('a proxy may be named in .env, too, unless the environment names one, in lower case or not', async (t) => {
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, '.env'), 'HTTPS_PROXY=http://one.example:1\nNO_PROXY=.near.example\n');
  const proxyOf = (environment: Record<string, string>) => readConfig(environment, folder).models.proxy;
  assert.deepEqual(proxyOf({}), { url: 'http://one.example:1', except: '.near.example' });
  const two = { https_proxy: 'http://two.example:2', no_proxy: '*' };
  assert.deepEqual(proxyOf(two), { url: 'http://two.example:2', except: '*' });
  assert.equal(proxyOf({ ...two, HTTPS_PROXY: 'http://three.example:3' })?.url, 'http://three.example:3');
});

test('a HOST that is no address or name of a host is refused for that, not for lacking keys', () => {
  for (const HOST of ['[::1]', 'http://127.0.0.1', '127.0.0.1:3000', '/run/assay.sock', 'a b', '::1/128'])
    assert.match(problemsOf({ HOST }), /^ {2}HOST: must be an address .* brackets$/m, HOST);
  for (const HOST of ['::1', 'localhost', '127.0.0.1', 'assay_1.internal.', 'fe80::1%eth0', '::ffff:10.0.0.1'])
    assert.equal(readConfig({ HOST, ALLOW_ANONYMOUS: 'true' }, '/nowhere').host, HOST);
});

test('a HOST beyond loopback needs API keys or ALLOW_ANONYMOUS', () => {
  assert.match(problemsOf({ HOST: '0.0.0.0' }), /HOST: .*API_KEYS/);
  assert.equal(readConfig({ HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true' }, '/nowhere').host, '0.0.0.0');
  assert.equal(readConfig({ HOST: '0.0.0.0', API_KEYS: 'a:12345678' }, '/nowhere').apiKeys.length, 1);
});

const digestOf = (key: string) => createHash('sha256').update(key).digest('hex');
const allRights = ['ask', 'write', 'admin'];

test('keys may have collections and rights, may be plain or hashed, and only their digests are kept', async (t) => {
  const keysOf = (text: string) => readConfig({ API_KEYS: text }, '/nowhere').apiKeys;
  const ann = { name: 'ann', digest: digestOf('canary-key-1'), collections: null, rights: allRights };
  assert.deepEqual(keysOf('ann:canary-key-1'), [ann]);
  assert.deepEqual(keysOf(`ann:sha256=${ann.digest.toUpperCase()}`), [ann]);
  assert.deepEqual(keysOf('ann:canary-key-1:a|b'), [{ ...ann, collections: ['a', 'b'] }]);
  for (const all of ['', '*'])
    assert.deepEqual(keysOf(`ann:canary-key-1:${all}:write|ask`), [{ ...ann, rights: ['ask', 'write'] }]);
  assert.equal(keysOf('ann:canary-key-1:a,ann:canary-key-2:a').length, 2, 'one name while its key changes');

  const file = join(await temporaryFolder(t), 'keys');
  writeFileSync(file, ' # a remark, and more of it\r\n\r\nbob:canary-key-2:team|default,#old:canary-key-3\r\n');
  const bob = { name: 'bob', digest: digestOf('canary-key-2'), collections: ['team', 'default'], rights: allRights };
  assert.deepEqual(readConfig({ API_KEYS_FILE: file }, '/nowhere').apiKeys, [bob]);
});

test('a mistake among the keys stops the start, and the message gives its place but no value', async (t) => {
  for (const [text, told] of [
    ['ann:canary1', /entry 1 must read/],
    ['ann:canary-key-1,Bob:canary-key-2', /entry 2 must read/],
    ['ann:canary-key-1 # her first', /entry 1 has a key with white space/],
    ['ann:canary-kéy-1', /entry 1 has a key with white space or other characters/],
    ['ann:canary-key-1:', /entry 1 names a collection/],
    ['ann:canary-key-1:a:ask:more', /entry 1 must read/],
    ['ann:canary-key-1:a:canary', /entry 1 names a right/],
    ['ann:canary-key-1::', /entry 1 names a right/],
    ['ann:sha256=canary-key-1', /64 hexadecimal digits/],
    ['ann:canary-key-1,ann:canary-key-1', /entry 2: a key is used twice/],
    [`ann:canary-key-1,bob:sha256=${digestOf('canary-key-1')}`, /entry 2: a key is used twice/],
    ['ann:canary-key-1:a,ann:canary-key-2', /entry 2: a name is used twice/],
    ['ann:canary-key-1::ask,ann:canary-key-2', /entry 2: a name is used twice/],
    [',', /API_KEYS: holds no key/],
    ['#ann:canary-key-1', /API_KEYS: holds no key/],
    ['#ann:canary-key-1,bob:canary-key-2', /API_KEYS: holds no key/],
  ] as const) {
    const message = problemsOf({ API_KEYS: text });
    assert.match(message, told, text);
    assert.doesNotMatch(message, /canary/);
  }
  const file = join(await temporaryFolder(t), 'keys');
  writeFileSync(file, '# none\n');
  assert.match(problemsOf({ API_KEYS_FILE: file }), /API_KEYS_FILE: the file holds no key/);
  writeFileSync(file, 'ann:canary-key-1\n\nbob\n');
  assert.match(problemsOf({ API_KEYS_FILE: file }), /API_KEYS_FILE: line 3 must read/);
  assert.match(problemsOf({ API_KEYS_FILE: `${file}-none` }), /API_KEYS_FILE: the file cannot be read/);
  assert.match(problemsOf({ API_KEYS_FILE: file, API_KEYS: 'ann:canary-key-1' }), /give either/);
});

test('OPENAI_BASE_URL accepts http and https, and a folder is one of the working directory', () => {
  for (const url of ['http://127.0.0.1:11434/v1', 'https://a.example/?api-version=1'])
    assert.equal(readConfig({ OPENAI_BASE_URL: url }, '/nowhere').models.baseUrl, url);
  for (const bad of ['ftp://a.example', 'httpsx://a.example', 'file:///a', 'a.example/v1', 'http://'])
    assert.match(problemsOf({ OPENAI_BASE_URL: bad }), /OPENAI_BASE_URL: must be an http or https URL$/, bad);
  assert.equal(readConfig({ DATA_DIR: 'a/../b' }, '/nowhere').dataDir, join(process.cwd(), 'b'));
});

test('a folder that begins with ~ is refused, since without a shell it would be a folder of that name', () => {
  for (const name of ['DATA_DIR', 'CORPUS_DIR', 'PROMPTS_DIR', 'MODELS_DIR'])
    for (const path of ['~', '~/assay'])
      assert.match(problemsOf({ [name]: path }), new RegExp(`${name}: must be written out, since ~ `));
  assert.match(readConfig({ DATA_DIR: '~data' }).dataDir, /\/~data$/);
});

test('CORS_ORIGINS accepts origins, and nothing broader', () => {
  assert.deepEqual(readConfig({ CORS_ORIGINS: 'https://a.example, http://b.example:81' }, '/nowhere').corsOrigins, [
    'https://a.example',
    'http://b.example:81',
  ]);
  for (const bad of ['*', 'a.example', 'https://a.example/', 'null', 'https://a.example,*', 'file://x', 'ws://x'])
    assert.match(problemsOf({ CORS_ORIGINS: bad }), /CORS_ORIGINS: must be origins/, bad);
});

test('TRUSTED_PROXIES accepts addresses and networks but not all addresses, and errors do not show its values', () => {
  const proxies = (value: string) => readConfig({ TRUSTED_PROXIES: value }, '/nowhere').trustedProxies;
  assert.deepEqual(proxies(''), []);
  const good = ['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', '192.0.2.7/32'];
  assert.deepEqual(proxies(good.join(' , ')), good);
  for (const bad of ['*', 'true', 'loopback', '1', '10.0.0', '010.0.0.1', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1'])
    assert.match(problemsOf({ TRUSTED_PROXIES: bad }), /TRUSTED_PROXIES: must be addresses/, bad);
  for (const bad of [
    '0.0.0.0/0',
    '::/0',
    '::/129',
    '10.0.0.0/255.0.0.0',
    'proxy.canary',
    '10.0.0.1,',
    '10.0.0.1 ::1',
  ]) {
    const message = problemsOf({ TRUSTED_PROXIES: `127.0.0.1,${bad}` });
    assert.match(message, /TRUSTED_PROXIES: must be addresses/, bad);
    assert.doesNotMatch(message, /canary|127\.0\.0\.1/);
  }
});

test('a setting that has no effect is accepted and reported as unused', () => {
  assert.deepEqual(readConfig({ WEAVIATE_GRPC_URL: 'a.example:50051' }, '/nowhere').unused, ['WEAVIATE_GRPC_URL']);
  assert.deepEqual(readConfig({}, '/nowhere').unused, []);
});

test('REDIS_URL accepts the address of a Redis, and no options for its client', () => {
  for (const url of ['redis://127.0.0.1:6379', 'rediss://ann:canary-word@b.example:6380/2', 'redis://:canary@[::1]/'])
    assert.equal(readConfig({ REDIS_URL: url }, '/nowhere').redisUrl, url);
  for (const bad of [
    '127.0.0.1:6379',
    'http://127.0.0.1:6379',
    'redis://',
    'redis:///run/canary.sock',
    'redis://:canary@a.example/two',
    'redis://a.example/?enableOfflineQueue=true&password=canary',
    'redis://a.example/#canary',
  ]) {
    const message = problemsOf({ REDIS_URL: bad });
    assert.match(message, /REDIS_URL: must be a redis or rediss URL/, bad);
    assert.doesNotMatch(message, /canary/);
  }
});

test('WEAVIATE_URL accepts the addresses of nodes, and nothing else', () => {
  const given = { WEAVIATE_URL: 'http://127.0.0.1:81, https://b.example/engine', WEAVIATE_API_KEY: 'canary-key' };
  const { weaviate } = readConfig(given, '/nowhere');
  assert.deepEqual(weaviate, {
    endpoints: ['http://127.0.0.1:81', 'https://b.example/engine'],
    apiKey: 'canary-key',
  });
  for (const bad of [
    '127.0.0.1:81',
    'http://ann:canary-key@a.example',
    'http://a.example,',
    'http://',
    'ws://a.example',
    'http://a.example/?key=canary-key',
  ])
    assert.match(problemsOf({ WEAVIATE_URL: bad }), /WEAVIATE_URL: must be http or https URLs/, bad);
  assert.match(problemsOf({ WEAVIATE_API_KEY: 'canary-key' }), /WEAVIATE_URL: is what WEAVIATE_API_KEY is for/);
  assert.throws(() => embeddedDataDir(readConfig(given, '/nowhere')), { code: 'BAD_SETTINGS' });
});

test('the README and .env.example list exactly the settings that exist, with their defaults', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
  const inReadme = [...readme.matchAll(/^\| `([A-Z_]+)` \| (.*?) \|/gm)].map(
    ([, name, shown]) => [name!, shown!] as const,
  );
  const missing = (shown: string[], where: string) =>
    assert.deepEqual(
      [...new Set(shown).symmetricDifference(new Set(Object.keys(Settings.shape)))],
      [],
      `${where} and src/config.ts don't have the same settings`,
    );
  missing(
    inReadme.map(([name]) => name),
    'the table of README.md',
  );
  const { API_KEYS_FILE, ...examples } = parseEnv(example.replace(/^#(?=[A-Z])/gm, ''));
  missing(Object.keys({ ...examples, API_KEYS_FILE }), '.env.example');
  readConfig(examples, '/nowhere'); // each is a value that may be set; the file of keys would be instead of API_KEYS
  const defaults: Record<string, unknown> = Settings.parse({});
  let compared = 0;
  for (const [name, shown] of inReadme) {
    if (defaults[name] === undefined) continue;
    const value = /^`(.*)`$/.exec(shown)?.[1];
    assert.deepEqual(Settings.parse({ [name]: value })[name as 'PORT'], defaults[name], name);
    assert.ok(example.includes(`\n#${name}=${value}\n`), name);
    compared += 1;
  }
  assert.ok(compared > 20, `${compared}`);
});

test('numbers and sizes are taken up to their bounds, and no further', () => {
  for (const [name, least, most, below, above] of [
    ['TOP_K', '1', '20', '0', '21'],
    ['MAX_BODY_BYTES', '1 KiB', '1 GiB', '1023 B', '2GiB'],
    ['OTEL_TRACES_SAMPLER_ARG', '0', '1.00', '-0.5', '1.01'],
  ] as const) {
    for (const value of [least, most]) assert.ok(readConfig({ [name]: value }, '/nowhere'), `${name}=${value}`);
    for (const value of [below, above])
      assert.match(problemsOf({ [name]: value }), new RegExp(`${name}: must be`), `${name}=${value}`);
  }
  for (const value of ['3.0', '-3', '+3', '1e1', '0x3', '3 3'])
    assert.match(problemsOf({ TOP_K: value }), /TOP_K: must be a whole number$/);
  for (const value of ['20 MB', '20 MiBs', '1.5 MiB', '0x400', 'MiB'])
    assert.match(problemsOf({ MAX_BODY_BYTES: value }), /MAX_BODY_BYTES: must be a size such as 20 MiB$/);
  const bytes = (value: string) => readConfig({ MAX_BODY_BYTES: value }, '/nowhere').maxBodyBytes;
  assert.deepEqual([bytes('2048'), bytes('2048 B'), bytes('3KiB'), bytes('1 GiB')], [2048, 2048, 3072, 2 ** 30]);
});

test('settings that contradict each other are refused: an overlap of more than half, a fallback without its server', () => {
  assert.equal(readConfig({ CHUNK_SIZE_TOKENS: '64', CHUNK_OVERLAP_TOKENS: '32' }, '/nowhere').chunkOverlapTokens, 32);
  assert.match(
    problemsOf({ CHUNK_SIZE_TOKENS: '64', CHUNK_OVERLAP_TOKENS: '33' }),
    /CHUNK_OVERLAP_TOKENS: must be at most half/,
  );
  for (const name of ['FALLBACK_API_KEY', 'FALLBACK_CHAT_MODEL'])
    assert.match(problemsOf({ [name]: 'canary' }), /FALLBACK_BASE_URL: is what a fallback needs$/);
});

test('ASKS_RETENTION accepts days, hours, minutes or 0', () => {
  const read = (ASKS_RETENTION: string) => readConfig({ ASKS_RETENTION }, '/nowhere').asksRetentionMs;
  assert.equal(readConfig({}, '/nowhere').asksRetentionMs, 30 * 86_400_000);
  assert.deepEqual([read('12h'), read('90m'), read('2 d'), read('0')], [43_200_000, 5_400_000, 172_800_000, 0]);
  for (const bad of ['30', '-1d', '1w', 'd', '30days', 'x0'])
    assert.match(problemsOf({ ASKS_RETENTION: bad }), /ASKS_RETENTION: must/);
  assert.match(problemsOf({ OTEL_TRACES_SAMPLER_ARG: '2' }), /OTEL_TRACES_SAMPLER_ARG: must be a number from 0 to 1/);
});

test('any settings are either accepted or refused by name, without their values', () => {
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
