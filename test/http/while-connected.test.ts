import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import fastify from 'fastify';
import { whileConnected } from '../../src/http/while-connected.ts';

test('a client that left before anybody looked has left', async (t) => {
  const app = fastify();
  t.after(() => app.close());
  const arrived = Promise.withResolvers<void>();
  const seen = Promise.withResolvers<boolean>();
  app.get('/', async (request, reply) => {
    const gone = once(request.raw.socket, 'close');
    arrived.resolve();
    await gone;
    seen.resolve(whileConnected(reply).aborted);
  });
  app.decorateRequest('key');
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await arrived.promise;
  socket.destroy();
  assert.equal(await seen.promise, true);
});
