import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { classes } from '../../src/knowledge/weaviate/classes.ts';
import { runCommand, startCommand } from '../doubles/command-line.ts';
import { freePort } from '../doubles/free-port.ts';
import { startService } from '../doubles/service.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';
import { noWeaviate, startWeaviateNodes } from '../doubles/weaviate.ts';

/** Starts the service as a process of its own, without waiting until it is ready. */
async function startWaiting(t: Test, settings: Record<string, string>) {
  const url = `http://127.0.0.1:${await freePort()}`;
  const child = startCommand(['serve'], { DATA_DIR: await temporaryFolder(t), PORT: new URL(url).port, ...settings });
  const exit = once(child, 'exit');
  child.stderr!.resume();
  t.after(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  const call = async (path: string, body?: object) => {
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const reply = await fetch(url + path, body && post).catch(() => null);
    return reply && { status: reply.status, text: await reply.text() };
  };
  /** Waits until `/health/ready` replies with this status. */
  async function untilReady(is: number): Promise<string> {
    for (;;) {
      const ready = await call('/health/ready');
      if (ready?.status === is && !/is starting/.test(ready.text)) return ready.text;
      if (child.exitCode !== null) return 'it has ended';
      await delay(50);
    }
  }
  return { child, exit, call, untilReady };
}

test('a service started before its Weaviate is alive, says what it waits for, and becomes ready once Weaviate is there', {
  skip: noWeaviate,
}, async (t) => {
  const nodes = await startWeaviateNodes(t);
  await nodes.kill();
  const { child, exit, call, untilReady } = await startWaiting(t, { WEAVIATE_URL: nodes.endpoints.join() });
  assert.match(await untilReady(503), /"code":"NOT_READY","message":"Waiting for Weaviate, which does not reply\."/);
  assert.equal((await call('/health/live'))?.status, 200);
  const note = { source: 'alder.md', text: 'Alder wood does not rot under water.', format: 'markdown' };
  assert.equal((await call('/documents', note))?.status, 503);
  await nodes.start();
  await untilReady(200);
  assert.equal((await call('/documents', note))?.status, 201);
  const asked = await call('/ask', { question: 'Does alder wood rot under water?' });
  assert.match(asked!.text, /does not rot/);
  child.kill('SIGTERM');
  assert.deepEqual(await exit, [0, null]);
});

test('a service that waits for Weaviate ends on SIGTERM', async (t) => {
  const { child, exit, untilReady } = await startWaiting(t, { WEAVIATE_URL: `http://127.0.0.1:${await freePort()}` });
  await untilReady(503);
  child.kill('SIGTERM');
  assert.deepEqual(await exit, [0, null]);
});

test('if one of the addresses is not a Weaviate’s, the start fails at once, even if another does not answer', async (t) => {
  const { url } = await startService(t);
  const settings = {
    DATA_DIR: await temporaryFolder(t),
    WEAVIATE_URL: `http://127.0.0.1:9,${url}`,
  };
  const { code, stderr } = await runCommand(['serve'], settings);
  assert.deepEqual([code, stderr.trim()], [1, 'WEAVIATE_URL: what replies there is no Weaviate.']);
});

test('if Weaviate refuses the key, the start fails at once, and the key is not printed', {
  skip: noWeaviate,
}, async (t) => {
  const nodes = await startWeaviateNodes(t, 1, { apiKey: 'canary-key-of-weaviate' });
  const settings = { DATA_DIR: await temporaryFolder(t), WEAVIATE_URL: nodes.endpoints.join() };
  const { code, stdout, stderr } = await runCommand(['serve'], { ...settings, WEAVIATE_API_KEY: 'canary-other' });
  assert.deepEqual([code, stderr.trim()], [1, 'WEAVIATE_API_KEY: Weaviate refuses it.']);
  assert.doesNotMatch(stdout, /canary/);
});

test('if an earlier version made the classes in Weaviate without what searches need, the start fails and says so', {
  skip: noWeaviate,
}, async (t) => {
  const nodes = await startWeaviateNodes(t);
  const now = classes.find((each) => each.class === 'AssayDocument')!;
  const made = await fetch(`${nodes.endpoints[0]}/v1/schema`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...now, properties: now.properties.filter(({ name }) => name !== 'words') }),
  });
  assert.equal(made.status, 200);
  const { child, exit, untilReady } = await startWaiting(t, { WEAVIATE_URL: nodes.endpoints.join() });
  let told = '';
  child.stderr!.on('data', (piece) => {
    told += piece;
  });
  assert.deepEqual(await Promise.race([exit, untilReady(200)]), [1, null]);
  assert.match(told, /stored by an older version of Assay, and this one cannot search them/);
});
