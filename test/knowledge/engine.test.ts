import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
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
