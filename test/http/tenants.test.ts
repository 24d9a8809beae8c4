import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startService } from '../doubles/service.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

const operator = { authorization: 'Bearer canary-key-operator' };
const alice = { authorization: 'Bearer canary-key-alice' };
const bob = { authorization: 'Bearer canary-key-bob' };
const settings = {
  API_KEYS: 'operator:canary-key-operator,alice:canary-key-alice:alices,bob:canary-key-bob:bobs-canary',
};
const collection = 'bobs-canary';
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** The body in which each route names a collection. */
const bodies: Record<string, (collection: string) => unknown> = {
  'POST /ask': (collection) => ({ question: 'What is there?', collection }),
  'POST /search': (collection) => ({ question: 'What is there?', collection }),
  'POST /documents': (collection) => ({ source: 'a.md', text: 'Some text.', collection }),
  'POST /jobs': (collection) => ({ collection }),
  'POST /v1/chat/completions': (model) => ({ model, messages: [{ role: 'user', content: 'What is there?' }] }),
};

test('a tenant that uses the ids of another gets nothing but 404, on every route and by every method', async (t) => {
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, 'canary-bad.pdf'), 'no pdf');
  const service = await startService(t, { settings: { ...settings, CORPUS_DIR: folder } });
  const { call, openai, app, url } = service;
  for (const name of ['alices', collection]) await call('PUT', `/collections/${name}`, undefined, operator);
  const secret = { source: 'canary-source.md', title: 'canary title', text: 'The canary text.', collection };
  const document = (await call('POST', '/documents', secret, bob)).json;
  await call('POST', '/documents', { source: 'mine.md', text: 'My own text.', collection: 'alices' }, alice);
  openai.chat('The canary answer.', '{"verdict":"Correct"}');
  const ask = (await call('POST', '/ask', { question: 'canary question?', collection }, bob)).json;
  const job = (await call('POST', '/jobs', { collection }, operator)).json;
  const ids = [document.id, ask.id, job.id, collection];
  const canaries = new RegExp(['canary', ...ids].join('|'));

  async function assertNotThere(
    method: string,
    path: string,
    { body, status = 404 }: { body?: unknown; status?: number } = {},
  ) {
    const response = await fetch(url + path, {
      method,
      headers: { ...alice, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const told = `${[...response.headers].join()} ${await response.text()}`;
    assert.equal(response.status, status, `${method} ${path}`);
    assert.doesNotMatch(told, canaries, `${method} ${path}`);
  }

  const paths = Object.entries(app.swagger().paths ?? {}).filter(([path]) => !path.startsWith('/health'));
  assert.ok(paths.length >= 9);
  for (const [path, operations] of paths) {
    if (path.includes('{')) {
      // What can be no name of a collection is refused as that, whoever asks.
      for (const id of path.includes('{name}') ? [collection] : ids)
        for (const method of methods) {
          const isTaken = (method === 'HEAD' ? 'get' : method.toLowerCase()) in operations!;
          await assertNotThere(method, path.replace(/\{\w+\}/, id), { status: isTaken ? 404 : 405 });
        }
      continue;
    }
    for (const method of Object.keys(operations as object).map((each) => each.toUpperCase())) {
      const body = bodies[`${method} ${path}`];
      // MCP's tools have tests of their own; vectors of texts are of no collection.
      const namesNone = method === 'GET' || ['/mcp', '/v1/embeddings'].includes(path);
      assert.ok(body || namesNone, `${method} ${path}: say here how it names a collection`);
      if (body) await assertNotThere(method, path, { body: body(collection) });
      else if (path === '/documents') await assertNotThere(method, `${path}?collection=${collection}`);
      else assert.doesNotMatch((await call(method, path, undefined, alice)).text, canaries, `${method} ${path}`);
    }
  }
  const form = new FormData();
  form.append('collection', collection);
  form.append('files', new Blob(['Some text.']), 'a.txt');
  assert.equal((await fetch(`${url}/documents`, { method: 'POST', body: form, headers: alice })).status, 404);
  const cursor = Buffer.from('canary').toString('base64url');
  const listed = await call('GET', `/documents?collection=alices&cursor=${cursor}`, undefined, alice);
  assert.doesNotMatch(listed.text, canaries);

  // Nothing of the other tenant's has changed by all that, either.
  assert.equal((await call('GET', `/documents/${document.id}`, undefined, bob)).json.text, secret.text);
  assert.equal((await call('GET', `/documents?collection=${collection}`, undefined, bob)).json.documents.length, 1);
  assert.equal((await call('GET', `/asks/${ask.id}`, undefined, bob)).status, 200);
  assert.equal((await call('GET', `/jobs/${job.id}`, undefined, operator)).json.status !== 'cancelled', true);
});

test('what belongs to another tenant and what does not exist are refused in the same words', async (t) => {
  const { call } = await startService(t, { settings });
  await call('PUT', `/collections/${collection}`, undefined, operator);
  const told = async (method: string, path: string, name: string, body?: unknown) => {
    const { status, json } = await call(method, path.replace('NAME', name), body, alice);
    return [status, json.error.code, json.error.message];
  };
  for (const route of ['GET /collections/NAME', 'DELETE /collections/NAME', 'GET /documents?collection=NAME']) {
    const [method, path] = route.split(' ') as [string, string];
    assert.deepEqual(await told(method, path, collection), await told(method, path, 'never-made'), route);
  }
  for (const route of ['POST /ask', 'POST /search', 'POST /documents', 'POST /jobs']) {
    const [method, path] = route.split(' ') as [string, string];
    const ofName = (name: string) => told(method, path, name, bodies[route]!(name));
    assert.deepEqual(await ofName(collection), await ofName('never-made'), route);
    // For a collection that the key may use but that doesn't exist, the store itself gives the error.
    if (route !== 'POST /jobs') assert.deepEqual(await ofName('alices'), await ofName(collection), route);
  }
});
