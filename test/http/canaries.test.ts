import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { startCommand } from '../doubles/command-line.ts';
import { fail, promptText } from '../doubles/openai-replies.ts';
import { startOpenAiServer } from '../doubles/openai-server.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';
import { startTraceCollector } from '../doubles/trace-collector.ts';
import { makeDocx, paragraph } from '../ingest/formats/make-docx.ts';
import { makeEpub } from '../ingest/formats/make-epub.ts';
import { makePdf } from '../ingest/formats/make-pdf.ts';

const key = 'canary-key-of-the-caller';
const text = 'The canary-passage stood in the harbour. The tower was rebuilt in 1904 with canary-granite.';
const question = 'When was the canary-question tower rebuilt?';

/** The service as a process of its own, so that everything it or its children write is caught. */
async function startProcess(t: Test, settings: Record<string, string>) {
  const child = startCommand(['serve'], settings);
  const exited = once(child, 'exit');
  let written = '';
  const listening = Promise.withResolvers<string>();
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      written += chunk;
      const address = /listens on (http:\S+)/.exec(written)?.[1];
      if (address) listening.resolve(address);
    });
  child.once('exit', () => listening.reject(new Error(`it ended:\n${written}`)));
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const url = await listening.promise;
  return {
    url,
    /** Stops it in an orderly way, and returns all that it wrote to stdout and stderr. */
    async end() {
      child.kill('SIGTERM');
      await exited;
      return written;
    },
  };
}

test('no key, question, document text or word of the model server gets into logs, error replies, metrics or traces', async (t) => {
  const openai = await startOpenAiServer({ test: t });
  const collector = await startTraceCollector(t);
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, 'broken.json'), '{"canary-passage": ');
  const service = await startProcess(t, {
    PORT: '0',
    DATA_DIR: join(folder, 'data'),
    CORPUS_DIR: folder,
    API_KEYS: `caller:${key}:default,other:canary-key-of-another:elsewhere`,
    OPENAI_BASE_URL: openai.baseUrl,
    OPENAI_API_KEY: 'canary-key-of-the-model-server',
    MODEL_MAX_RETRIES: '0',
    EVALUATION_TIMEOUT_MS: '400',
    ASK_TIMEOUT_MS: '1500',
    MAX_BODY_BYTES: '100 KiB',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
  });

  const requestIds: string[] = [];
  const errors: string[] = [];
  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const isForm = body instanceof FormData;
    const response = await fetch(service.url + path, {
      method,
      headers: {
        ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
        authorization: `Bearer ${key}`,
        ...headers,
      },
      ...(body !== undefined && { body: isForm || typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const reply = await response.text();
    requestIds.push(response.headers.get('x-request-id')!);
    if (response.status >= 400)
      errors.push(`${method} ${path.replace(/canary[\w-]*/g, '…')} ${response.status} ${reply}`);
    return { status: response.status, reply };
  }
  const upload = (name: string, content: string | Uint8Array) => {
    const form = new FormData();
    form.append('files', new Blob([content as string]), name);
    return call('POST', '/documents', form);
  };
  const ask = (more: object = {}, headers = {}) => call('POST', '/ask', { question, ...more }, headers);

  // Documents in each format, good ones and broken ones.
  const good: [name: string, content: string | Uint8Array][] = [
    ['a.md', `# Log\n\n${text}`],
    ['a.txt', text],
    ['a.html', `<html><body><p>${text}</p></body></html>`],
    ['a.csv', `place,text\nharbour,"${text}"\n`],
    ['a.json', JSON.stringify([{ text }])],
    ['a.jsonl', `${JSON.stringify({ text })}\n`],
    ['a.pdf', makePdf([[{ text, y: 700 }]])],
    ['a.docx', makeDocx(paragraph(text))],
    ['a.epub', makeEpub([`<p>${text}</p>`])],
  ];
  for (const [name, content] of good) assert.equal((await upload(name, content)).status, 201, name);
  for (const [name, content] of good) {
    const bytes = Buffer.from(content as string);
    await upload(`half-${name}`, bytes.subarray(0, bytes.length / 2));
    await upload(`nul-${name}`, Buffer.concat([bytes.subarray(0, 40), Buffer.from('\0canary-passage')]));
  }
  await upload('a.exe', text);
  await upload('canary-passage\n.md', text);
  await upload('large.md', text.repeat(2000));
  await call('POST', '/documents', { source: 'x.md', text, 'canary-field of the caller': 1 });
  await call('POST', '/documents', { source: 'x.md', text, format: 'canary-format' });
  await call('POST', '/documents', { source: 'x.md', text: `${text}\0` });
  await call('POST', '/documents', `{"source":"x.md","text":"${text}`);
  await call('POST', '/documents', { source: 'x.md', text }, { 'content-type': 'text/canary-passage' });
  const refused = fail.status(400, { message: `refused: ${text}` });
  // What is refused as base64 is asked for as floats, and then half of it in both.
  openai.embeddings(refused, refused, refused, refused, fail.html(), fail.noChoices());
  for (let at = 0; at < 3; at += 1)
    assert.ok((await call('POST', '/documents', { source: `x${at}.md`, text: `${text} ${at}` })).status >= 500);

  // Wrong keys, and things that are not there.
  for (const wrong of ['canary-key-that-is-wrong', 'canary-key-of-another'])
    await ask({}, { authorization: `Bearer ${wrong}` });
  await call('POST', '/ask', { question }, { authorization: '', 'x-api-key': 'canary-key-that-is-wrong' });
  await call('GET', '/asks/canary-question');
  await call('GET', '/documents/canary-passage');
  await call('GET', '/canary-question?canary-question=canary-passage');
  await call('GET', '/%E0%canary-question');
  await call('GET', '/documents?cursor=canary!');
  await call('DELETE', '/ask/canary-question');
  await call('POST', '/ask', { question: `${question}\0` });
  await call('POST', '/ask', { question: question.repeat(200) });
  await call('POST', '/ask', { question, collection: 'canary question' });
  await call('POST', '/ask', `{"question":"${question}`);
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname, () => socket.end('canary-question\r\n\r\n'));
  await once(socket.resume(), 'close');

  // Asks that go well, and asks that each kind of failure of the model server strikes, with the prompt in its words.
  const judged = JSON.stringify({ verdict: 'Correct', quotes: ['with canary-granite'], reason: 'canary-reason' });
  openai.chat('canary-answer: in 1904.', judged);
  assert.equal((await ask()).status, 200);
  openai.chat('canary-answer: in 1904.', judged);
  assert.match((await ask({ stream: true })).reply, /event: done/);
  openai.chat('canary-answer: in 1904.', '{"verdict":"Incorrect","reason":"canary-reason"}');
  assert.equal((await ask({ onIncorrect: 'abstain' })).status, 200);
  const echo = (status: number) => (request: Parameters<typeof promptText>[0]) =>
    fail.status(status, { message: `cannot take: ${promptText(request)}`, code: 'canary-code' });
  const failures = () => [
    ...[400, 401, 404, 408, 413, 429, 500, 503].map(echo),
    fail.reset(),
    fail.resetMidBody(),
    fail.halfJson(),
    fail.errorInBody(`refused: ${question}`),
    fail.empty(),
    fail.html(),
    fail.noChoices(),
    fail.emptyContent(),
    fail.hang(),
    fail.hangMidBody(),
  ];
  for (const failure of failures()) {
    openai.chatWhen(/./, failure);
    assert.ok((await ask()).status >= 500);
  }
  for (const failure of failures()) {
    openai.chatWhen(/./, 'canary-answer: in 1904.', failure);
    assert.match((await ask()).reply, /"Unjudged"/);
  }
  openai.chatWhen(/./, 'canary-answer: in 1904.', 'The canary-judge thinks: {"verdict": maybe');
  assert.match((await ask()).reply, /"unparseable"/);
  openai.chatWhen(/./, fail.cutShort());
  assert.match((await ask({ stream: true })).reply, /event: error|"error"/);
  for (const failures of [[refused, refused], [fail.reset()], [fail.html()], [fail.noChoices()]]) {
    openai.embeddings(...failures);
    assert.ok((await ask()).status >= 500);
  }
  openai.embeddings(fail.status(500, { message: `refused: ${question}` }));
  assert.ok((await call('POST', '/search', { question })).status >= 500);
  openai.chatWhen(/./, fail.hang());
  const leaving = new AbortController();
  const before = openai.chatRequests.length;
  const left = fetch(`${service.url}/ask`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ question }),
    signal: leaving.signal,
  }).catch(() => null);
  await openai.waitFor(() => openai.chatRequests.length > before);
  leaving.abort();
  await left;

  // A job over a folder that holds a broken file.
  const job = JSON.parse((await call('POST', '/jobs', {})).reply);
  const told = await call('GET', `/jobs/${job.id}`, undefined, { accept: 'text/event-stream' });
  assert.match(told.reply, /event: done/);

  const metrics = (await call('GET', '/metrics')).reply;
  const written = await service.end();

  const lines = written.split('\n').filter((line) => line.startsWith('{'));
  const logs = lines.map((line) => JSON.parse(line) as { msg: string; reqId?: string });
  assert.ok(logs.filter(({ msg }) => msg === 'asked').length >= 20, 'the asks are in the log');
  assert.ok(logs.filter(({ msg }) => msg === 'request failed').length >= 20, 'so are the failures');
  assert.ok(logs.some(({ msg }) => msg === 'client left'));
  assert.ok(
    errors.length >= 60 && collector.spans.length > 200,
    `${errors.length} errors, ${collector.spans.length} spans`,
  );
  for (const { msg, reqId } of logs)
    if (['asked', 'ingested', 'request failed', 'stream ended with an error'].includes(msg))
      assert.ok(requestIds.includes(reqId!), `${msg} tells the id that the caller was told`);

  const leaks = (where: string, all: string[]) =>
    all.filter((each) => /canary|cannot take|refused:/.test(each)).map((each) => `${where}: ${each}`);
  assert.deepEqual(
    [
      ...leaks('written', written.split('\n')),
      ...leaks('reply', errors),
      ...leaks('metrics', metrics.split('\n')),
      ...leaks('trace', collector.bodies),
    ],
    [],
  );
});
