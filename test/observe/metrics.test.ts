import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { KnowledgeStats } from '../../src/knowledge/port.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { holdProcess } from '../doubles/hold-process.ts';
import { fail } from '../doubles/openai-replies.ts';
import { startService } from '../doubles/service.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';
import { samplesOf } from './samples.ts';

const correct = '{"verdict":"Correct","reason":"It says so."}';

async function scrape(service: Awaited<ReturnType<typeof startService>>, headers: Record<string, string> = {}) {
  const { status, headers: got, text } = await service.call('GET', '/metrics', undefined, headers);
  assert.equal(status, 200, text);
  assert.match(got.get('content-type')!, /^text\/plain; version=0\.0\.4/);
  return samplesOf(text);
}

test('asks are counted by their verdict, with their steps, calls, tokens and failures', async (t) => {
  const service = await startService(t);
  const { call, add, openai } = service;
  await add('a.md', 'Alder wood is light. It does not rot under water.');
  const ask = (more: object = {}) => call('POST', '/ask', { question: 'How is alder wood?', ...more });
  const usage = { prompt_tokens: 100, completion_tokens: 7, total_tokens: 107 };
  openai.chat({ content: 'It is light.', usage }, { content: correct, usage });
  const replies = [(await ask()).json];
  openai.chat({ content: 'It is light.', usage }, fail.status(500));
  replies.push((await ask()).json);
  openai.chat({ content: 'It is light.', usage });
  replies.push((await ask({ evaluation: 'none' })).json);
  const problems = replies.map(({ verdict }) => verdict.problem);
  assert.deepEqual(problems, [null, 'unavailable', 'skipped']);
  openai.chat(fail.status(401));
  assert.equal((await ask()).status, 502);
  openai.embeddings(fail.status(503), fail.status(503));
  assert.equal((await add('b.md', 'Beech wood is hard.')).status, 503);
  assert.equal((await call('POST', '/search', { question: 'wood' })).status, 503);
  assert.equal((await call('POST', '/search', { question: 'wood', collection: 'none' })).status, 404);
  assert.equal((await ask({ nonsense: 1 })).status, 400);
  assert.equal((await call('GET', '/canary-path?canary=1')).status, 404);

  const read = await scrape(service);
  const asked = (labels: string) => read(`assay_asks_total{${labels}}`);
  assert.equal(asked('verdict="Correct",basis="context",problem="none",abstained="false"'), 1);
  assert.equal(asked('verdict="Unjudged",basis="context",problem="unavailable",abstained="false"'), 1);
  assert.equal(asked('verdict="Unjudged",basis="context",problem="skipped",abstained="false"'), 1);
  assert.equal(read('assay_asks_failed_total{code="MODEL_REJECTED"}'), 1);
  assert.equal(read('assay_ask_duration_seconds_count'), 4);
  assert.equal(read('assay_step_duration_seconds_count{step="retrieve"}'), 3);
  assert.equal(read('assay_step_duration_seconds_count{step="answer"}'), 3);
  assert.equal(read('assay_step_duration_seconds_count{step="evaluate"}'), 2);
  assert.equal(read('assay_model_tokens_total{kind="prompt"}'), 400);
  assert.equal(read('assay_model_tokens_total{kind="completion"}'), 28);
  assert.equal(read('assay_model_calls_total'), 5);
  assert.deepEqual(read.all('assay_upstream_errors_total'), [
    '{code="MODEL_REJECTED",during="ask"} 1',
    '{code="MODEL_UNAVAILABLE",during="evaluation"} 1',
    '{code="MODEL_UNAVAILABLE",during="ingest"} 1',
    '{code="MODEL_UNAVAILABLE",during="search"} 1',
  ]);
  assert.equal(read('assay_http_requests_total{method="POST",route="/ask",status="200"}'), 3);
  assert.equal(read('assay_http_requests_total{method="GET",route="none",status="404"}'), 1);
  assert.deepEqual(read.all('assay_http_errors_total'), [
    '{code="COLLECTION_NOT_FOUND"} 1',
    '{code="MODEL_REJECTED"} 1',
    '{code="MODEL_UNAVAILABLE"} 2',
    '{code="NOT_FOUND"} 1',
    '{code="UNKNOWN_FIELD"} 1',
  ]);
  assert.equal(read('assay_http_request_duration_seconds_count{method="POST",route="/ask"}'), 5);
  assert.equal(read('assay_store_documents'), 1);
  assert.equal(read('assay_store_passages'), 1);
  assert.equal(read('assay_store_windows'), 1);
  assert.equal(read('assay_store_collections'), 1);
  assert.equal(read('assay_knowledge_up'), 1);
  assert.equal(read('assay_asks_in_progress'), 0);
  assert.equal(read('assay_asks_limit'), 1024);
  assert.ok(read('assay_disk_free_bytes')! > 0 && read('assay_disk_size_bytes')! >= read('assay_disk_free_bytes')!);
  assert.ok(read('process_resident_memory_bytes')! > 1e7);
});

test('durations are in seconds, in buckets that reach as far as an ask may take', async (t) => {
  const begun = performance.now();
  const service = await startService(t);
  await service.add('a.md', 'Alder wood is light.');
  service.openai.chat('It is light.', correct);
  const { timings } = (await service.call('POST', '/ask', { question: 'How is alder wood?' })).json;
  const read = await scrape(service);
  const passed = (performance.now() - begun) / 1000;
  for (const step of ['retrieve', 'answer', 'evaluate'])
    assert.equal(read(`assay_step_duration_seconds_sum{step="${step}"}`), timings[`${step}Ms`] / 1000);
  const ask = read('assay_ask_duration_seconds_sum')!;
  const request = read('assay_http_request_duration_seconds_sum{method="POST",route="/ask"}')!;
  const inOrder = [timings.totalMs / 1000 - 0.0001, ask, request, passed];
  assert.deepEqual(
    inOrder.toSorted((one, other) => one - other),
    inOrder,
  );
  assert.equal(read('assay_ask_duration_seconds_bucket{le="120"}'), 1);
  assert.equal(read('assay_step_duration_seconds_bucket{le="60",step="answer"}'), 1);
});

test('failures of the model server are counted wherever they were met: MCP, embeddings, jobs', async (t) => {
  const corpus = await temporaryFolder(t);
  await writeFile(join(corpus, 'c.md'), 'Cedar wood smells.');
  const service = await startService(t, { settings: { CORPUS_DIR: corpus, MAX_CONCURRENT_ASKS: '1' } });
  const { call, openai, parts } = service;
  const tool = (name: string, input: object) => {
    const params = { name, arguments: input };
    const accept = 'application/json, text/event-stream';
    return call('POST', '/mcp', { jsonrpc: '2.0', id: 1, method: 'tools/call', params }, { accept });
  };
  const rejected = fail.status(401);
  openai.embeddings(rejected, rejected, rejected, rejected, rejected);
  await tool('search', { question: 'How is alder wood?' });
  await tool('add_document', { source: 'a.md', text: 'Alder wood is light.' });
  await tool('ask', { question: 'How is alder wood?' });
  await call('POST', '/v1/embeddings', { model: parts.about.models.embedding, input: 'alder' });
  const job = (await call('POST', '/jobs', {})).json;
  for await (const _ of parts.jobs.watch(job.id, t.signal)); // until it has ended
  const read = await scrape(service);
  const failed = (during: string) => read(`assay_upstream_errors_total{code="MODEL_REJECTED",during="${during}"}`);
  assert.deepEqual(['search', 'ingest', 'ask', 'embeddings'].map(failed), [1, 2, 1, 1]);
  // A tool's failure counts as an HTTP error although it comes in a reply with status 200.
  assert.equal(read('assay_http_errors_total{code="MODEL_REJECTED"}'), 4);
});

test('an evaluation that fails is counted by what the model server did, in each of the three ways to fail', async (t) => {
  // Only the judge that hangs has little time: on a busy machine, the replies of the others may take as long.
  for (const [reply, problem, code, settings] of [
    [fail.hang(), 'timeout', 'MODEL_TIMEOUT', { EVALUATION_TIMEOUT_MS: '200' }],
    ['no verdict', 'unparseable', 'MODEL_BAD_OUTPUT', {}],
    [fail.status(500), 'unavailable', 'MODEL_UNAVAILABLE', {}],
  ] as const) {
    const service = await startService(t, { settings });
    const { call, add, openai } = service;
    await add('a.md', 'Alder wood is light.');
    openai.chatWhen(/How is alder/, 'It is light.', reply, reply, reply);
    const { json } = await call('POST', '/ask', { question: 'How is alder wood?' });
    assert.equal(json.verdict.problem, problem);
    assert.deepEqual((await scrape(service)).all('assay_upstream_errors_total'), [
      `{code="${code}",during="evaluation"} 1`,
    ]);
  }
});

test('failures of both judges are counted, and a stream that fails is counted by its cause', async (t) => {
  const service = await startService(t);
  const { call, add, openai } = service;
  await add('a.md', 'Alder wood is light.');
  openai.chatWhen(/<answer>/, fail.status(500));
  openai.chat('It is light.');
  await call('POST', '/ask', { question: 'How is alder wood?', evaluation: 'both' });
  openai.chat(fail.cutShort());
  await call('POST', '/ask', { question: 'How is alder wood?', stream: true });
  const read = await scrape(service);
  assert.equal(read('assay_upstream_errors_total{code="MODEL_UNAVAILABLE",during="evaluation"}'), 2);
  assert.equal(read('assay_http_errors_total{code="MODEL_BAD_OUTPUT"}'), 1);
  assert.equal(read('assay_asks_failed_total{code="MODEL_BAD_OUTPUT"}'), 1);
});

test('an ask under way is shown, and one whose client has left is counted as CLIENT_GONE', async (t) => {
  const service = await startService(t);
  await service.add('a.md', 'Alder wood is light.');
  service.openai.chat(fail.hang());
  const leaving = new AbortController();
  const asked = fetch(`${service.url}/ask`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"question":"How is alder wood?"}',
    signal: leaving.signal,
  }).catch(() => null);
  await service.openai.waitFor(({ path }) => path === '/v1/chat/completions');
  assert.equal((await scrape(service))('assay_asks_in_progress'), 1);
  leaving.abort();
  await asked;
  await service.waitForLog('client left');
  const read = await scrape(service);
  assert.equal(read('assay_asks_in_progress'), 0);
  assert.equal(read('assay_asks_failed_total{code="CLIENT_GONE"}'), 1);
  assert.deepEqual(read.all('assay_upstream_errors_total'), [], 'that is no failure of the model server');
});

test('the store is read once for several scrapes, and again after some seconds', async (t) => {
  let now = 1_000;
  t.mock.method(performance, 'now', () => now);
  const metrics = createMetrics();
  let looks = 0;
  const stats = async () => {
    looks += 1;
    return { documents: looks } as KnowledgeStats;
  };
  metrics.watchStore({ stats, dataDir: '.' });
  const documents = async () => samplesOf(await metrics.text())('assay_store_documents');
  assert.deepEqual(await Promise.all([documents(), documents()]), [1, 1]);
  now += 4_000;
  assert.equal(await documents(), 1);
  now += 2_000;
  assert.equal(await documents(), 2);
});

test('a failing store or a missing data folder does not fail the scrape', async () => {
  const metrics = createMetrics();
  const stats = () => Promise.reject(new Error('gone'));
  metrics.watchStore({ stats, dataDir: '/nowhere/at/all' });
  assert.equal(samplesOf(await metrics.text())('assay_knowledge_up'), 0);
});

test('a host that dies is counted, and a scrape works without it', async (t) => {
  const service = await startService(t, { embedded: true });
  process.kill(service.parts.knowledge.hostPid()!, 'SIGKILL');
  await service.waitForLog('knowledge host died');
  assert.deepEqual((await scrape(service)).all('assay_knowledge_host_restarts_total'), [
    '{planned="false"} 1',
    '{planned="true"} 0',
  ]);
});

test('a host that hangs is shown as down, and does not hold up the scrape', async (t) => {
  const service = await startService(t, { embedded: true });
  const pid = service.parts.knowledge.hostPid()!;
  await holdProcess(pid);
  try {
    assert.equal((await scrape(service))('assay_knowledge_up'), 0);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
});

test('replies that break off are counted, and so are clients that leave before the end of one', async (t) => {
  const service = await startService(t);
  const { url, add, openai, parts } = service;
  await add('a.md', 'Alder wood is light.');
  const path = `/documents/${(await parts.knowledge.findSource('default', 'a.md'))!.id}`;
  let readPart = async () => ({ text: 'Alder '.repeat(2 ** 17), next: 1 });
  parts.knowledge.text = () => readPart();

  const begun = await fetch(url + path);
  readPart = () => Promise.reject(new TypeError('Alder is undefined'));
  await assert.rejects(begun.text());
  readPart = async () => ({ text: 'Alder', next: 1 });
  const leaving = new AbortController();
  const { signal } = leaving;
  await fetch(url + path, { signal });

  const { promise: never } = Promise.withResolvers<string>();
  const thinking = async function* () {
    yield await never;
  };
  openai.chat({ content: thinking() }, { content: thinking() });
  const ask = (more: object) => {
    const body = JSON.stringify({ question: 'How is alder wood?', ...more });
    return fetch(`${url}/ask`, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal });
  };
  await ask({ stream: true });
  const waiting = assert.rejects(ask({ stream: false }), { name: 'AbortError' });
  await openai.waitFor(() => openai.chatRequests.length === 2);
  leaving.abort();
  await waiting;

  const gone = (read: ReturnType<typeof samplesOf>) => [
    read('assay_http_requests_total{method="GET",route="/documents/:id",status="499"}'),
    read('assay_http_requests_total{method="POST",route="/ask",status="499"}'),
  ];
  let read = await scrape(service);
  while (gone(read).join() !== '1,2') read = await scrape(service);
  assert.equal(read('assay_http_requests_total{method="GET",route="/documents/:id",status="200"}'), 1);
  assert.deepEqual(read.all('assay_http_errors_total'), ['{code="INTERNAL"} 1']);
  assert.ok(service.logLines.some((line) => /"route":"\/ask","status":499.*"msg":"request"/.test(line)));
});

test('where keys are set, /metrics needs one', async (t) => {
  const service = await startService(t, { embedded: true, settings: { API_KEYS: 'scraper:canary-key-1' } });
  assert.equal((await service.call('GET', '/metrics')).status, 401);
  await scrape(service, { authorization: 'Bearer canary-key-1' });
});

test('each service has counters of its own', async (t) => {
  const one = await startService(t, { embedded: true });
  const other = await startService(t, { embedded: true });
  await one.call('GET', '/collections');
  assert.equal((await scrape(one))('assay_http_requests_total{method="GET",route="/collections",status="200"}'), 1);
  assert.equal(
    (await scrape(other))('assay_http_requests_total{method="GET",route="/collections",status="200"}'),
    undefined,
  );
});
