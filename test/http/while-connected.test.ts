import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import fastify from 'fastify';
import { whileConnected } from '../../src/http/while-connected.ts';

test('after a reply nothing of the request stays registered with its key, and its signal has not fired', async (t) => {
  const app = fastify();
  t.after(() => app.close());
  const listeners = new Set<() => void>();
  const key = {
    onRevoked(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  app.decorateRequest('key');
  const closed = Promise.withResolvers<void>();
  let signal: AbortSignal | undefined;
  app.get('/', async (request, reply) => {
    request.key = key as never;
    signal = whileConnected(reply);
    reply.raw.once('close', closed.resolve);
    return listeners.size;
  });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  assert.equal(await (await fetch(address)).text(), '1');
  await closed.promise;
  assert.deepEqual([listeners.size, signal?.aborted], [0, false]);
});

test('for a client that has already left, the signal has fired from the beginning', async (t) => {
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
