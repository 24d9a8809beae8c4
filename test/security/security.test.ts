import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startService } from '../doubles/service.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';

/** A server that counts connections: whoever followed an address in a text would make one. */
async function startTrap(test: Test) {
  let visits = 0;
  const server = createServer((socket) => {
    visits += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.after(() => new Promise((resolve) => server.close(() => resolve())));
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, visits: () => visits };
}

test('no address in a document, its name or a question is ever visited', async (t) => {
  const trap = await startTrap(t);
  const { call, openai, url } = await startService(t);
  const { url: address } = trap;
  openai.chatWhen(() => true, `See ![it](${address}/a.png).`);
  const html = `<base href="${address}"><link rel="stylesheet" href="/a.css"><script src="/a.js"></script><img src="${address}/b.png">
    <iframe src="${address}"></iframe><meta http-equiv="refresh" content="0; url=${address}"><p>Alder. ${address}</p>`;
  const documents = [
    { source: `${address}/page.html`, format: 'html', text: html },
    {
      source: 'a.md',
      format: 'markdown',
      text: `![alder](${address}/c.png) [link](${address}) <img src="${address}">\n\n[x]: ${address}`,
    },
    { source: 'b.txt', format: 'text', text: address, metadata: { url: address, source: address } },
  ];
  for (const document of documents) assert.equal((await call('POST', '/documents', document)).status, 201);
  const form = new FormData();
  form.append('files', new Blob([html]), 'c.html');
  const xml = `<!DOCTYPE x [<!ENTITY e SYSTEM "${address}/dtd">]><html><body><p>&e; Alder.</p></body></html>`;
  form.append('files', new Blob([xml]), 'd.html');
  assert.equal((await fetch(`${url}/documents`, { method: 'POST', body: form })).status, 201);
  for (const question of [address, `What does ${address}/page.html say of alder?`])
    assert.equal((await call('POST', '/ask', { question, evaluation: 'both' })).status, 200);
  assert.equal(trap.visits(), 0);
});

test('no caller can choose a model, its server, its key, a prompt or a path', async (t) => {
  const trap = await startTrap(t);
  const { call, openai } = await startService(t);
  const wishes = ['baseUrl', 'baseURL', 'base_url', 'OPENAI_BASE_URL', 'apiKey', 'api_key', 'model', 'chatModel'];
  const more = ['prompt', 'system', 'messages', 'template', 'path', 'file', 'url', 'dataDir', 'filter', 'configurable'];
  for (const [path, body] of [
    ['/ask', { question: 'x' }],
    ['/search', { question: 'x' }],
    ['/documents', { source: 'a.md', text: 'x' }],
    ['/jobs', {}],
  ] as const)
    for (const wish of [...wishes, ...more]) {
      const { status, json } = await call('POST', path, { ...body, [wish]: trap.url });
      assert.deepEqual([status, json.error.code], [400, 'UNKNOWN_FIELD'], `${path} ${wish}`);
      const header = await call('GET', '/health/live', undefined, { [`x-${wish.toLowerCase()}`]: trap.url });
      assert.equal(header.status, 200);
    }
  assert.deepEqual([trap.visits(), openai.requests.length], [0, 0]);
});

test('fields that only the service sets are refused, and no body changes the prototype of objects', async (t) => {
  const { call } = await startService(t);
  for (const field of ['id', 'createdAt', 'updatedAt', 'keyName', 'contentHash', 'passages', 'characters'])
    assert.equal((await call('POST', '/documents', { source: 'a.md', text: 'x', [field]: 'mine' })).status, 400, field);
  for (const body of [
    '{"source":"a.md","text":"x","__proto__":{"polluted":true}}',
    '{"source":"a.md","text":"x","constructor":{"prototype":{"polluted":true}}}',
    '{"source":"a.md","text":"x","metadata":{"__proto__":{"polluted":true}}}',
    '{"source":"a.md","text":"x","metadata":{"constructor":{"prototype":{"polluted":true}}}}',
  ])
    await call('POST', '/documents', body);
  assert.ok(!('polluted' in {}));
});

test('names of documents and files are not used as paths: nothing is written outside the store', async (t) => {
  const parent = await temporaryFolder(t);
  const { call, url } = await startService(t, { dataDir: join(parent, 'data') });
  const names = [
    '../outside.md',
    '..\\outside.md',
    '/tmp/outside.md',
    'a/../../outside.md',
    'C:\\outside.md',
    '%2e%2e/outside.md',
  ];
  for (const source of names) {
    const { status } = await call('POST', '/documents', { source, text: 'Alder.' });
    assert.ok(status === 400 || source.startsWith('%'), source);
    const form = new FormData();
    form.append('files', new Blob(['Alder.']), source);
    await fetch(`${url}/documents`, { method: 'POST', body: form });
    await call('PUT', `/collections/${encodeURIComponent(source)}`);
  }
  for (const { source } of (await call('GET', '/documents')).json.documents)
    assert.doesNotMatch(source, /(^|[/\\])\.\.([/\\]|$)|^[/\\]/);
  const files = await readdir(parent, { recursive: true });
  assert.deepEqual(
    files.filter((file) => /outside/.test(file)),
    [],
  );
  assert.ok(!existsSync('/tmp/outside.md'));
});

test('an upload whose client leaves midway leaves no file behind', async (t) => {
  const folder = await temporaryFolder(t);
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  t.after(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  });
  assert.equal(tmpdir(), folder);
  const { url, call } = await startService(t, { dataDir: join(folder, 'data') });
  const head = '--x\r\ncontent-disposition: form-data; name="files"; filename="a.txt"\r\n\r\n';
  for (let upload = 0; upload < 5; upload += 1) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(
      'POST /documents HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 9000000\r\n\r\n',
    );
    await new Promise<void>((resolve) => socket.write(head + 'x'.repeat(2_000_000), () => resolve()));
    socket.resetAndDestroy();
  }
  assert.equal((await call('GET', '/health/ready')).json.documents, 0);
  const left = (await readdir(folder)).filter((name) => name !== 'data');
  assert.deepEqual(left, []);
});

test('every test that docs/security.md and docs/faults.md name exists', () => {
  const root = new URL('../../', import.meta.url);
  const page = readFileSync(new URL('docs/security.md', root), 'utf8');
  const faults = readFileSync(new URL('docs/faults.md', root), 'utf8');
  const named = [...(page + faults).matchAll(/`(test\/[\w./-]+\.ts)`(?:: “([^”]+)”)?/g)];
  assert.ok(named.length > 30, `${named.length} tests are named`);
  for (const [, file = '', name] of named) {
    assert.ok(existsSync(new URL(file, root)), `${file} is not there`);
    if (name) assert.ok(readFileSync(new URL(file, root), 'utf8').includes(name), `${file} has no test “${name}”`);
  }
  for (const risk of Array.from({ length: 10 }, (_, index) => `LLM${String(index + 1).padStart(2, '0')}`))
    assert.ok(page.includes(risk), `docs/security.md is silent on ${risk}`);
});
