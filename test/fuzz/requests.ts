import fc from 'fast-check';
import { anyJson, anyText, nearMiss, type Schema, toJson, validValue } from './values.ts';

/** A request as it goes out. A `{name}` in the path is filled in when it is sent, with something that is there by then. */
export type FuzzRequest = {
  /** Method and path as the OpenAPI document has them. */
  route: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer | null;
  /** Sent byte for byte in place of the rest: what no HTTP client would send. */
  raw?: Buffer;
};

type Operation = {
  parameters?: { in: string; name: string; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
};
export type OpenApi = { paths: Record<string, Record<string, Operation>> };

/** What makes the scripted model server fail, wherever it stands in a question: only then may a reply be a 5xx. */
export const failureMarker = 'marker-upstream-fails';

type Body = { type: string; body: Buffer };

const contentTypes = [
  ...[
    'application/json',
    'application/json; charset=utf-16',
    'APPLICATION/JSON',
    'application/jsonx',
    'text/plain',
    '',
  ],
  ...['application/x-www-form-urlencoded', 'text/html', 'multipart/form-data', 'multipart/form-data; boundary=', 'x'],
  ...['application/json, text/html', '*/*', 'application/vnd.api+json', 'multipart/form-data; boundary="a b"', ';;;'],
];

/** Texts that are nearly JSON. */
const brokenJson = (text: string) =>
  fc.constantFrom(
    ...['', '{', '[', 'nul', '{"a":}', "{'a':1}", '{"question":"x",}', 'NaN', '\ufeff{}', '"\\ud800"', '1'.repeat(400)],
    ...[text.slice(0, -1), text.slice(0, text.length / 2), `${text}${text}`, `\0${text}`],
    ...[text.replace('{', '{"__proto__":{"admin":true},'), text.replace('{', '{"constructor":{"prototype":{"a":1}},')],
    ...[text.replace('{', '{"lc":1,"type":"constructor","id":["a"],'), text.replace(/:"/, ':"\\u0000')],
  );

function jsonBody(schema: Schema, root: unknown): fc.Arbitrary<Body> {
  const valid = validValue(schema, root);
  const text = fc.oneof(
    { weight: 5, arbitrary: valid.map(toJson) },
    { weight: 4, arbitrary: nearMiss(schema, root).map(toJson) },
    { weight: 1, arbitrary: anyJson.map(toJson) },
    { weight: 2, arbitrary: valid.chain((value) => brokenJson(toJson(value))) },
  );
  const type = fc.oneof({ weight: 9, arbitrary: fc.constant('application/json') }, fc.constantFrom(...contentTypes));
  const bytes = fc.oneof(
    { weight: 19, arbitrary: text.map((each) => Buffer.from(each)) },
    fc.uint8Array({ maxLength: 80 }).map((each) => Buffer.from(each)),
  );
  return fc.record({ type, body: bytes });
}

const fileNames = ['a.md', 'b.txt', 'c.html', 'd.pdf', 'e.docx', 'f.csv', 'g.json', 'h.epub', 'i.jsonl', 'j.exe', 'k'];
const fileStarts = [
  '',
  '%PDF-1.4\n',
  'PK\u0003\u0004',
  '{"a":',
  'a,b\n1,"',
  '<html><body><p>',
  '# Alder\n\nIts wood is light.',
  '\0',
];

/** A form with files and fields, whole or broken in one of the ways in which forms come broken. */
const multipartBody: fc.Arbitrary<Body> = fc
  .record({
    parts: fc.array(
      fc.record({
        name: fc.oneof(
          fc.constantFrom('files', 'collection', 'title', 'metadata', '__proto__', 'constructor'),
          anyText,
        ),
        file: fc.option(fc.oneof(fc.constantFrom(...fileNames), anyText)),
        start: fc.constantFrom(...fileStarts),
        rest: fc.oneof(
          anyText.map((each) => Buffer.from(each)),
          fc.uint8Array({ maxLength: 200 }).map(Buffer.from),
        ),
      }),
      { maxLength: 4 },
    ),
    boundary: fc.constantFrom('x', '----form', 'a'.repeat(70), 'a'.repeat(300)),
    damage: fc.constantFrom('none', 'none', 'none', 'no end', 'cut', 'no boundary', 'other boundary', 'bad head'),
  })
  .map(({ parts, boundary, damage }) => {
    const quote = (name: string) => name.replace(/["\r\n]/g, '');
    const pieces = parts.map(({ name, file, start, rest }) => {
      const fileName = file === null ? '' : `; filename="${quote(file)}"`;
      const colon = damage === 'bad head' ? '' : ':';
      const head = `--${boundary}\r\ncontent-disposition${colon} form-data; name="${quote(name)}"${fileName}\r\n\r\n`;
      return Buffer.concat([Buffer.from(head + start), rest, Buffer.from('\r\n')]);
    });
    const whole = Buffer.concat([...pieces, Buffer.from(damage === 'no end' ? '' : `--${boundary}--\r\n`)]);
    const told =
      ({ 'no boundary': '', 'other boundary': '; boundary=other' } as Record<string, string>)[damage] ??
      `; boundary=${boundary}`;
    const body = damage === 'cut' ? whole.subarray(0, Math.floor(whole.length / 2)) : whole;
    return { type: `multipart/form-data${told}`, body };
  });

/** Header values as a client can send them: visible Latin-1, in any order. */
const headerValue = anyText.map((text) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').slice(0, 2000));
const oddHeaders: fc.Arbitrary<Record<string, string>> = fc.dictionary(
  fc.constantFrom(
    ...[
      'x-request-id',
      'authorization',
      'x-api-key',
      'accept',
      'accept-encoding',
      'content-encoding',
      'origin',
      'cookie',
    ],
    ...[
      'x-forwarded-for',
      'x-forwarded-host',
      'traceparent',
      'range',
      'if-none-match',
      'x-http-method-override',
      'expect',
    ],
    ...['upgrade', 'te', 'referer', '__proto__', 'constructor'],
  ),
  fc.oneof(headerValue, fc.constantFrom('text/event-stream', 'gzip', '*/*', '100-continue', 'DELETE', 'bytes=0-9')),
  { maxKeys: 3 },
);

/** What is put into a path or a query: encoded as a browser would, or nearly so. */
const encoded = (text: string) => encodeURIComponent(text.toWellFormed());
const almostEncoded = anyText.map((text) => text.replace(/[^\x21-\x7e\xa1-\xff]|[?#/]/g, '').slice(0, 300));

const pathValue = (name: string) =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constant(`{${name}}`) },
    { weight: 2, arbitrary: anyText.map((text) => encoded(text).slice(0, 3000)) },
    { weight: 1, arbitrary: almostEncoded },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        ...[
          '..%2f..%2fetc%2fpasswd',
          '%2e%2e/x',
          '..',
          '%00',
          '%E0%A4%A',
          '%',
          '%c0%ae%c0%ae',
          '.%2e',
          ';a=b',
          'a%0d%0ab',
        ],
        ...[
          '%252e%252e%252f',
          '__proto__',
          'constructor',
          'a'.repeat(101),
          'x'.repeat(9000),
          '..;',
          '%5c%5c',
          '\\..\\',
        ],
      ),
    },
  );

function queryOf(parameters: { name: string; schema: Schema }[], root: unknown): fc.Arbitrary<string> {
  const one = (name: string, schema: Schema) =>
    fc.oneof(
      { weight: 4, arbitrary: validValue(schema, root).map((value) => `${name}=${encoded(String(value))}`) },
      { weight: 2, arbitrary: anyText.map((text) => `${name}=${encoded(text)}`) },
      { weight: 1, arbitrary: almostEncoded.map((text) => `${name}${text}`) },
    );
  const extra = fc.constantFrom(
    '__proto__=1',
    'x[__proto__][a]=1',
    'constructor=1',
    '&&&',
    '=',
    'a',
    '%',
    '%E0%A4%A=1',
  );
  const pairs = parameters.map(({ name, schema }) => one(name, schema));
  if (pairs.length === 0) return fc.oneof({ weight: 9, arbitrary: fc.constant('') }, extra);
  return fc
    .array(fc.oneof(...pairs.map((arbitrary) => ({ weight: 3, arbitrary })), extra), { maxLength: 4 })
    .map((all) => all.join('&'));
}

/** Requests to one operation: within its schema, nearly so, and not at all. */
function toOperation(
  route: { path: string; method: string; operation: Operation },
  root: OpenApi,
): fc.Arbitrary<FuzzRequest> {
  const { path, method, operation } = route;
  const parameters = operation.parameters ?? [];
  const inPath = parameters.filter((each) => each.in === 'path').map(({ name }) => name);
  const schema = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  const body: fc.Arbitrary<Body | null> = schema
    ? fc.oneof(
        { weight: 8, arbitrary: jsonBody(schema, root) },
        { weight: path === '/documents' ? 6 : 1, arbitrary: multipartBody },
        { weight: 1, arbitrary: fc.constant(null) },
      )
    : fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, jsonBody({}, root));
  return fc
    .record({
      values: fc.tuple(...inPath.map(pathValue)),
      query: queryOf(
        parameters.filter((each) => each.in === 'query'),
        root,
      ),
      body,
      headers: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, oddHeaders),
      fails: fc.integer({ min: 0, max: 19 }),
    })
    .map(({ values, query, body, headers, fails }) => {
      const filled = inPath.reduce((at, name, index) => at.replace(`{${name}}`, () => String(values[index])), path);
      const type: Record<string, string> = body && body.type !== '' ? { 'content-type': body.type } : {};
      const text = body?.body
        .toString('latin1')
        .replace('"question":"', fails === 0 ? `"question":"${failureMarker} ` : '$&');
      return {
        route: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path: filled + (query === '' ? '' : `?${query}`),
        headers: { ...headers, ...type },
        body: text === undefined ? null : Buffer.from(text, 'latin1'),
      };
    });
}

const elsewhere: fc.Arbitrary<FuzzRequest> = fc
  .tuple(
    fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'),
    fc.oneof(
      fc.constantFrom(
        '/',
        '//',
        '/ask/',
        '/ask',
        '/asks',
        '/documents/',
        '/.env',
        '/docs/../package.json',
        '/admin',
        '*',
      ),
      fc.constantFrom(
        '/docs/static/..%2f..%2fpackage.json',
        '/docs/static/%2e%2e/%2e%2e/x',
        '/openapi.json',
        '/search?',
      ),
      fc.constantFrom(
        '/collections',
        '/jobs',
        '/documents/x/y',
        '/health',
        '/health/live',
        '/metrics/x',
        '/v1',
        '/%00',
      ),
      almostEncoded.map((text) => `/${text}`),
    ),
    oddHeaders,
  )
  .map(([method, path, headers]) => ({ route: 'elsewhere', method, path, headers, body: null }));

/** What no client sends: broken request lines, headers, lengths and chunks. */
const brokenWire: fc.Arbitrary<FuzzRequest> = fc
  .constantFrom(
    'GET /health/live HTTP/1.1\r\nconnection: close\r\n\r\n',
    'GET /health/live HTTP/9.9\r\nhost: localhost\r\n\r\n',
    'GET /health/live\r\n\r\n',
    'GET  /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n',
    'get /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n',
    'BREW /pot HTTP/1.1\r\nhost: localhost\r\n\r\n',
    'GET http://other.example/health/live HTTP/1.1\r\nhost: localhost\r\n\r\n',
    'GET /health/live HTTP/1.1\r\nhost: localhost\r\nbad header\r\n\r\n',
    'GET /health/live HTTP/1.1\r\nhost: localhost\r\na\0b: c\r\n\r\n',
    'GET /health/live HTTP/1.1\r\nhost: localhost\r\na: b\0c\r\n\r\n',
    'GET /health/live HTTP/1.1\r\nhost: localhost\r\nhost: y\r\n\r\n',
    `GET /health/live HTTP/1.1\r\nhost: localhost\r\na: ${'b'.repeat(20_000)}\r\n\r\n`,
    `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`,
    `GET /health/live HTTP/1.1\r\nhost: localhost\r\n${'a: b\r\n'.repeat(3000)}\r\n`,
    'GET /health/live HTTP/1.1\r\nhost: localhost\r\nexpect: the-worst\r\n\r\n',
    'POST /search HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: -1\r\n\r\n{}',
    'POST /search HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}',
    'POST /search HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9999999999999\r\n\r\n{}',
    'POST /search HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /search HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n',
    'POST /search HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: gzip\r\n\r\n{}',
    'POST /search HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\nx: y\r\n\r\n',
    'GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'CONNECT other.example:443 HTTP/1.1\r\nhost: localhost\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  )
  .map((text) => ({
    route: 'broken HTTP',
    method: '',
    path: '',
    headers: {},
    body: null,
    // What may be read after all is answered, and then the connection is to be closed.
    raw: Buffer.from(text.replace('host: localhost\r\n', 'host: localhost\r\nconnection: close\r\n'), 'latin1'),
  }));

/** Requests to every route that an OpenAPI document tells of, and some to nowhere and in no known language. */
export function fuzzRequests(document: OpenApi): fc.Arbitrary<FuzzRequest> {
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const weighed = routes.map((route) => ({
    weight: route.operation.requestBody ? 6 : 2,
    arbitrary: toOperation(route, document),
  }));
  return fc.oneof(...weighed, { weight: 2, arbitrary: elsewhere }, { weight: 2, arbitrary: brokenWire });
}
