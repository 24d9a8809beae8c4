import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type AskEvent, AssayError, createClient } from '../packages/client/src/index.ts';
import { fail } from './doubles/openai-replies.ts';
import { startService } from './doubles/service.ts';
import { type Test, temporaryFolder } from './doubles/temporary-folder.ts';

const question = 'When was the tower rebuilt?';
const correct = JSON.stringify({ quotes: [], reason: 'It says so.', verdict: 'Correct', score: 0.97 });
const text = 'The tower was rebuilt in 1904 with granite from the north quarry.';

async function start(t: Test, settings: Record<string, string> = {}) {
  const service = await startService(t, { settings: { API_KEYS: 'me:canary-key-me:default|attic', ...settings } });
  return { ...service, assay: createClient({ baseUrl: `${service.url}/`, key: 'canary-key-me' }) };
}

/** The AssayError that a call was refused with. */
async function refusal(call: Promise<unknown>): Promise<AssayError> {
  const error = await call.then(
    () => assert.fail('the call was not refused'),
    (caught) => caught,
  );
  assert.ok(error instanceof AssayError, String(error));
  return error;
}

test('the client’s types are those generated from the service’s /openapi.json', async (t) => {
  const { schemaFile, typesOf } = await import('../packages/client/generate.ts');
  const { call } = await startService(t);
  const { json } = await call('GET', '/openapi.json');
  const types = await typesOf(json).catch((error) => {
    if (process.env.CI) throw error;
    return null;
  });
  if (types === null) return t.skip('the compiler that openapi-typescript needs cannot be fetched here');
  assert.ok(readFileSync(schemaFile, 'utf8') === types, 'src/schema.ts is out of date: npm run client writes it anew');
});

test('a chat streams its answer token by token, and its failures carry their codes', async (t) => {
  const { assay, openai } = await start(t);
  await assay.addDocument({ source: 'log.md', text });
  openai.chat(question, 'In 1904.', correct);
  const messages = [
    { role: 'user' as const, content: 'Is there a tower?' },
    { role: 'assistant' as const, content: 'Yes.' },
    { role: 'user' as const, content: 'When was it rebuilt?' },
  ];
  const events = await Array.fromAsync(assay.chatStream({ messages }));
  const done = events.pop()!;
  assert.ok(done.event === 'done' && events.every(({ event }) => event === 'token'));
  assert.equal(events.map(({ data }) => (data as { text: string }).text).join(''), 'In 1904.');
  const { id, question: understood, answer, verdict, context } = done.data;
  assert.match(id, /^ask_/);
  assert.deepEqual([understood, answer, verdict.label, context.length], [question, 'In 1904.', 'Correct', 1]);

  const missing = await refusal(Array.fromAsync(assay.chatStream({ messages, collection: 'none' })));
  assert.deepEqual([missing.status, missing.code], [404, 'model_not_found']);
  openai.chat(question, fail.cutShort());
  const broken = await refusal(Array.fromAsync(assay.chatStream({ messages })));
  assert.equal(broken.code, 'model_bad_output');
});

test('documents and collections are added, listed, read and removed', async (t) => {
  const { assay } = await start(t);
  const written = await assay.addDocument({ source: 'log.md', text, metadata: { year: 1904 } });
  assert.deepEqual([written.source, written.unchanged], ['log.md', false]);
  const files = await assay.addFiles([new File(['Alder wood is light.'], 'alder.txt'), new File(['# Oak'], 'oak.md')]);
  assert.deepEqual(
    files.map(({ source }) => source),
    ['alder.txt', 'oak.md'],
  );
  assert.equal((await assay.addFiles([new File(['# Oak'], 'oak.md')]))[0]!.unchanged, true);
  const page = await assay.documents({ limit: 2 });
  assert.equal(page.documents.length, 2);
  assert.equal((await assay.documents({ cursor: page.nextCursor! })).nextCursor, null);
  const all = await Array.fromAsync(assay.allDocuments());
  assert.deepEqual(
    all.map(({ source }) => source),
    ['alder.txt', 'log.md', 'oak.md'],
  );
  const document = await assay.document(written.id);
  assert.deepEqual([document.text, document.metadata], [text, { year: 1904 }]);
  assert.equal((await assay.search({ question, topK: 1 }))[0]!.text, text);
  await assay.removeDocument(written.id);
  assert.equal((await refusal(assay.document(written.id))).code, 'DOCUMENT_NOT_FOUND');

  await assay.createCollection('attic');
  await assay.addFiles([new File(['Dust.'], 'dust.txt')], { collection: 'attic' });
  assert.deepEqual(
    (await assay.collections()).map(({ name, documents }) => [name, documents]),
    [
      ['attic', 1],
      ['default', 2],
    ],
  );
  await assay.removeCollection('attic');
  assert.equal((await assay.health()).documents, 2);
});

test('files are added with title and metadata, a collection is described, and a job is started, watched and cancelled', async (t) => {
  const corpus = await temporaryFolder(t);
  await writeFile(join(corpus, 'ash.md'), 'Ash wood is tough.');
  const { assay } = await start(t, { CORPUS_DIR: corpus });
  const [file] = await assay.addFiles([new File([text], 'log.txt')], { title: 'Log', metadata: { year: 1904 } });
  const { title, metadata } = await assay.document(file!.id);
  assert.deepEqual([title, metadata], ['Log', { year: 1904 }]);
  assert.equal((await assay.collection('default')).documents, 1);
  const [old] = await assay.addFiles([new File([Buffer.from('K\xf6ln', 'latin1')], 'old.txt')], { charset: 'latin1' });
  assert.equal((await assay.document(old!.id)).text, 'Köln');
  const { id } = await assay.startJob();
  const last = (await Array.fromAsync(assay.watchJob(id))).at(-1)!;
  assert.deepEqual([last.status, last.progress.added], ['done', 1]);
  assert.deepEqual([await assay.job(id), await assay.cancelJob(id)], [last, last]);
});

test('an endless reply that is not Assay’s is dropped instead of read to its end', async () => {
  let isLeft = false;
  const endless = new ReadableStream({
    cancel() {
      isLeft = true;
    },
  });
  const page = async () => new Response(endless, { headers: { 'content-type': 'text/html' } });
  await refusal(createClient({ baseUrl: 'http://assay.example', fetch: page }).ask({ question }));
  assert.ok(isLeft);
});

test('a reply that is not Assay’s is reported as such', async () => {
  const page = async () => new Response('<p>Please log in', { headers: { 'content-type': 'text/html' } });
  const assay = createClient({ baseUrl: 'http://assay.example', fetch: page });
  for (const call of [assay.ask({ question }), Array.fromAsync(assay.askStream({ question })), assay.collections()]) {
    const { status, code, message } = await refusal(call);
    assert.deepEqual([status, code, message], [200, 'UNKNOWN', 'The reply is not one of Assay.']);
  }
});

test('a stream is read even where ReadableStream is not async-iterable, and leaving the loop cancels it', async () => {
  const told = Promise.withResolvers<void>();
  const stream = () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(Buffer.from('event: token\ndata: {"text":"In "}\n\nevent: to')),
      cancel: () => told.resolve(),
    });
    Object.defineProperty(body, Symbol.asyncIterator, { value: undefined });
    return body;
  };
  const headers = { 'content-type': 'text/event-stream; charset=utf-8' };
  const assay = createClient({
    baseUrl: 'http://assay.example',
    fetch: async () => new Response(stream(), { headers }),
  });
  for await (const { data } of assay.askStream({ question })) {
    assert.deepEqual(data, { text: 'In ' });
    break;
  }
  await told.promise;
});

test('a stream is read whatever separates the lines of what it tells', async () => {
  const answer = 'One\u2028two\u2029three\rfour';
  const told = [...answer].map((text) => `event: token\ndata: ${JSON.stringify({ text })}\n\n`).join('');
  const done = `event: done\r\ndata:${JSON.stringify({ answer })}\r\n\r\n`;
  const headers = { 'content-type': 'text/event-stream; charset=utf-8' };
  const assay = createClient({
    baseUrl: 'http://assay.example',
    fetch: async () => new Response(`: still here\n\n${told}${done}`, { headers }),
  });
  let read = '';
  for await (const { event, data } of assay.askStream({ question })) {
    if (event === 'token') read += data.text;
    if (event === 'done') assert.equal(data.answer, answer);
  }
  assert.equal(read, answer);
});

test('an ask returns the whole reply, or streams it as the model writes it', async (t) => {
  const { assay, openai } = await start(t);
  await assay.addDocument({ source: 'log.md', text });
  openai.chat('In 1904.', correct);
  const reply = await assay.ask({ question, evaluation: 'context' });
  assert.deepEqual([reply.answer, reply.verdict.label], ['In 1904.', 'Correct']);
  assert.ok((await assay.askRecord(reply.id)).trace!.length > 0);

  const { promise: rest, resolve: goOn } = Promise.withResolvers<void>();
  async function* slowly() {
    yield 'In ';
    await rest;
    yield '1904 – “Élan”.';
  }
  openai.chat({ content: slowly() }, correct);
  const events: AskEvent[] = [];
  for await (const told of assay.askStream({ question })) {
    events.push(told);
    if (told.event === 'token') goOn();
  }
  assert.deepEqual(
    events.map(({ event }) => event).filter((event, at, all) => event !== all[at - 1]),
    ['context', 'token', 'answer', 'verdict', 'done'],
  );
  const tokens = events.map((told) => (told.event === 'token' ? told.data.text : '')).join('');
  const done = events.at(-1)!;
  assert.equal(tokens, 'In 1904 – “Élan”.');
  assert.equal(done.event === 'done' && done.data.answer, tokens);
});

test('refusals and failures are thrown with status, code and request id, also while streaming', async (t) => {
  const { assay, openai, url } = await start(t);
  await assay.addDocument({ source: 'log.md', text });
  const missing = await refusal(assay.ask({ question, collection: 'other' }));
  assert.deepEqual([missing.status, missing.code, missing.retryAfterSeconds], [404, 'COLLECTION_NOT_FOUND', null]);
  assert.match(missing.requestId!, /^[0-9a-f-]{36}$/);
  assert.equal((await refusal(createClient({ baseUrl: url }).collections())).code, 'KEY_MISSING');
  openai.chat(fail.status(429, { retryAfterSeconds: 7 }), fail.cutShort());
  const busy = await refusal(assay.ask({ question }));
  assert.deepEqual([busy.status, busy.code, busy.retryAfterSeconds], [503, 'MODEL_UNAVAILABLE', 7]);
  const broken = await refusal(Array.fromAsync(assay.askStream({ question })));
  assert.deepEqual([broken.status, broken.code], [0, 'MODEL_BAD_OUTPUT']);
});

test('aborting the signal, or leaving the loop, ends the call and the model calls behind it', async (t) => {
  const { assay, openai } = await start(t);
  await assay.addDocument({ source: 'log.md', text });
  openai.chat(fail.hang());
  const leaving = new AbortController();
  const asked = assert.rejects(assay.ask({ question }, { signal: leaving.signal }), { name: 'AbortError' });
  await openai.waitFor((entry) => entry === openai.chatRequests[0]);
  leaving.abort();
  await asked;
  await openai.waitFor((entry) => entry === openai.chatRequests[0] && entry.aborted);

  openai.chat(fail.hangMidBody());
  for await (const { event } of assay.askStream({ question })) if (event === 'token') break;
  await openai.waitFor((entry) => entry === openai.chatRequests[1] && entry.aborted);
});
