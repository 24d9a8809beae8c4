import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import type { TraceStep } from '../../src/chain/trace.ts';
import { openTraces, parentOf } from '../../src/observe/traces.ts';
import { fail } from '../doubles/openai-replies.ts';
import { startService } from '../doubles/service.ts';
import { type CollectedSpan, startTraceCollector } from '../doubles/trace-collector.ts';
import { samplesOf } from './samples.ts';

const article = 'The canary-passage says: alder wood is light.';
const question = 'How is canary-question alder wood?';
const traceId = '0af7651916cd43dd8448eb211c80319c';
const callerSpan = 'b7ad6b7169203331';
const sampled = { traceparent: `00-${traceId}-${callerSpan}-01` };
const unsampled = { traceparent: `00-${traceId}-${callerSpan}-00` };

async function startTraced(
  t: Parameters<typeof startService>[0],
  endpoint: string,
  settings: Record<string, string> = {},
) {
  const service = await startService(t, { settings: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...settings } });
  await service.add('a.md', article);
  const ask = (headers: Record<string, string> = {}, more: object = {}) =>
    service.call('POST', '/ask', { question, ...more }, headers);
  return { ...service, ask };
}

const attributesOf = ({ attributes }: CollectedSpan) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

test('an ask becomes a span in the caller’s trace, with a span for each of its steps below it', async (t) => {
  const collector = await startTraceCollector(t);
  const { ask, openai, close, parts } = await startTraced(t, collector.endpoint, { OTEL_SERVICE_NAME: 'assay-here' });
  openai.chat('canary-answer: light.', '{"verdict":"Correct","reason":"canary-reason"}');
  const before = Date.now();
  const { json } = await ask(sampled, { trace: true });
  const after = Date.now();
  await close();

  const [root] = await collector.asks(1);
  assert.deepEqual([root!.traceId, root!.parentSpanId], [traceId, callerSpan]);
  assert.deepEqual(
    [attributesOf(root!)['assay.verdict.label'], attributesOf(root!)['assay.ask.id']],
    ['Correct', json.id],
  );
  assert.equal(attributesOf(root!)['gen_ai.usage.output_tokens'], json.usage.completionTokens);
  assert.ok(Number(root!.startTimeUnixNano) / 1e6 >= before - 1 && Number(root!.endTimeUnixNano) / 1e6 <= after + 1);

  const steps = collector.spans.filter((span) => span !== root);
  assert.equal(steps.length, json.trace.length);
  assert.ok(steps.every((span) => BigInt(span.startTimeUnixNano) >= BigInt(root!.startTimeUnixNano)));
  assert.ok(steps.every((span) => BigInt(span.endTimeUnixNano) <= BigInt(root!.endTimeUnixNano)));
  assert.ok(steps.every((span) => span.traceId === traceId));
  assert.ok(collector.spans.every(({ status }) => !status.code));
  const byId = new Map(collector.spans.map((span) => [span.spanId, span]));
  const depthOf = (span: CollectedSpan): number => (span === root ? -1 : depthOf(byId.get(span.parentSpanId!)!) + 1);
  const told = (name: string, depth: number, ms: number, isCall: boolean) => `${depth} ${name} ${ms} ${isCall}`;
  const [server, client] = [2, 3]; // as OTLP counts kinds of spans
  assert.equal(root!.kind, server);
  const milliseconds = (span: CollectedSpan) =>
    Math.round(Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6);
  assert.deepEqual(
    steps.map((span) => told(span.name, depthOf(span), milliseconds(span), span.kind === client)).sort(),
    json.trace
      .map((step: TraceStep) => told(step.name, step.depth, Math.round(step.durationMs), step.kind === 'model'))
      .sort(),
  );
  for (const name of ['retrieve', 'answer', 'evaluate'])
    assert.ok(
      steps.some((span) => span.name === name),
      name,
    );
  assert.match(collector.bodies.join(''), /assay-here/);
  assert.doesNotMatch(collector.bodies.join(''), /canary/);
  const read = samplesOf(await parts.metrics.text());
  assert.deepEqual(read.all('assay_trace_exports_total'), ['{result="delivered"} 1']);
  assert.equal(read('assay_traces_dropped_total'), 0);
});

test('an ask that fails becomes a span with the error code and no text', async (t) => {
  const collector = await startTraceCollector(t);
  const { ask, openai, close } = await startTraced(t, collector.endpoint);
  openai.chat(fail.status(400, { message: 'canary-upstream' }));
  assert.equal((await ask()).status, 502);
  await close();
  const [root] = await collector.asks(1);
  assert.equal(root!.status.code, 2);
  assert.equal(attributesOf(root!)['error.type'], 'MODEL_REJECTED');
  assert.equal(root!.parentSpanId ?? '', '');
  assert.ok(collector.spans.some(({ name, status }) => name === 'answer' && status.code === 2));
  assert.doesNotMatch(collector.bodies.join(''), /canary/);
});

test('the caller’s sampling decision holds; without one the share of the settings decides', async (t) => {
  const collector = await startTraceCollector(t);
  const { ask, openai, close } = await startTraced(t, collector.endpoint, { OTEL_TRACES_SAMPLER_ARG: '0' });
  openai.chatWhen(/./, fail.status(400));
  await ask(unsampled);
  await ask();
  await ask({ traceparent: 'canary-nonsense' });
  await ask(sampled);
  await close();
  assert.deepEqual(
    (await collector.asks(1)).map((span) => span.traceId),
    [traceId],
  );
});

test('a collector that is gone, or never replies, does not affect asks, and is logged', async (t) => {
  const sockets: Socket[] = [];
  const hanging = createServer((socket) => void sockets.push(socket));
  await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
  const port = (hanging.address() as { port: number }).port;
  const silent = await startTraced(t, `http://127.0.0.1:${port}`);
  silent.openai.chatWhen(/./, 'It is light.');
  assert.equal((await silent.ask({}, { evaluation: 'none' })).status, 200);
  await silent.close(); // ends although the collector never replies
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => hanging.close(resolve));

  const refused = await startTraced(t, `http://127.0.0.1:${port}`);
  refused.openai.chatWhen(/./, 'It is light.');
  assert.equal((await refused.ask({}, { evaluation: 'none' })).status, 200);
  await refused.waitForLog('traces do not reach the collector');
  assert.equal((await refused.ask({}, { evaluation: 'none' })).status, 200);
  const read = samplesOf((await refused.call('GET', '/metrics')).text);
  assert.ok(read('assay_trace_exports_total{result="failed"}')! >= 1);
});

test('asks beyond what can be traced cheaply in a second are counted instead; the next second starts afresh', async (t) => {
  const collector = await startTraceCollector(t);
  const clock = t.mock.method(performance, 'now', () => 5_000);
  let dropped = 0;
  const traces = openTraces({
    endpoint: `${collector.endpoint}/`,
    serviceName: 'assay',
    version: '0',
    ratio: 1,
    onExport: () => {},
    onDrop: () => {
      dropped += 1;
    },
  });
  const ended = { collection: 'default', keyName: null, startedAt: Date.now(), durationMs: 1 };
  const end = (traceparent: string | null) =>
    traces.askEnded({ ...ended, traceparent, reply: null, error: null, steps: () => [] });
  for (let at = 0; at < 1000; at += 1) end(unsampled.traceparent);
  assert.equal(dropped, 0, 'what nobody wants to see is not missed');
  for (let at = 0; at < 1000; at += 1) end(null);
  assert.equal(dropped, 900);
  clock.mock.mockImplementation(() => 6_000);
  end(null);
  clock.mock.restore();
  await traces.close();
  assert.deepEqual([dropped, collector.spans.length], [900, 101]);
});

test('while too many spans wait for the collector asks are not traced, and are again once it has taken them', async (t) => {
  const collector = await startTraceCollector(t);
  const asks = 82; // of a hundred spans, fewer than are traced in a second
  const delivered = Promise.withResolvers<void>();
  let dropped = 0;
  const traces = openTraces({
    endpoint: collector.endpoint,
    serviceName: 'assay',
    version: '0',
    ratio: 1,
    onExport: () => collector.spans.length >= asks * 100 && delivered.resolve(),
    onDrop: () => {
      dropped += 1;
    },
  });
  const step = { name: 'answer', kind: 'step', depth: 0, startMs: 0, durationMs: 1, failed: false } as TraceStep;
  const steps = () => Array.from({ length: 99 }, () => step);
  const ended = { collection: 'default', keyName: null, traceparent: null, startedAt: Date.now(), durationMs: 1 };
  const end = () => traces.askEnded({ ...ended, reply: null, error: null, steps });
  for (let at = 0; at <= asks; at += 1) end();
  assert.equal(dropped, 1);
  await delivered.promise;
  end();
  await traces.close();
  assert.deepEqual([dropped, collector.spans.length], [1, (asks + 1) * 100]);
});

test('a traceparent is read as W3C Trace Context defines it', () => {
  const read = (text: string) => parentOf(text);
  assert.deepEqual(read(sampled.traceparent), { traceId, spanId: callerSpan, traceFlags: 1, isRemote: true });
  assert.equal(read(unsampled.traceparent)?.traceFlags, 0);
  assert.equal(read(`01-${traceId}-${callerSpan}-03-more`)?.traceFlags, 1, 'a later version may add to it');
  for (const bad of [
    '',
    `00-${traceId}-${callerSpan}-01-more`,
    `ff-${traceId}-${callerSpan}-01`,
    `00-${'0'.repeat(32)}-${callerSpan}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${callerSpan}-01`,
    `00-${traceId}-${callerSpan}`,
  ])
    assert.equal(read(bad), null, bad);
});
