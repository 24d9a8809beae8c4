import assert from 'node:assert/strict';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createSecondListener, lookAfterConnections, patience } from '../../src/http/connections.ts';
import { startServing } from '../doubles/command-line.ts';
import { fail } from '../doubles/openai-replies.ts';
import { startOpenAiServer } from '../doubles/openai-server.ts';
import { startService } from '../doubles/service.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

/** More than the buffers of a connection hold. */
const large = 'x'.repeat(32 * 2 ** 20);
const get = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';

async function start(
  t: TestContext,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  limits: Partial<typeof patience> = {},
) {
  const server = createServer(handle);
  const connections = lookAfterConnections(server, { ...patience, ...limits });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const door = createSecondListener(server);
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  t.after(() => door.close());
  const portOf = (each: { address(): unknown }) => (each.address() as AddressInfo).port;
  /** Sends a text and reads nothing. */
  async function send(text: string, to: { address(): unknown } = server): Promise<Socket> {
    const socket = connect(portOf(to), '127.0.0.1');
    t.after(() => socket.destroy());
    socket.on('error', () => {});
    socket.write(text);
    await once(socket, 'connect');
    return socket;
  }
  /** Sends a request whose connection can be given up once the request is there: on a busy machine it may come late. */
  async function ask(text: string, to?: typeof door): Promise<Socket> {
    const { timeout } = server;
    server.timeout = 0;
    const asked = once(server, 'request');
    const socket = await send(text, to);
    const [{ socket: inner }] = (await asked) as [IncomingMessage];
    server.timeout = timeout;
    inner.setTimeout(timeout);
    return socket;
  }
  const stop = () => {
    const closed = [door, server].map((each) => new Promise((resolve) => each.close(resolve)));
    connections.drain();
    return Promise.all(closed);
  };
  return { server, door, send, ask, stop };
}

async function readAll(socket: Socket): Promise<string> {
  let text = '';
  for await (const piece of socket) text += piece;
  return text;
}

test('when the server stops, a slow reader still gets its whole reply, and idle connections are closed at once', async (t) => {
  const handed = Promise.withResolvers<void>();
  const { send, stop } = await start(t, (_request, response) => {
    response.end(large);
    handed.resolve();
  });
  const slow = await send(get);
  const idle = await send('');
  await handed.promise;
  const stopped = stop();
  await once(idle.resume(), 'close');
  const text = await readAll(slow);
  assert.equal(text.length - text.indexOf('\r\n\r\n') - 4, large.length);
  await stopped;
});

test('when the server stops, it does not wait for ever for those who take their replies slowly', {
  timeout: 30_000,
}, async (t) => {
  const handed = Promise.withResolvers<ServerResponse>();
  const handle = (_request: IncomingMessage, response: ServerResponse) => handed.resolve(response.end(large));
  const { send, stop } = await start(t, handle, { untakenMs: 500 });
  const socket = await send(get);
  // Takes some of it all the time, so that the connection never stalls.
  const reading = setInterval(() => socket.read(), 20);
  t.after(() => clearInterval(reading));
  const response = await handed.promise;
  await stop();
  assert.equal(response.writableFinished, false);
  assert.ok(socket.bytesRead > 0);
});

test('when the server stops, replies under way say “connection: close”', async (t) => {
  const held = Promise.withResolvers<ServerResponse>();
  const { send, stop } = await start(t, (_request, response) => held.resolve(response));
  const socket = await send(get);
  const response = await held.promise;
  const stopped = stop();
  response.end('done');
  assert.match(await readAll(socket), /connection: close[\s\S]*done$/i);
  await stopped;
});

test('when the server stops, it does not wait for requests that have not arrived whole, but for the replies to those that have', async (t) => {
  const handled = Promise.withResolvers<void>();
  const held = Promise.withResolvers<ServerResponse>();
  const { server, send, stop } = await start(
    t,
    (request, response) => {
      if (request.url === '/whole') held.resolve(response);
      request.resume().once('data', handled.resolve);
    },
    { stalledMs: 60_000, lateMs: 10 },
  );
  const whole = await send(get.replace('/', '/whole'));
  const response = await held.promise;
  const arrived = once(server, 'connection');
  const halfHead = await send('GET / HTTP/1.1\r\nhost: a');
  await arrived;
  const halfBody = await send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc');
  await handled.promise;
  const stopped = stop();
  for (const socket of [halfHead, halfBody]) if (!socket.destroyed) await once(socket.resume(), 'close');
  response.end('done');
  assert.match(await readAll(whole), /done$/);
  await stopped;
});

test('when the server stops, a clock that is set back keeps nobody waiting', { timeout: 30_000 }, async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 3_600_000 });
  const handled = Promise.withResolvers<void>();
  const { send, stop } = await start(t, (request) => void request.resume().once('data', handled.resolve), {
    stalledMs: 60_000,
    lateMs: 10,
  });
  await send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc');
  await handled.promise;
  const stopped = stop();
  t.mock.timers.setTime(0);
  await stopped;
});

test('a reply that its client does not read is given up, but one that is still being made is waited for', async (t) => {
  const replies: ServerResponse[] = [];
  const { server, ask } = await start(
    t,
    (request, response) => {
      if (request.url === '/large') response.end(large);
      else replies.push(response);
    },
    { stalledMs: 50, lateMs: 5_000 },
  );
  const patient = await ask(get);
  const seen = once(server, 'connection');
  await ask(get.replace('/', '/large'));
  const [stalled] = (await seen) as [Socket];
  await once(stalled, 'close');
  for (const reply of replies) reply.end('at last');
  const [piece] = await once(patient, 'data');
  assert.match(String(piece), /at last/);
});

test('connections through a second listener get the same timeouts and the same orderly end', async (t) => {
  const held: ServerResponse[] = [];
  const limits = { stalledMs: 50, lateMs: 5_000 };
  const { server, door, send, ask, stop } = await start(t, (_request, response) => void held.push(response), limits);
  const arrived = once(server, 'connection');
  await send('', door);
  const [unused] = (await arrived) as [Socket];
  const closed = once(unused, 'close');
  const patient = await ask(get, door);
  await closed; // nothing moves on either connection, but on the other one a reply is being made
  const stopped = stop();
  held[0]!.end('at last');
  assert.match(await readAll(patient), /connection: close[\s\S]*at last$/i);
  await stopped;
});

test('a request through a second listener that cannot be parsed as HTTP is answered too', async (t) => {
  const { server, door, send } = await start(t, () => {});
  const told = once(server, 'clientError');
  server.on('clientError', (_error, socket) => socket.end('not understood'));
  const socket = await send('hello\r\n\r\n', door);
  await told;
  assert.equal(await readAll(socket), 'not understood');
});

test('with HOST=localhost, an ask through its other address is finished too when the service stops', async (t) => {
  const addresses = await lookup('localhost', { all: true });
  if (addresses.length < 2) return t.skip('localhost is one address here');
  const openai = await startOpenAiServer({ test: t });
  const { promise: until, resolve: answerNow } = Promise.withResolvers<void>();
  const { url, child, exit } = await startServing(t, {
    HOST: 'localhost',
    DATA_DIR: await temporaryFolder(t),
    OPENAI_BASE_URL: openai.baseUrl,
    OPENAI_API_KEY: 'canary-model-key',
  });
  const urls = addresses.map(({ address, family }) =>
    url.replace(/\/\/.*:/, family === 6 ? `//[${address}]:` : `//${address}:`),
  );
  const post = (to: string, path: string, body: object) =>
    fetch(to + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  await post(urls[0]!, '/documents', { source: 'a.md', text: 'Alder wood is light.' });
  openai.chat({ content: 'It is light.', until });
  const asked = post(urls.at(-1)!, '/ask', { question: 'What is alder wood like?', evaluation: 'none' });
  await openai.waitFor((entry) => entry === openai.chatRequests[0]);
  child.kill('SIGTERM');
  while (await fetch(`${urls[0]}/health/live`).catch(() => null)); // until it accepts no connections any more
  answerNow();
  const reply = await asked;
  assert.deepEqual(
    [reply.status, reply.headers.get('connection'), ((await reply.json()) as { answer: string }).answer],
    [200, 'close', 'It is light.'],
  );
  assert.deepEqual(await exit, [0, null]);
});

test('a service that stops ends job watchers, finishes a stream under way, and answers a request behind it with 503 NOT_READY', async (t) => {
  const corpus = await temporaryFolder(t);
  await writeFile(join(corpus, 'ash.md'), 'Ash wood is tough.');
  const { url, app, call, add, close, openai } = await startService(t, { settings: { CORPUS_DIR: corpus } });
  await add('alder.md', 'Alder wood is light.');
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  async function* words() {
    yield 'It is ';
    await held;
    yield 'light.';
  }
  openai.chat({ content: words() }, JSON.stringify({ quotes: [], reason: '-', verdict: 'Correct', score: 0.9 }));
  openai.embeddingsWhen('Ash wood', fail.hang());
  const { json: job } = await call('POST', '/jobs', {});
  const watched = await fetch(`${url}/jobs/${job.id}`, { headers: { accept: 'text/event-stream' } });

  const { port, host } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  const body = JSON.stringify({ question: 'What is alder wood like?', stream: true });
  const fields = `host: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
  socket.write(`POST /ask HTTP/1.1\r\n${fields}\r\n\r\n${body}`);
  let told = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    told += piece;
  });
  while (!told.includes('event: token')) await once(socket, 'data');
  const closed = close();
  assert.match(await watched.text(), /event: done\ndata: .*"status":"cancelled"/);
  const seen = once(app.server, 'request');
  socket.write(`GET /health/live HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
  await seen;
  release();
  await once(socket, 'close');
  await closed;
  assert.match(told, /event: done/);
  assert.match(told, /HTTP\/1\.1 503 [\s\S]*x-request-id: [\s\S]*"code":"NOT_READY"/);
});

test('a refusal tells whether its connection stays open, as any reply does', async (t) => {
  const { url, close } = await startService(t);
  const saidTo = async (text: string) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    t.after(() => socket.destroy());
    socket.write(text);
    const [reply] = await once(socket.setEncoding('utf8'), 'data');
    return { socket, status: /^HTTP\/1.1 (\d+)/.exec(reply)?.[1], connection: /^connection: (.*)$/im.exec(reply)?.[1] };
  };
  const post = (length: number, more = '') =>
    `POST /ask HTTP/1.1\r\nhost: localhost\r\n${more}content-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
  for (const [text, status, connection] of [
    ['GET /nowhere HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n', '404', 'close'],
    ['GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n', '404', 'keep-alive'],
    // Who speaks HTTP/1.0 would otherwise wait for the end of the connection.
    ['GET /nowhere HTTP/1.0\r\nconnection: keep-alive\r\n\r\n', '404', 'keep-alive'],
    [post(2 ** 20), '413', 'keep-alive'],
    [post(2 ** 20, 'connection: close\r\n'), '413', 'close'],
  ] as const) {
    const said = await saidTo(text);
    assert.deepEqual([said.status, said.connection], [status, connection], text.slice(0, 60));
    said.socket.destroy();
  }
  const late = connect(Number(new URL(url).port), '127.0.0.1');
  t.after(() => late.destroy());
  const asked = once(late, 'connect');
  late.write(post(2));
  await asked;
  await fetch(`${url}/health/live`); // what was sent before has come in
  const closed = close();
  late.write('{}');
  const [reply] = await once(late.setEncoding('utf8'), 'data');
  assert.match(reply, /^HTTP\/1\.1 400 .*^connection: close\r$/ims);
  await closed;
});

test('a reply that comes before its request has arrived whole gets through, though the connection ends with it', {
  timeout: 120_000,
}, async (t) => {
  const { url } = await startService(t, { settings: { API_KEYS: 'team:team-key-1' } });
  // As nginx asks, unless it is told to speak HTTP/1.1: it sends all of a body, and only then looks for the reply.
  for (const version of ['1.0', '1.1']) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    t.after(() => socket.destroy());
    const head = `host: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${large.length}`;
    socket.write(`POST /documents HTTP/${version}\r\n${head}\r\n\r\n`);
    for (let at = 0; at < large.length; at += 2 ** 20) {
      const sent = socket.write(large.slice(at, at + 2 ** 20));
      if (!sent) await once(socket, 'drain');
    }
    assert.match(await readAll(socket), /^HTTP\/1.1 401 .*^connection: close\r$.*"KEY_MISSING"/ims, version);
  }
});

test('requests sent in one go are worked on one after the other, and those of a client that leaves not at all', async (t) => {
  const { url, add, openai, close } = await startService(t);
  await add('alder.md', 'Alder wood does not rot under water.');
  const body = '{"question":"Does alder rot under water?","evaluation":"none"}';
  const post = `POST /ask HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const held = [0, 1].map(() => Promise.withResolvers<void>());
  t.after(() => {
    for (const { resolve } of held) resolve();
  });
  openai.chat(...held.map(({ promise }) => ({ content: 'It does not.', until: promise })));
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(post.repeat(3));
  await openai.waitFor(({ path }) => path === '/v1/chat/completions');
  await fetch(`${url}/health/live`); // time in which the others could have begun
  assert.equal(openai.chatRequests.length, 1);
  held[0]!.resolve();
  const [reply] = await once(socket, 'data');
  assert.match(String(reply), /^HTTP\/1\.1 200 /);
  await openai.waitFor((entry) => entry === openai.chatRequests[1]);
  socket.destroy();
  await close();
  assert.equal(openai.chatRequests.length, 2);
});

test('a connection on which a client sends hundreds of requests ahead is ended, and others are served', async (t) => {
  const { url, add, openai } = await startService(t);
  await add('alder.md', 'Alder wood does not rot under water.');
  openai.chat(fail.hang());
  const body = '{"question":"Does alder rot under water?","evaluation":"none"}';
  const post = `POST /ask HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {}).write(post);
  await openai.waitFor(({ path }) => path === '/v1/chat/completions');
  // Perhaps by a reset, which `once` would throw.
  const ended = new Promise((resolve) => socket.resume().once('close', resolve));
  socket.write(post.repeat(300));
  await ended;
  assert.equal((await fetch(`${url}/health/live`)).status, 200);
  assert.equal(openai.chatRequests.length, 1);
});
