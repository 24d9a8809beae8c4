import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { replyToBrokenHttp } from '../../src/http/broken-http.ts';
import { startService } from '../doubles/service.ts';

type Service = Awaited<ReturnType<typeof startService>>;

describe('bad input', () => {
  let service: Service;
  const hooks: (() => Promise<void>)[] = [];
  before(async () => {
    service = await startService({ after: (hook) => void hooks.push(hook) });
    await service.add('a.md', 'Alder is a tree. Its wood is light.');
  });
  after(async () => {
    for (const hook of hooks.reverse()) await hook();
  });

  const document = { source: 'x.md', text: 'Some text.' };
  const cases: [name: string, method: string, path: string, body: unknown, code?: string][] = [
    ['no body', 'POST', '/ask', '', 'BAD_JSON'],
    ['broken JSON', 'POST', '/ask', '{"question": ', 'BAD_JSON'],
    ['a JSON string', 'POST', '/ask', '"question"', 'BAD_INPUT'],
    ['null', 'POST', '/ask', 'null', 'BAD_INPUT'],
    ['no question', 'POST', '/ask', {}, 'BAD_INPUT'],
    ['an empty question', 'POST', '/ask', { question: ' \n ' }, 'BAD_INPUT'],
    ['a question of 4,001 characters', 'POST', '/ask', { question: 'x'.repeat(4001) }, 'BAD_INPUT'],
    ['a question of another type', 'POST', '/ask', { question: 7 }, 'BAD_INPUT'],
    ['a question as a query operator', 'POST', '/ask', { question: { $ne: null } }, 'BAD_INPUT'],
    ['an unknown field', 'POST', '/ask', { question: 'x', modelUrl: 'http://127.0.0.1' }, 'UNKNOWN_FIELD'],
    ['a prototype field', 'POST', '/ask', '{"question":"x","__proto__":{"a":1}}'],
    ['a NUL in the question', 'POST', '/ask', { question: 'a\0b' }, 'BAD_INPUT'],
    ['a lone surrogate in the question', 'POST', '/ask', '{"question":"a\\ud800b"}', 'BAD_INPUT'],
    ['topK 0', 'POST', '/ask', { question: 'x', topK: 0 }, 'BAD_INPUT'],
    ['topK 21', 'POST', '/ask', { question: 'x', topK: 21 }, 'BAD_INPUT'],
    ['topK 1.5', 'POST', '/ask', { question: 'x', topK: 1.5 }, 'BAD_INPUT'],
    ['an unknown evaluation', 'POST', '/ask', { question: 'x', evaluation: 'all' }, 'BAD_INPUT'],
    ['a path as collection', 'POST', '/ask', { question: 'x', collection: '../secrets' }, 'BAD_INPUT'],
    ['an operator as collection', 'POST', '/search', { question: 'x', collection: "a'; DROP TABLE asks" }, 'BAD_INPUT'],
    ['an unknown field in a search', 'POST', '/search', { question: 'x', filter: {} }, 'UNKNOWN_FIELD'],
    ['no text', 'POST', '/documents', { source: 'x.md' }, 'BAD_INPUT'],
    ['a text of white space only', 'POST', '/documents', { source: 'x.md', text: ' \n ' }, 'BAD_DOCUMENT'],
    ['a NUL in a text', 'POST', '/documents', { ...document, text: 'a\0b' }, 'BAD_INPUT'],
    ['a lone surrogate in a text', 'POST', '/documents', '{"source":"x.md","text":"a\\udc00"}', 'BAD_INPUT'],
    ['an absolute source', 'POST', '/documents', { ...document, source: '/etc/passwd' }, 'BAD_INPUT'],
    ['a source that climbs', 'POST', '/documents', { ...document, source: 'a/../../b.md' }, 'BAD_INPUT'],
    ['a source that climbs with backslashes', 'POST', '/documents', { ...document, source: '..\\b.md' }, 'BAD_INPUT'],
    ['a source with a line break', 'POST', '/documents', { ...document, source: 'a\nb' }, 'BAD_INPUT'],
    ['an empty source', 'POST', '/documents', { ...document, source: '' }, 'BAD_INPUT'],
    ['a format that JSON cannot hold', 'POST', '/documents', { ...document, format: 'pdf' }, 'BAD_INPUT'],
    [
      'metadata with an lc key',
      'POST',
      '/documents',
      { ...document, metadata: { a: { lc: 1, type: 'secret' } } },
      'BAD_INPUT',
    ],
    [
      'metadata nested deeper than a stack',
      'POST',
      '/documents',
      `{"source":"x.md","text":"Some text.","metadata":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`,
      'BAD_INPUT',
    ],
    ['metadata that is a list', 'POST', '/documents', { ...document, metadata: [1] }, 'BAD_INPUT'],
    ['an unknown field of a document', 'POST', '/documents', { ...document, url: 'http://127.0.0.1' }, 'UNKNOWN_FIELD'],
    [
      'a document for an unknown collection',
      'POST',
      '/documents',
      { ...document, collection: 'none' },
      'COLLECTION_NOT_FOUND',
    ],
    ['a broken cursor', 'GET', '/documents?cursor=*', undefined, 'BAD_INPUT'],
    ['a limit of 0', 'GET', '/documents?limit=0', undefined, 'BAD_INPUT'],
    ['an unknown query', 'GET', '/documents?order=size', undefined, 'UNKNOWN_FIELD'],
    ['a query that belongs into the body', 'POST', '/documents?collection=team', document, 'UNKNOWN_FIELD'],
    ['a query', 'POST', '/ask?topK=1', { question: 'x' }, 'UNKNOWN_FIELD'],
    ['a query', 'POST', '/search?topK=1', { question: 'x' }, 'UNKNOWN_FIELD'],
    ['a query', 'GET', '/collections?limit=1', undefined, 'UNKNOWN_FIELD'],
    ['a query', 'POST', '/jobs?collection=default', {}, 'UNKNOWN_FIELD'],
    ['a list of an unknown collection', 'GET', '/documents?collection=none', undefined, 'COLLECTION_NOT_FOUND'],
    ['no such document', 'GET', '/documents/none', undefined, 'DOCUMENT_NOT_FOUND'],
    ['no such document to remove', 'DELETE', '/documents/none', undefined, 'DOCUMENT_NOT_FOUND'],
    ['a document by a path', 'GET', '/documents/..%2f..%2fetc%2fpasswd', undefined, 'DOCUMENT_NOT_FOUND'],
    ['a collection by a path', 'PUT', '/collections/..%2fx', undefined, 'BAD_INPUT'],
    ['a collection in capitals', 'PUT', '/collections/Team', undefined, 'BAD_INPUT'],
    ['a collection of 64 characters', 'PUT', `/collections/${'a'.repeat(64)}`, undefined, 'BAD_INPUT'],
    ['no such collection', 'GET', '/collections/none', undefined, 'COLLECTION_NOT_FOUND'],
    ['no such collection to remove', 'DELETE', '/collections/none', undefined, 'COLLECTION_NOT_FOUND'],
    ['no such ask', 'GET', '/asks/none', undefined, 'ASK_NOT_FOUND'],
    ['an id of 101 characters', 'GET', `/asks/${'a'.repeat(101)}`, undefined, 'ASK_NOT_FOUND'],
    ['an id of 5,000 characters', 'DELETE', `/documents/${'a'.repeat(5000)}`, undefined, 'DOCUMENT_NOT_FOUND'],
    ['an id of 5,000 characters', 'GET', `/jobs/${'a'.repeat(5000)}`, undefined, 'NOT_FOUND'],
    ['no such route', 'GET', '/admin', undefined, 'NOT_FOUND'],
    ['a method that the path does not take', 'DELETE', '/ask', undefined, 'METHOD_NOT_ALLOWED'],
  ];
  for (const [name, method, path, body, code] of cases)
    test(`${method} ${path.slice(0, 40)} with ${name} is refused with a code`, async () => {
      const { status, json, headers } = await service.call(method, path, body);
      assert.ok(status >= 400 && status < 500, `${status}`);
      if (code) assert.equal(json.error.code, code, json.error.message);
      assert.deepEqual(Object.keys(json), ['error']);
      assert.deepEqual(Object.keys(json.error), ['code', 'message', 'requestId']);
      assert.equal(json.error.requestId, headers.get('x-request-id'));
      assert.doesNotMatch(json.error.message, /node_modules|at \//);
    });

  test('a missing field is reported as missing, beside the misspelt one that was sent in its place', async () => {
    const { json } = await service.call('POST', '/ask', { quetion: 'x' });
    assert.deepEqual(
      [json.error.code, json.error.message],
      ['UNKNOWN_FIELD', 'question: is missing; unknown field quetion'],
    );
    const chat = await service.call('POST', '/v1/chat/completions', { model: 'default' });
    assert.match(chat.json.error.message, /^messages: is missing/);
  });

  test('a body of another content type than JSON is refused with a 415', async () => {
    const { status, json } = await service.call('POST', '/ask', 'question=x', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    assert.deepEqual([status, json.error.code], [415, 'UNSUPPORTED_FORMAT']);
  });

  test('a path that cannot be decoded is refused with a 400', async () => {
    const { port } = new URL(service.url);
    const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const call = httpRequest({ host: '127.0.0.1', port, path: '/documents/%E0%A4%A' }, async (response) => {
        resolve({ status: response.statusCode!, text: (await response.toArray()).join('') });
      });
      call.on('error', reject).end();
    });
    assert.equal(status, 400);
    assert.equal(JSON.parse(text).error.code, 'BAD_INPUT');
  });

  test('templates, braces and markup in a question are plain words', async () => {
    for (const question of [
      '{{context}} {question} %s #{1}',
      "' OR 1=1 --",
      '<script>alert(1)</script>',
      '"unclosed AND NEAR(',
    ]) {
      const { status, json } = await service.call('POST', '/search', { question });
      assert.equal(status, 200, question);
      assert.equal(json.context.length, 1);
    }
  });

  test('no body causes a 5xx, and the service is still ready afterwards', async () => {
    const body = fc.oneof(
      fc.json(),
      fc
        .record({ question: fc.oneof(fc.string({ unit: 'binary' }), fc.anything()), topK: fc.anything() })
        .map((value) => {
          try {
            return JSON.stringify(value) ?? '';
          } catch {
            return '';
          }
        }),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(body, fc.constantFrom('/search', '/documents'), async (text, path) => {
        const { status } = await service.call('POST', path, text);
        assert.ok(status < 500, `${status}: ${text}`);
      }),
      { numRuns: 150 },
    );
    assert.equal((await service.call('GET', '/health/ready')).status, 200);
  });
});

const formPart = (name: string, text: string) =>
  `--x\r\ncontent-disposition: form-data; name="files"; filename="${name}"\r\n\r\n${text}\r\n`;
const long = 'x'.repeat(300_000);
const refusedUploads: [name: string, type: string, body: string, status: number][] = [
  ['without a boundary', 'multipart/form-data', long, 400],
  [
    'of too many files',
    'multipart/form-data; boundary=x',
    `${formPart('a.txt', '.').repeat(120)}${formPart('b.txt', long)}--x--\r\n`,
    413,
  ],
  [
    'too large in all',
    'multipart/form-data; boundary=x',
    `${[1, 2, 3, 4].map((n) => formPart(`${n}.txt`, long)).join('')}--x--\r\n`,
    413,
  ],
  ['with a broken head', 'multipart/form-data; boundary=x', formPart('a.txt', long).replace(':', ''), 400],
  ['of JSON that is too large', 'application/json', JSON.stringify({ source: 'a.txt', text: long.repeat(4) }), 413],
  ['of invalid JSON', 'application/json', long.slice(0, 1000), 400],
];
for (const [name, type, body, status] of refusedUploads)
  test(`an upload ${name} does not hold up the next request of its connection`, async (t) => {
    const { url } = await startService(t, { settings: { MAX_BODY_BYTES: '1 MiB' } });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const head = `host: localhost\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}`;
    socket.write(`POST /documents HTTP/1.1\r\n${head}\r\n\r\n${body}`);
    socket.write('GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
    const replies = Buffer.concat(await socket.toArray()).toString();
    assert.deepEqual(
      [...replies.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, code]) => Number(code)),
      [status, 200],
    );
  });

const brokenHttp: [name: string, sent: string, status: number, code: string][] = [
  ['no host', 'GET /health/live HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'BAD_INPUT'],
  ['a header without a colon', 'GET /health/live HTTP/1.1\r\nhost: localhost\r\nbad header\r\n\r\n', 400, 'BAD_INPUT'],
  [
    'headers of 20 KB',
    `GET / HTTP/1.1\r\nhost: localhost\r\na: ${'b'.repeat(20_000)}\r\n\r\n`,
    431,
    'HEADERS_TOO_LARGE',
  ],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'BAD_INPUT'],
  [
    'an id of 9,000 characters',
    `GET /asks/${'x'.repeat(9000)} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`,
    404,
    'ASK_NOT_FOUND',
  ],
];
for (const [name, sent, status, code] of brokenHttp)
  test(`${name} is answered in the shape of every other error, with a request id`, async (t) => {
    const { url } = await startService(t);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(Buffer.from(sent, 'latin1'));
    const [head = '', body = ''] = Buffer.concat(await socket.toArray())
      .toString()
      .split('\r\n\r\n');
    assert.match(head, new RegExp(`^HTTP/1.1 ${status} `));
    assert.match(head, /x-content-type-options: nosniff/);
    const { error } = JSON.parse(body);
    assert.deepEqual([error.code, error.requestId], [code, /x-request-id: (.*)/i.exec(head)?.[1]]);
  });

test('what cannot be read as HTTP ends the reply that is being sent, and puts nothing into it', async (t) => {
  const { url, add, openai } = await startService(t);
  await add('a.md', 'Alder is a tree. Its wood is light.');
  const rest = Promise.withResolvers<void>();
  t.after(() => rest.resolve());
  async function* pieces() {
    yield 'Alder';
    await rest.promise;
  }
  openai!.chat({ content: pieces() });
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8');
  const body = '{"question":"What is alder?","stream":true}';
  const head = `host: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
  socket.write(`POST /ask HTTP/1.1\r\n${head}\r\n\r\n${body}`);
  let text = '';
  let isBroken = false;
  socket.on('error', () => {}); // it may be reset
  for await (const piece of socket) {
    text += piece;
    if (isBroken || !text.includes('event: token')) continue;
    isBroken = true;
    socket.write('no HTTP\r\n\r\n');
  }
  assert.match(text, /^HTTP\/1\.1 200 .*event: token/s);
  assert.doesNotMatch(text, /HTTP\/1\.1 400/);
});

test('a request that does not arrive in time gets a 408 in the shape of every other error', async (t) => {
  const server = createServer({ headersTimeout: 1, requestTimeout: 1, connectionsCheckingInterval: 1 });
  server.on('clientError', replyToBrokenHttp).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\n');
  const text = Buffer.concat(await socket.toArray()).toString();
  assert.match(text, /^HTTP\/1\.1 408 .*"code":"REQUEST_TIMEOUT"/s);
});

test('an HTTP/1.0 request needs no Host header', async (t) => {
  const { url } = await startService(t);
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('GET /health/live HTTP/1.0\r\n\r\n');
  assert.match(Buffer.concat(await socket.toArray()).toString(), /^HTTP\/1\.1 200 /);
});

test('a HEAD request that cannot be parsed gets a 400 without a body', async (t) => {
  const { url } = await startService(t);
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(Buffer.from('HEAD /\xe9 HTTP/1.1\r\nhost: localhost\r\n\r\n', 'latin1'));
  assert.match(Buffer.concat(await socket.toArray()).toString(), /^HTTP\/1.1 400 .*\r\n\r\n$/s);
});

test('a request with an unknown Expect header is served', async (t) => {
  const { url } = await startService(t);
  const { port } = new URL(url);
  const status = await new Promise((resolve, reject) => {
    const call = httpRequest({ host: '127.0.0.1', port, path: '/health/live', headers: { expect: 'the worst' } });
    call
      .on('response', (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });
  assert.equal(status, 200);
});

test('a body larger than MAX_BODY_BYTES gets a 413, as JSON and as files', async (t) => {
  const { url, add } = await startService(t, { settings: { MAX_BODY_BYTES: '4 KiB' } });
  const big = await add('big.md', 'x'.repeat(5000));
  assert.deepEqual([big.status, big.json.error.code], [413, 'TOO_LARGE']);
  const form = new FormData();
  form.append('file', new Blob(['x'.repeat(5000)]), 'big.txt');
  const response = await fetch(`${url}/documents`, { method: 'POST', body: form });
  assert.equal(response.status, 413);
  const several = new FormData();
  for (const name of ['a.txt', 'b.txt', 'c.txt']) several.append('file', new Blob(['x'.repeat(2000)]), name);
  assert.equal((await fetch(`${url}/documents`, { method: 'POST', body: several })).status, 413);
});
