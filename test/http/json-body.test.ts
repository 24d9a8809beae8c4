import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startService } from '../doubles/service.ts';

describe('a JSON body', () => {
  let service: Awaited<ReturnType<typeof startService>>;
  const hooks: (() => Promise<void>)[] = [];
  before(async () => {
    service = await startService({ after: (hook) => void hooks.push(hook) });
  });
  after(async () => {
    for (const hook of hooks.reverse()) await hook();
  });

  /** Sends a body to POST /documents; returns the status, and the code and message of a refusal. */
  async function send(body: string | Buffer | FormData | undefined, headers: Record<string, string>) {
    const sent = Buffer.isBuffer(body) ? new Uint8Array(body) : body;
    const response = await fetch(`${service.url}/documents`, { method: 'POST', headers, ...(sent && { body: sent }) });
    const { error } = (await response.json()) as { error?: { code: string; message: string } };
    return [response.status, error?.code, error?.message];
  }
  const json = 'application/json';
  const text = '{"source":"a.txt","text":"Märchen"}';

  test('that is not UTF-8 is refused, and nothing of it is stored', async () => {
    assert.deepEqual(await send(Buffer.from(text, 'latin1'), { 'content-type': json }), [
      400,
      'BAD_JSON',
      'The body is not valid UTF-8.',
    ]);
    assert.deepEqual((await service.call('GET', '/documents')).json.documents, []);
  });

  test('in another charset or content encoding is refused', async () => {
    for (const charset of ['iso-8859-1', 'UTF-16', '"utf-16"'])
      assert.deepEqual(await send(text, { 'content-type': `${json}; charset=${charset}` }), [
        415,
        'UNSUPPORTED_FORMAT',
        'This charset is not taken here; JSON is UTF-8.',
      ]);
    const form = new FormData();
    form.append('files', new Blob(['Alder.']), 'alder.txt');
    for (const [body, headers] of [
      [text, { 'content-type': json }],
      [form, {}],
    ] as const)
      assert.deepEqual(await send(body, { ...headers, 'content-encoding': 'gzip' }), [
        415,
        'UNSUPPORTED_FORMAT',
        'This content encoding is not taken here; send the body as it is.',
      ]);
  });

  test('may declare UTF-8 as its charset and identity as its encoding, or begin with a byte order mark', async () => {
    for (const charset of ['utf-8', 'UTF-8', '"utf-8"', 'utf8']) {
      const headers = { 'content-type': `${json};charset=${charset}`, 'content-encoding': 'Identity' };
      assert.equal((await send(text, headers))[1], undefined, charset);
    }
    assert.equal((await send(`\ufeff${text}`, { 'content-type': json }))[1], undefined);
  });

  test('with a __proto__ or constructor.prototype key is refused', async () => {
    for (const more of ['"__proto__":{"a":1}', '"constructor":{"prototype":{"a":1}}'])
      assert.deepEqual(await send(`{${more},${text.slice(1)}`, { 'content-type': json }), [
        400,
        'BAD_JSON',
        'The body is not valid JSON.',
      ]);
  });

  test('with many unknown fields is refused with ten of their names and the number of the others', async () => {
    const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 1]));
    const told = async (count: number) =>
      (await service.call('POST', '/search', { question: 'x', ...fields(count) })).json.error.message;
    const ten = 'unknown field k0, k1, k2, k3, k4, k5, k6, k7, k8, k9';
    assert.deepEqual([await told(10), await told(10_000)], [ten, `${ten} and 9990 more`]);
  });

  test('with many faults is refused with ten of them', async () => {
    const messages = Array.from({ length: 12 }, () => ({ role: 'nobody', content: '?' }));
    const { json } = await service.call('POST', '/v1/chat/completions', { model: 'default', messages });
    const told = json.error.message.split('; ').map((fault: string) => fault.split(': ')[0]);
    assert.deepEqual(
      told,
      messages.slice(0, 10).map((_, at) => `messages.${at}.role`),
    );
  });

  test('larger than its route can need is refused; routes for long texts take more', async () => {
    const long = (bytes: number) => ({ model: 'none', x: 'x'.repeat(bytes) });
    const told = async (path: string, body: object) => {
      const { status, json, headers } = await service.call('POST', path, body);
      assert.notEqual(headers.get('connection'), 'close', 'a proxy would lose the reply');
      return [status, json.error.code];
    };
    for (const path of ['/ask', '/search', '/jobs'])
      assert.deepEqual(await told(path, long(2 ** 18)), [413, 'TOO_LARGE'], path);
    assert.deepEqual(await told('/nowhere', long(2 ** 18)), [404, 'NOT_FOUND']);
    const conversation = { ...long(2 ** 21), messages: [{ role: 'user', content: '?' }] };
    assert.deepEqual(await told('/v1/chat/completions', conversation), [404, 'model_not_found']);
    assert.deepEqual(await told('/v1/chat/completions', { ...conversation, ...long(2 ** 22) }), [413, 'too_large']);
    assert.deepEqual(await told('/v1/embeddings', { ...long(2 ** 23), input: '?' }), [404, 'model_not_found']);
    assert.deepEqual(await told('/documents', long(2 ** 23)), [400, 'UNKNOWN_FIELD']);
  });

  test('may be a question of which every character is escaped', async () => {
    const escaped = '\\u0061'.repeat(4000);
    assert.equal((await service.call('POST', '/search', `{"question":"${escaped}"}`)).status, 200);
  });

  test('with more values than any route can need is refused before it is parsed; what stands inside its texts does not count', async () => {
    const refused = [413, 'TOO_LARGE', 'The body holds more values than the service takes.'];
    for (const many of ['[', '{"a":', '1,', '{},'])
      assert.deepEqual(await send(many.repeat(400_000), { 'content-type': json }), refused, many);
    for (const text of ['[', '\\"[', '\\\\', ',:'])
      assert.deepEqual(
        (await send(`{"source":1,"text":"${text.repeat(700_000)}"}`, { 'content-type': json }))[1],
        'BAD_INPUT',
      );
  });

  test('is asked for where it is missing', async () => {
    const empty = [400, 'BAD_JSON', 'The body is empty; it must be JSON.'];
    assert.deepEqual(await send(undefined, {}), empty);
    assert.deepEqual(await send(undefined, { 'content-type': json }), empty);
    for (const path of ['/ask', '/search', '/jobs', '/v1/chat/completions', '/mcp'])
      assert.equal((await service.call('POST', path)).json.error.message, empty[2], path);
  });

  test('may be empty where none is taken, though many clients then still say that it is JSON', async () => {
    const replies = [
      ['PUT', '/collections/attic', 201],
      ['DELETE', '/collections/attic', 204],
      ['DELETE', '/documents/none', 404],
      ['DELETE', '/v1/models/default', 405],
      ['DELETE', '/mcp', 405], // the SDKs end their session so, and take nothing else for a no
      ['POST', '/nowhere', 404],
    ] as const;
    for (const [method, path, status] of replies)
      assert.equal((await service.call(method, path, '')).status, status, `${method} ${path}`);
  });

  test('may be missing where none is taken, also if the request says that it is a form', async () => {
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    for (const [method, path, status] of [
      ['GET', '/health/live', 200],
      ['HEAD', '/documents', 200],
      ['PUT', '/collections/attic', 201],
      ['DELETE', '/collections/attic', 204],
    ] as const)
      assert.equal((await fetch(service.url + path, { method, headers })).status, status, `${method} ${path}`);
  });

  test('with fields is refused where none is taken, and nothing is done', async () => {
    const told = async (method: string, path: string, body?: string) => {
      const { status, json } = await service.call(method, path, body);
      return [status, json?.error?.code, json?.error?.message];
    };
    const unknown = [400, 'UNKNOWN_FIELD', 'unknown field description'];
    assert.deepEqual(await told('PUT', '/collections/cellar', '{"description":"wine"}'), unknown);
    assert.equal((await told('GET', '/collections/cellar'))[0], 404);
    assert.deepEqual(await told('DELETE', '/collections/default', '{"description":"wine"}'), unknown);
    assert.deepEqual(await told('DELETE', '/documents/none', '{"description":"wine"}'), unknown);
    for (const body of ['["wine"]', '"wine"', '1', 'false'])
      assert.deepEqual((await told('PUT', '/collections/cellar', body)).slice(0, 2), [400, 'BAD_INPUT'], body);
    assert.equal((await told('POST', '/nowhere', '{"description":"wine"}'))[0], 404);
    for (const body of ['{}', 'null'])
      assert.ok((await service.call('PUT', '/collections/cellar', body)).status < 300, body);
  });

  test('cannot be a form, except where files are uploaded', async () => {
    const form = new FormData();
    form.append('question', 'x');
    for (const [method, path] of [
      ['POST', '/ask'],
      ['PUT', '/collections/loft'],
      ['DELETE', '/documents/none'],
    ] as const)
      assert.equal((await fetch(service.url + path, { method, body: form })).status, 415, path);
    assert.equal((await service.call('GET', '/collections/loft')).status, 404);
  });
});
