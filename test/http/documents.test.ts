import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { fail } from '../doubles/openai-replies.ts';
import { overWeaviate, startService } from '../doubles/service.ts';

const text = '# Alder\n\nAlder wood is light. It does not rot under water.';

test('a document is created, unchanged when sent again, replaced when changed, and gone when deleted', async (t) => {
  const { call, add, openai } = await startService(t);
  const first = await add('alder.md', text, { metadata: { team: 'wood' } });
  assert.equal(first.status, 201);
  assert.deepEqual(Object.keys(first.json).sort(), ['collection', 'id', 'passages', 'source', 'unchanged']);
  assert.deepEqual([first.json.source, first.json.unchanged, first.json.collection], ['alder.md', false, 'default']);

  const calls = openai.embeddingRequests.length;
  const again = await add('alder.md', text, { metadata: { team: 'wood' } });
  assert.deepEqual([again.status, again.json.unchanged, again.json.id], [200, true, first.json.id]);
  assert.equal(openai.embeddingRequests.length, calls, 'what is unchanged is not embedded again');

  const replaced = await add('alder.md', text.replace('light', 'heavy'), { metadata: { team: 'wood' } });
  assert.deepEqual([replaced.status, replaced.json.unchanged, replaced.json.id], [200, false, first.json.id]);
  const { json } = await call('POST', '/search', { question: 'How heavy is alder wood?' });
  assert.equal(json.context.length, 1);
  assert.match(json.context[0].text, /heavy/);

  const stored = (await call('GET', `/documents/${first.json.id}`)).json;
  assert.deepEqual([stored.title, stored.metadata, stored.format], ['Alder', { team: 'wood' }, 'markdown']);
  for (const { start, end, text: shown } of json.context) assert.equal(stored.text.slice(start, end), shown);

  assert.equal((await call('DELETE', `/documents/${first.json.id}`)).status, 204);
  assert.equal((await call('DELETE', `/documents/${first.json.id}`)).status, 404);
  assert.deepEqual((await call('POST', '/search', { question: 'alder' })).json.context, []);
});

test('several files can be uploaded at once, and are stored all or none', async (t) => {
  const { url, call } = await startService(t);
  const send = async (files: [string, Uint8Array | string][], fields: Record<string, string> = {}) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    for (const [name, bytes] of files) form.append('files', new Blob([bytes as string]), name);
    const response = await fetch(`${url}/documents`, { method: 'POST', body: form });
    return {
      status: response.status,
      json: (await response.json()) as Record<string, never> & {
        documents: unknown[];
        error: Record<'code' | 'message', string>;
      },
    };
  };
  const pdf = readFileSync(new URL('../../corpus/mm1.pdf', import.meta.url));
  const one = await send([['mm1.pdf', pdf]], { title: 'MM1', metadata: '{"team":"vision"}' });
  assert.equal(one.status, 201);
  assert.equal(one.json.source, 'mm1.pdf');
  const several = await send([
    ['a.txt', 'Plain words.'],
    ['b.html', '<html><body><h1>Beech</h1><p>Beech is hard.</p></body></html>'],
  ]);
  assert.equal(several.status, 201);
  assert.equal(several.json.documents.length, 2);

  const before = (await call('GET', '/documents')).json.documents.length;
  for (const [files, code] of [
    [
      [
        ['good.md', 'Good.'],
        ['bad.pdf', 'not a pdf'],
      ],
      'BAD_DOCUMENT',
    ],
    [
      [
        ['good.md', 'Good.'],
        ['x.exe', 'MZ'],
      ],
      'UNSUPPORTED_FORMAT',
    ],
    [
      [
        ['good.md', 'Good.'],
        ['nul.txt', 'a\0b'],
      ],
      'BAD_DOCUMENT',
    ],
    [[['latin.txt', Uint8Array.from([0xe9, 0x20])]], 'BAD_DOCUMENT'],
    [
      [
        ['a.md', 'A.'],
        ['a.md', 'B.'],
      ],
      'BAD_INPUT',
    ],
    [[], 'BAD_INPUT'],
  ] as [[string, Uint8Array | string][], string][]) {
    const { status, json } = await send(files);
    assert.ok(status >= 400 && status < 500);
    assert.equal(json.error.code, code);
  }
  const { code, message } = (await send([['good.md', 'Good.']], { path: '/etc', '/etc': 'x' })).json.error;
  assert.deepEqual([code, message], ['UNKNOWN_FIELD', 'unknown field path, …']);
  assert.equal((await call('GET', '/documents')).json.documents.length, before, 'nothing of a refused upload stays');
});

test('a broken upload and one whose client leaves store nothing, and the service goes on', async (t) => {
  const { url, call } = await startService(t);
  const headers = { 'content-type': 'multipart/form-data; boundary=x' };
  const broken = await fetch(`${url}/documents`, {
    method: 'POST',
    headers,
    body: '--x\r\nContent-Disposition: form-data; name="f"; filename="a.md"\r\n\r\nhalf',
  });
  assert.ok(broken.status >= 400 && broken.status < 500, `${broken.status}`);
  const noBoundary = await fetch(`${url}/documents`, {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data' },
    body: 'x',
  });
  assert.ok(noBoundary.status >= 400 && noBoundary.status < 500, `${noBoundary.status}`);

  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(
    'POST /documents HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 9999\r\n\r\n' +
      '--x\r\nContent-Disposition: form-data; name="f"; filename="a.md"\r\n\r\nhalf',
  );
  socket.destroy();
  assert.equal((await call('GET', '/health/ready')).status, 200);
  assert.deepEqual((await call('GET', '/documents')).json.documents, []);
});

test('when the embedding model fails, nothing of the document is stored', async (t) => {
  const { add, call, openai } = await startService(t);
  openai.embeddings(fail.status(500));
  assert.equal((await add('alder.md', text)).json.error.code, 'MODEL_UNAVAILABLE');
  assert.deepEqual((await call('GET', '/documents')).json.documents, []);
  assert.equal((await add('alder.md', text)).status, 201);
});

test('vectors of another length than the store holds are refused, and the store stays as it was', async (t) => {
  const { add, call, openai } = await startService(t);
  await add('alder.md', text);
  openai.embeddings({ dimension: 32 });
  const { status, json } = await add('beech.md', 'Beech is hard.');
  assert.deepEqual([status, json.error.code], [502, 'MODEL_BAD_OUTPUT']);
  openai.embeddings({ dimension: 32 });
  assert.equal((await call('POST', '/search', { question: 'alder' })).json.error.code, 'MODEL_BAD_OUTPUT');
  assert.equal((await call('POST', '/search', { question: 'alder' })).json.context.length, 1);
});

test('a long document is embedded in calls of bounded size', async (t) => {
  const { add, openai } = await startService(t);
  const long = Array.from({ length: 400 }, (_, at) => `Sentence number ${at} is about tree ${at}.`).join(' ');
  const { status, json } = await add('long.md', long);
  assert.equal(status, 201);
  assert.ok(json.passages > 5);
  assert.ok(openai.embeddingRequests.length > 5);
  for (const { body } of openai.embeddingRequests) assert.ok((body as { input: string[] }).input.length <= 64);
});

test('listing page by page gives every document exactly once', async (t) => {
  const { add, call } = await startService(t);
  for (const name of ['c', 'a', 'e', 'b', 'd']) await add(`${name}.md`, `Text of ${name}.`);
  const seen: string[] = [];
  let path = '/documents?limit=2';
  for (let pages = 0; pages < 5; pages += 1) {
    const { json } = await call('GET', path);
    seen.push(...json.documents.map(({ source }: { source: string }) => source));
    if (json.nextCursor === null) break;
    path = `/documents?limit=2&cursor=${json.nextCursor}`;
  }
  assert.deepEqual(seen, ['a.md', 'b.md', 'c.md', 'd.md', 'e.md']);
});

test('a collection is created, holds only its own documents, and is deleted together with them', async (t) => {
  const { add, call } = await startService(t);
  assert.equal((await call('PUT', '/collections/team')).status, 201);
  assert.equal((await call('PUT', '/collections/team')).status, 200);
  const one = await add('alder.md', text);
  const other = await add('alder.md', 'Alder is a town here.', { collection: 'team' });
  assert.notEqual(one.json.id, other.json.id);
  const found = (await call('POST', '/search', { question: 'alder', collection: 'team' })).json.context;
  assert.deepEqual(
    found.map(({ documentId }: { documentId: string }) => documentId),
    [other.json.id],
  );
  assert.equal((await call('GET', '/collections/team')).json.documents, 1);
  assert.equal((await call('DELETE', '/collections/team')).status, 204);
  assert.equal((await call('GET', `/documents/${other.json.id}`)).status, 404);
  assert.equal((await call('GET', `/documents/${one.json.id}`)).status, 200);
  assert.equal((await call('DELETE', '/collections/default')).status, 204);
  assert.equal((await call('GET', '/collections/default')).json.documents, 0);
});

test('a stored document is still there, and is found, after a restart', async (t) => {
  const first = await startService(t);
  const { json } = await first.add('alder.md', text);
  await first.close();
  const second = await startService(t, {
    dataDir: first.dataDir,
    settings: { EMBEDDING_MODEL: 'text-embedding-3-small' },
  });
  assert.equal((await second.call('GET', `/documents/${json.id}`)).status, 200);
  assert.equal((await second.call('POST', '/search', { question: 'rot under water' })).json.context.length, 1);
});

test('the default collection never disappears while it is emptied, and PUT names the collection it made even when a DELETE comes at once', async (t) => {
  const { call, add, parts } = await startService(t);
  // This holds for the embedded store only: Weaviate has no transactions.
  if (overWeaviate) return t.skip();
  for (let round = 0; round < 20; round += 1) {
    await add('a.md', 'Alder wood is light.');
    let isOver = false;
    const look = async () => {
      while (!isOver) assert.notEqual(await parts.knowledge.collection('default'), null);
    };
    const looks = Promise.all(Array.from({ length: 20 }, look));
    const emptied = call('DELETE', '/collections/default').finally(() => {
      isOver = true;
    });
    await looks;
    assert.equal((await emptied).status, 204);
    const [made, removed] = await Promise.all([call('PUT', '/collections/team'), call('DELETE', '/collections/team')]);
    assert.equal(made.json.name, 'team', made.text);
    assert.ok([204, 404].includes(removed.status));
  }
});

test('texts are read a few at a time, so that many who read large ones do not keep searches waiting', async (t) => {
  const { call, add, parts } = await startService(t);
  const { id } = (await add('alder.md', text)).json;
  const readText = parts.knowledge.text;
  const rest = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  let reading = 0;
  let most = 0;
  parts.knowledge.text = async (...of) => {
    reading += 1;
    most = Math.max(most, reading);
    if (reading === 4) begun.resolve();
    await rest.promise;
    reading -= 1;
    return readText(...of);
  };
  const replies = Array.from({ length: 20 }, () => call('GET', `/documents/${id}`));
  await begun.promise;
  assert.equal((await call('POST', '/search', { question: 'How heavy is alder wood?' })).status, 200);
  rest.resolve();
  for (const { status, json } of await Promise.all(replies)) assert.deepEqual([status, json.text], [200, text]);
  assert.equal(most, 4);
});

test('who leaves while they wait for a document gives up their place in the line', async (t) => {
  const { url, call, add, parts, waitForLog } = await startService(t);
  const { id } = (await add('alder.md', text)).json;
  const readText = parts.knowledge.text;
  const rest = Promise.withResolvers<void>();
  t.after(() => rest.resolve());
  const begun = Promise.withResolvers<void>();
  let reads = 0;
  parts.knowledge.text = async (...of) => {
    reads += 1;
    if (reads === 4) begun.resolve();
    await rest.promise;
    return readText(...of);
  };
  const replies = Array.from({ length: 4 }, () => call('GET', `/documents/${id}`));
  await begun.promise;
  const leaver = connect(Number(new URL(url).port), '127.0.0.1');
  leaver.write(`GET /documents/${id} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  await call('GET', '/health/live'); // it has come in
  leaver.destroy();
  await waitForLog('client left');
  rest.resolve();
  for (const { status } of await Promise.all(replies)) assert.equal(status, 200);
  assert.equal((await call('GET', `/documents/${id}`)).status, 200);
  assert.equal(reads, 5);
});
