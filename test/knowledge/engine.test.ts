import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { checkAddress } from '../../src/knowledge/weaviate/check-address.ts';
import { openEngine } from '../../src/knowledge/weaviate/engine.ts';

test('while a node is starting, no request is told that an object is missing, even if several check its readiness at once', async (t) => {
  let asked = 0;
  const server = createServer(async (request, response) => {
    if (request.url !== '/v1/.well-known/ready') {
      // As the engine does: until it is ready it answers 404 for every object, without saying that it is starting.
      return void (asked < 2 ? response.writeHead(404).end() : response.end('{"id":"there"}'));
    }
    await delay(50);
    asked += 1;
    response.writeHead(asked < 2 ? 503 : 200).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const engine = openEngine({ endpoints: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`] });
  t.after(async () => {
    await engine.close();
    server.close();
  });
  const found = await Promise.all(Array.from({ length: 4 }, () => engine.request('GET', '/v1/objects/x')));
  assert.deepEqual(found, Array(4).fill({ id: 'there' }));
});

test('what a gateway in front of Weaviate replies by itself is not taken for the word of the engine', async (t) => {
  const replies = {
    '/no-backend': [404, 'default backend - 404', 'NOT_READY'],
    '/not-found': [404, '<html>Not found</html>', 'NOT_READY'],
    '/too-many': [429, '{"error":"too many"}', 'NOT_READY'],
    '/gave-up': [408, '{}', 'NOT_READY'],
    '/login': [302, '', 'NOT_READY'],
    '/page': [200, '<html>Log in</html>', 'NOT_READY'],
    '/too-long': [413, '<html>Too large</html>', 'INTERNAL'], // which is no better the next time
  } as const;
  const asked: Record<string, number> = {};
  const server = createServer(({ url = '' }, response) => {
    const [gateway] = Object.keys(replies).filter((path) => url.startsWith(path));
    if (!gateway || url.endsWith('/ready')) return void response.end();
    asked[gateway] = (asked[gateway] ?? 0) + 1;
    const [status, body] = replies[gateway as keyof typeof replies];
    response.writeHead(status, { 'content-type': 'text/html' }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const port = (server.address() as AddressInfo).port;
  // A start waits for a gateway that will let it through by and by.
  const atStart = (gateway: string) => checkAddress({ endpoints: [`http://127.0.0.1:${port}${gateway}`] });
  await assert.rejects(atStart('/too-many'), { code: 'NOT_READY' });
  await assert.rejects(atStart('/not-found'), { code: 'BAD_SETTINGS' });
  for (const gateway of Object.keys(asked)) delete asked[gateway];
  await Promise.all(
    Object.entries(replies).map(async ([gateway, [, , code]]) => {
      const engine = openEngine({
        endpoints: [`http://127.0.0.1:${port}${gateway}`],
      });
      await assert.rejects(engine.request('GET', '/v1/schema/AssayDocument/tenants/x'), { code }, gateway);
      await assert.rejects(engine.query('Get', 'found'), { code }, gateway);
      await engine.close();
    }),
  );
  for (const [gateway, [, , code]] of Object.entries(replies))
    assert.equal(asked[gateway], code === 'NOT_READY' ? 6 : 2, gateway);
});

test('vectors that may have reached the engine are not sent to it again', async (t) => {
  let sent = 0;
  const server = createServer((request, response) => {
    if (request.url === '/v1/.well-known/ready') return void response.end();
    sent += 1;
    response.writeHead(503).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const engine = openEngine({ endpoints: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`] });
  t.after(async () => {
    await engine.close();
    server.close();
  });
  const object = { class: 'AssayWindow', id: '00000000-0000-4000-8000-000000000001', properties: {}, vector: [1] };
  await assert.rejects(engine.writeVectors([object]), { code: 'NOT_READY' });
  assert.equal(sent, 1);
  await assert.rejects(engine.write([object]), { code: 'NOT_READY' });
  assert.ok(sent > 2, 'other objects are');
});

test('what is erased is erased to the end, beyond what the engine takes at once, or counts as not erased', async (t) => {
  const results = [
    { matches: 25_000, limit: 10_000, failed: 0 },
    { matches: 15_000, limit: 10_000, failed: 0 },
    { matches: 5_000, limit: 10_000, failed: 0 },
    { matches: 2, limit: 10_000, failed: 1 },
  ];
  const server = createServer((request, response) => {
    if (request.url === '/v1/.well-known/ready') return void response.end();
    response.end(JSON.stringify({ results: results.shift() }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const engine = openEngine({ endpoints: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`] });
  t.after(async () => {
    await engine.close();
    server.close();
  });
  await engine.erase('AssayPassage', {}, 'x');
  assert.equal(results.length, 1);
  await assert.rejects(engine.erase('AssayPassage', {}, 'x'), { code: 'NOT_READY' });
});

test('if a node says that it is ready but cannot reply, the next one is asked, and the first is left alone', async (t) => {
  let refused = 0;
  const listen = async (status: number) => {
    const server = createServer((request, response) => {
      if (request.url === '/v1/.well-known/ready') return void response.end();
      if (status !== 200) refused += 1;
      response.writeHead(status).end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const endpoints = [await listen(503), await listen(200)];
  // Each begins with a node of its own choice.
  for (let instance = 0; instance < 12; instance += 1) {
    refused = 0;
    const engine = openEngine({ endpoints });
    for (let call = 0; call < 3; call += 1) assert.deepEqual(await engine.request('GET', '/v1/schema'), {});
    await engine.close();
    assert.ok(refused <= 1, `${refused} calls`);
  }
});

test('a node that hung up while nobody called it is asked whether it is ready, before it is believed that something is missing', async (t) => {
  let starting = false;
  let asked = 0;
  const server = createServer((request, response) => {
    if (request.url !== '/v1/.well-known/ready')
      return void (starting ? response.writeHead(404).end() : response.end('{"id":"there"}'));
    if (starting) asked += 1;
    if (asked === 3) starting = false;
    response.writeHead(starting ? 503 : 200).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const engine = openEngine({ endpoints: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`] });
  t.after(async () => {
    await engine.close();
    server.close();
  });
  assert.deepEqual(await engine.request('GET', '/v1/objects/x'), { id: 'there' });
  starting = true;
  server.closeAllConnections();
  await delay(50); // it notices
  assert.deepEqual(await engine.request('GET', '/v1/objects/x'), { id: 'there' });
});
