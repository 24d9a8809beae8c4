import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { parseKeys } from '../../src/api-key.ts';
import { startCommand } from '../doubles/command-line.ts';
import { fail } from '../doubles/openai-replies.ts';
import { startService } from '../doubles/service.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

const ann = { authorization: 'Bearer canary-key-ann' };
const bob = { authorization: 'Bearer canary-key-bob' };
const settings = { API_KEYS: 'ann:canary-key-ann,bob:canary-key-bob' };
const onlyBob = parseKeys('bob:canary-key-bob').keys;
const isChat = ({ path }: { path: string }) => path.endsWith('/chat/completions');

test('a revoked key is refused from the next request on, on an open connection too; other keys still work', async (t) => {
  const { url, call, parts } = await startService(t, { settings });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  async function list() {
    const sent = request(`${url}/documents`, { agent, headers: ann }).end();
    const [response] = await once(sent, 'response');
    await response.toArray();
    return { status: response.statusCode, reused: sent.reusedSocket };
  }
  assert.deepEqual(await list(), { status: 200, reused: false });
  parts.keyring.replace(onlyBob);
  assert.deepEqual(await list(), { status: 401, reused: true });
  assert.equal((await call('GET', '/documents', undefined, bob)).status, 200);
  parts.keyring.replace([]);
  assert.equal(
    (await call('GET', '/documents', undefined, bob)).status,
    401,
    'with all keys removed the service is closed, not open',
  );
  assert.equal((await call('GET', '/documents')).status, 401);
});

test('revoking a key ends its asks and their model calls, and leaves those of other keys alone', async (t) => {
  const { url, call, add, openai, parts } = await startService(t, { settings });
  await add('a.md', 'Alder wood is light.').then(() =>
    call('POST', '/documents', { source: 'a', text: 'Alder.' }, ann),
  );
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  openai.chatWhen('held?', { content: 'It is light.', until: held }, '{"verdict":"Correct"}');
  openai.chatWhen('hung?', fail.hang());
  openai.chatWhen('streamed?', {
    content: (async function* () {
      yield 'It is ';
      await new Promise((resolve) => t.signal.addEventListener('abort', resolve, { once: true }));
    })(),
  });
  const ofBob = call('POST', '/ask', { question: 'Alder held?' }, bob);
  const ofAnn = call('POST', '/ask', { question: 'Alder hung?' }, ann);
  const stream = await fetch(`${url}/ask`, {
    method: 'POST',
    headers: { ...ann, 'content-type': 'application/json' },
    body: JSON.stringify({ question: 'Alder streamed?', stream: true }),
  });
  await openai.waitFor(() => openai.chatRequests.length === 3);

  parts.keyring.replace(onlyBob);
  const { status, json } = await ofAnn;
  assert.deepEqual([status, json.error.code], [401, 'KEY_REJECTED']);
  const events = (await stream.text()).trim().split('\n\n');
  assert.match(events.at(-1)!, /^event: error\ndata: .*KEY_REJECTED/);
  await openai.waitFor(() => openai.chatRequests.filter(({ aborted }) => aborted).length === 2);
  release();
  assert.equal((await ofBob).json.answer, 'It is light.');
});

test('embedding for a revoked key, or for a client that has left, is cancelled, and nothing is stored', async (t) => {
  const { url, call, openai, parts } = await startService(t, { settings });
  openai.embeddingsWhen(() => true, fail.hang());
  const bodies = {
    '/documents': { source: 'a.md', text: 'Alder wood is light.' },
    '/v1/embeddings': { model: 'text-embedding-3-small', input: 'Alder wood is light.' },
    '/search': { question: 'Alder?' },
  };
  const entries = Object.entries(bodies);
  const leaving = new AbortController();
  t.after(() => leaving.abort());
  const left = entries.map(([path, body]) => {
    const headers = { ...bob, 'content-type': 'application/json' };
    return fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body), signal: leaving.signal });
  });
  const revoked = entries.map(([path, body]) => call('POST', path, body, ann));
  await openai.waitFor(() => openai.embeddingRequests.length === 6);
  parts.keyring.replace(onlyBob);
  const codes = (await Promise.all(revoked)).map(({ json }) => json.error.code);
  assert.deepEqual(codes, ['KEY_REJECTED', 'invalid_api_key', 'KEY_REJECTED']);
  leaving.abort();
  await Promise.allSettled(left);
  await openai.waitFor(() => openai.embeddingRequests.every(({ aborted }) => aborted));
  assert.equal((await call('GET', '/documents', undefined, bob)).json.documents.length, 0);
});

test('a revoked key can no longer watch a job, but the job goes on', async (t) => {
  const corpus = await temporaryFolder(t);
  writeFileSync(join(corpus, 'ash.md'), 'Ash wood is tough.');
  const { url, call, openai, parts } = await startService(t, { settings: { ...settings, CORPUS_DIR: corpus } });
  openai.embeddingsWhen('Ash wood', fail.hang());
  const { json: job } = await call('POST', '/jobs', {}, ann);
  const watched = await fetch(`${url}/jobs/${job.id}`, { headers: { ...ann, accept: 'text/event-stream' } });
  await openai.waitFor(() => openai.embeddingRequests.length === 1);
  parts.keyring.replace(onlyBob);
  assert.doesNotMatch(await watched.text(), /event: done/);
  assert.equal((await call('GET', `/jobs/${job.id}`, undefined, bob)).json.status, 'running');
});

test('a body that arrives after its key was revoked changes nothing', async (t) => {
  const { url, call, parts, app } = await startService(t, { settings });
  const file = '--x\r\ncontent-disposition: form-data; name="files"; filename="a.txt"\r\n\r\nSome text.\r\n--x--\r\n';
  for (const [path, type, body] of [
    ['/documents', 'application/json', JSON.stringify({ source: 'a.md', text: 'Some text.' })],
    ['/documents', 'multipart/form-data; boundary=x', file],
    ['/jobs', 'application/json', JSON.stringify({ collection: 'default' })],
  ] as const) {
    parts.keyring.replace(parseKeys(settings.API_KEYS).keys);
    const headers = { ...ann, 'content-type': type, 'content-length': body.length };
    const sent = request(url + path, { method: 'POST', headers });
    const replied = once(sent, 'response');
    const seen = once(app.server, 'request');
    sent.write(body.slice(0, 10));
    await seen;
    await setImmediate(); // by now its key has been looked at
    parts.keyring.replace(onlyBob);
    sent.end(body.slice(10));
    const [response] = await replied;
    assert.match((await response.toArray()).join(''), /KEY_REJECTED/, `${path} ${type}`);
    assert.equal(response.statusCode, 401);
  }
  assert.equal((await call('GET', '/documents', undefined, bob)).json.documents.length, 0);
});

test('a key whose collections change counts as a new key: what was under way for the old one ends', async (t) => {
  const { call, openai, parts } = await startService(t, { settings });
  await call('POST', '/documents', { source: 'a', text: 'Alder wood is light.' }, ann);
  openai.chat(fail.hang());
  const asked = call('POST', '/ask', { question: 'How is alder?' }, ann);
  await openai.waitFor(isChat);
  parts.keyring.replace(parseKeys('ann:canary-key-ann:team').keys);
  assert.equal((await asked).status, 401);
  assert.equal((await call('POST', '/search', { question: 'x' }, ann)).status, 404);
});

test('a key that is replaced by another under the same name is revoked', async (t) => {
  const { call, parts } = await startService(t, { settings });
  assert.equal((await call('GET', '/documents', undefined, ann)).status, 200);
  parts.keyring.replace(parseKeys('ann:canary-key-of-another-year').keys);
  assert.equal((await call('GET', '/documents', undefined, ann)).status, 401);
});

test('SIGHUP reads API_KEYS_FILE again; a file with a mistake in it changes nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'keys');
  writeFileSync(file, 'ann:canary-key-ann\nbob:canary-key-bob\n');
  const child = startCommand(['serve'], {
    PORT: '0',
    DATA_DIR: join(folder, 'data'),
    CORPUS_DIR: folder,
    API_KEYS_FILE: file,
  });
  const exit = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  let told = '';
  const waitFor = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(told);
        if (match) resolve(match);
      };
      for (const stream of [child.stdout!, child.stderr!]) stream.on('data', look);
      child.once('exit', () => reject(new Error(`it ended:\n${told}`)));
      look();
    });
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
  const [, url] = await waitFor(/"address":"(http:[^"]+)".*"listening"/);
  const statuses = async () => {
    const replies = await Promise.all([ann, bob].map((headers) => fetch(`${url}/documents`, { headers })));
    await Promise.all(replies.map((reply) => reply.text()));
    return replies.map(({ status }) => status);
  };
  assert.deepEqual(await statuses(), [200, 200]);

  writeFileSync(file, 'ann:canary-key-ann\nbob canary-key-bob\n');
  child.kill('SIGHUP');
  await waitFor(/"problems":\["line 2 must read.*the keys stay as they were/);
  assert.deepEqual(await statuses(), [200, 200]);

  writeFileSync(file, 'bob:canary-key-bob\n');
  child.kill('SIGHUP');
  await waitFor(/took the keys of API_KEYS_FILE/);
  assert.deepEqual(await statuses(), [401, 200]);
  assert.doesNotMatch(told, /canary-key/);
});
