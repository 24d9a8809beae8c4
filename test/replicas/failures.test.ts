import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { newJob } from '../../src/ingest/job.ts';
import { openRedis } from '../../src/replicas/open-redis.ts';
import { shareJobs } from '../../src/replicas/shared-jobs.ts';
import { startServing } from '../doubles/command-line.ts';
import { startOpenAiServer } from '../doubles/openai-server.ts';
import { noRedis, startRedis } from '../doubles/redis.ts';
import { startService } from '../doubles/service.ts';
import { startTcpProxy } from '../doubles/tcp-proxy.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

const needsRedis = { skip: noRedis };

/** A service with a limit of five requests a minute, and ways to see what it reports of its Redis. */
async function startLimited(t: TestContext, url: string) {
  const service = await startService(t, { settings: { RATE_LIMIT_PER_MINUTE: '5', REDIS_URL: url } });
  return {
    ...service,
    /** Sends so many requests; returns how often each status came. */
    async send(count: number) {
      const statuses: Record<number, number> = {};
      for (let at = 0; at < count; at += 1) {
        const { status } = await service.call('GET', '/collections');
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
      return statuses;
    },
    state: async () => (await service.call('GET', '/health/ready')).json.redis,
    /** The reason of each log line that reports Redis as down. */
    reasons: () =>
      service.logLines
        .filter((line) => line.includes('Redis does not reply'))
        .map((line) => JSON.parse(line).reason ?? null),
  };
}

function connectTo(t: TestContext, url: string) {
  const client = new Redis(url);
  t.after(() => client.disconnect());
  return client;
}

test('a read-only Redis is reported down once, and up again when it can be written', needsRedis, async (t) => {
  const redis = await startRedis(t);
  const { send, state, reasons, waitForLog, logLines } = await startLimited(t, redis.url);
  const client = connectTo(t, redis.url);
  await client.replicaof('127.0.0.1', '9');
  const names = async () => (await client.client('LIST')) as string;
  const idOf = async () => /id=(\d+).* name=assay /.exec(await names())?.[1];
  const connections = new Set<string>();
  while (connections.size < 4) {
    assert.deepEqual(await send(1), { 200: 1 });
    const id = await idOf();
    if (id !== undefined) connections.add(id); // it reconnects after each refusal, as the address may lead elsewhere by now
  }
  assert.equal(await state(), 'down');
  assert.deepEqual(reasons(), ['READONLY']);
  assert.ok(!logLines.some((line) => line.includes('Redis replies again')));
  await client.replicaof('NO', 'ONE');
  await waitForLog('Redis replies again');
  assert.deepEqual([await state(), await send(10)], ['up', { 200: 5, 429: 5 }]);
});

test(
  'a Redis that denies a replica the commands it needs is reported down until it allows them',
  needsRedis,
  async (t) => {
    const redis = await startRedis(t);
    const client = connectTo(t, redis.url);
    await client.acl('SETUSER', 'assay', 'on', '>word', '~assay:*', '+@all', '-@scripting');
    const { send, state, reasons, waitForLog } = await startLimited(t, redis.url.replace('//', '//assay:word@'));
    assert.deepEqual([await state(), await send(10), reasons()], ['down', { 200: 10 }, ['NOPERM']]);
    await client.acl('SETUSER', 'assay', '+@scripting');
    await waitForLog('Redis replies again');
    assert.deepEqual([await state(), await send(10)], ['up', { 200: 5, 429: 5 }]);
  },
);

test(
  'if Redis has no database of the number in REDIS_URL it is reported down, and no other database is used',
  needsRedis,
  async (t) => {
    const redis = await startRedis(t);
    const { send, state, reasons } = await startLimited(t, `${redis.url}/99`);
    assert.deepEqual([await state(), await send(10), reasons()], ['down', { 200: 10 }, ['SELECT']]);
    assert.deepEqual(await connectTo(t, redis.url).keys('*'), []);
  },
);

test('a changed password is reported as the reason once a connection has to be made anew', needsRedis, async (t) => {
  const redis = await startRedis(t, { password: 'one' });
  const { send, state, reasons, waitForLog } = await startLimited(t, redis.url);
  const client = connectTo(t, redis.url);
  await client.config('SET', 'requirepass', 'two');
  assert.equal(await state(), 'up', 'a connection that is open stays so');
  await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await waitForLog('WRONGPASS');
  assert.deepEqual([await state(), await send(10), reasons().at(-1)], ['down', { 200: 10 }, 'WRONGPASS']);
  await client.config('SET', 'requirepass', 'one');
  await waitForLog('Redis replies again');
  assert.equal(await state(), 'up');
});

test('a Redis that is still loading its data is reported down until it has', needsRedis, async (t) => {
  // A millisecond for each key, and clients heard meanwhile: it loads for minutes, unless told to do so at once.
  const slow = { 'key-load-delay': '1000', 'loading-process-events-interval-bytes': '1024' };
  const settings = { 'enable-debug-command': 'yes', ...slow };
  const redis = await startRedis(t, { settings });
  const client = new Redis(redis.url);
  await client.call('DEBUG', 'POPULATE', '100000');
  await client.save();
  client.disconnect();
  await redis.kill();
  await redis.start();
  const { send, state, reasons, waitForLog } = await startLimited(t, redis.url);
  assert.deepEqual([await state(), await send(10), reasons()], ['down', { 200: 10 }, ['LOADING']]);
  const impatient = new Redis(redis.url, { enableReadyCheck: false });
  await impatient.config('SET', 'key-load-delay', '0');
  impatient.disconnect();
  await waitForLog('Redis replies again');
  assert.deepEqual([await state(), await send(10)], ['up', { 200: 5, 429: 5 }]);
});

test(
  'after a failover that leaves the old connection open, limits and jobs move to the new Redis',
  needsRedis,
  async (t) => {
    const [first, second] = [await startRedis(t), await startRedis(t)];
    const proxy = await startTcpProxy(t, first.port);
    const url = `redis://127.0.0.1:${proxy.port}`;
    const { send, state, waitForLog } = await startLimited(t, url);
    assert.deepEqual(await send(10), { 200: 5, 429: 5 });

    const open = async (at: string) => {
      const { promise: held, resolve: release } = Promise.withResolvers<void>();
      const ingest = () => held.then(() => newJob('default').progress);
      const { redis, close } = await openRedis(at, { onAway() {}, onBack() {} });
      const jobs = shareJobs({ redis, ingest, logger: pino({ level: 'silent' }) });
      t.after(async () => {
        release();
        await jobs.close();
        close();
      });
      return { jobs, release };
    };
    const [owner, other] = [await open(url), await open(second.url)];
    const { id } = await owner.jobs.start('default');
    assert.equal(await other.jobs.get(id), null);

    proxy.failOver(second.port);
    assert.deepEqual(await send(10), { 200: 10 });
    await waitForLog('Redis replies again');
    assert.deepEqual([await state(), await send(10)], ['up', { 200: 5, 429: 5 }]);
    while ((await other.jobs.get(id)) === null) await delay(20);
    assert.equal((await other.jobs.start('default')).id, id, 'one job for the collection');
    owner.release();
    while ((await other.jobs.get(id))?.status !== 'done') await delay(20);
  },
);

test('a Redis behind TLS is used if its certificate is trusted, and reported down if not', needsRedis, async (t) => {
  const folder = await temporaryFolder(t);
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost'.split(' ');
  const made = spawnSync('openssl', [
    ...request,
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    '-keyout',
    key,
    '-out',
    certificate,
  ]);
  assert.equal(made.status, 0, String(made.stderr));
  const tls = { 'tls-cert-file': certificate, 'tls-key-file': key, 'tls-ca-cert-file': certificate };
  const { port } = await startRedis(t, { settings: { port: '0', 'tls-auth-clients': 'no', ...tls } });
  const url = `rediss://127.0.0.1:${port}`;
  const refused = await startLimited(t, url);
  assert.deepEqual([await refused.state(), await refused.send(10)], ['down', { 200: 10 }]);
  assert.deepEqual(refused.reasons(), ['DEPTH_ZERO_SELF_SIGNED_CERT']);

  const openai = await startOpenAiServer({ test: t, dimension: 64 });
  const serving = await startServing(t, {
    DATA_DIR: folder,
    OPENAI_BASE_URL: openai.baseUrl,
    RATE_LIMIT_PER_MINUTE: '5',
    REDIS_URL: url,
    NODE_EXTRA_CA_CERTS: certificate,
  });
  const statuses = [];
  for (let at = 0; at < 6; at += 1) statuses.push((await fetch(`${serving.url}/collections`)).status);
  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429]);
});
