import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import fastify from 'fastify';
import { openEventStream } from '../../src/http/event-stream.ts';

/** Events as a browser reads them (WHATWG HTML, 9.2.6): lines end with CR, LF or both, a blank line ends an event. */
function readEvents(text: string): { event: string; data: string }[] {
  return text
    .split(/(?:\r\n|\n|\r){2}/)
    .filter((block) => block !== '')
    .map((block) => {
      const fields = block.split(/\r\n|\n|\r/).map((line) => /^(\w+): ?(.*)$/s.exec(line)!.slice(1));
      const of = (name: string) => fields.filter(([field]) => field === name).map(([, value]) => value);
      assert.equal(fields.length, 2, block);
      return { event: of('event').join(), data: of('data').join('\n') };
    });
}

test('whatever text an event carries, a reader gets exactly that, one event for each', async (t) => {
  const app = fastify();
  let told: unknown[] = [];
  app.get('/', async (_request, reply) => {
    const stream = openEventStream(reply);
    for (const each of told) await stream.tell('token', each);
    stream.end();
    return reply;
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('\n', '\r', '\r\n', '\n\n', 'data: x', 'event: done', ':', '\u2028', '\0', '👍'))
      .map((parts) => parts.join('')),
  );
  const value = fc.oneof(text, fc.record({ text }), fc.jsonValue());
  await fc.assert(
    fc.asyncProperty(fc.array(value, { maxLength: 8 }), async (values) => {
      told = values;
      const events = readEvents(await (await fetch(`http://127.0.0.1:${port}/`)).text());
      assert.deepEqual(
        events.map(({ event, data }) => [event, JSON.parse(data)]),
        values.map((each) => ['token', JSON.parse(JSON.stringify(each))]),
      );
    }),
    { numRuns: 60, seed: 7 },
  );
});

test('a stream is told not to be kept or held back on its way, and has the headers of any reply', async (t) => {
  const app = fastify();
  app.get('/', async (_request, reply) => {
    reply.headers({ 'x-request-id': 'id', 'content-type': 'application/json' });
    openEventStream(reply).end('last');
    return reply;
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  const reply = await fetch(`http://127.0.0.1:${port}/`);
  assert.deepEqual([reply.status, await reply.text()], [200, 'last']);
  const headers = Object.fromEntries(reply.headers);
  for (const [name, value] of Object.entries({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no', // nginx would gather it
    'x-request-id': 'id',
  }))
    assert.equal(headers[name], value);
});

test('a handler that waits for a slow client to read is released when the client leaves', async (t) => {
  const app = fastify();
  const { promise: over, resolve } = Promise.withResolvers<number[]>();
  app.get('/', async (_request, reply) => {
    const stream = openEventStream(reply);
    const leaving = once(reply.raw, 'close');
    const listeners = () => reply.raw.listenerCount('drain');
    const before = listeners();
    const long = 'x'.repeat(2 ** 20);
    while (!reply.raw.destroyed) await stream.tell('token', long);
    await leaving;
    await stream.tell('token', long);
    resolve([before, listeners()]);
    return reply;
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => app.close());
  const leave = new AbortController();
  const { port } = app.server.address() as AddressInfo;
  await fetch(`http://127.0.0.1:${port}/`, { signal: leave.signal });
  leave.abort();
  const [before, after] = await over;
  assert.equal(after, before, 'nothing goes on waiting');
});
