import { type HrTime, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  type TracerConfig,
} from '@opentelemetry/sdk-trace-base';
import type { AskEnd } from '../chain/conduct-ask.ts';

/** How many spans may wait for the collector; beyond that, asks go without a trace. */
const mostWaiting = 8192;
/**
 * How many asks are traced in a second. Making and sending the spans of one takes some tenths of a millisecond, so this
 * many cost a few percent of a core.
 */
const mostPerSecond = 100;
/** How long one delivery may take, and how long `close` waits for the last ones. */
const exportTimeoutMs = 5_000;
const closeTimeoutMs = 2_000;

/**
 * Opens traces to an OpenTelemetry collector, by OTLP over HTTP: each ask becomes a span, with one below it for each
 * step. Spans are made when the ask is over, from the times that its trail recorded, and hold names, numbers and
 * labels: no question, answer or document text. A collector that is slow or gone costs its traces and nothing else.
 * @param options.endpoint the collector's address; `/v1/traces` is added
 * @param options.ratio the share of asks that are traced, 0 to 1, unless the caller's `traceparent` decides
 * @param options.onExport is told of each batch whether it was delivered
 * @param options.onDrop is told of each ask that goes without a trace because too many are traced or waiting
 */
export function openTraces(options: {
  endpoint: string;
  serviceName: string;
  version: string;
  ratio: number;
  onExport: (delivered: boolean) => void;
  onDrop: () => void;
}) {
  const exporter = new OTLPTraceExporter({
    url: `${options.endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: exportTimeoutMs,
  });
  let waiting = 0;
  let thisSecond = { began: 0, asks: 0 };
  const counted: SpanExporter = {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        waiting -= spans.length;
        options.onExport(result.code === 0);
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
  };
  const provider = new BasicTracerProvider({
    resource: toResource({ 'service.name': options.serviceName, 'service.version': options.version }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.ratio) }),
    spanProcessors: [
      new BatchSpanProcessor(counted, {
        maxQueueSize: mostWaiting * 2,
        maxExportBatchSize: 512,
        scheduledDelayMillis: 1_000,
        exportTimeoutMillis: exportTimeoutMs * 2,
      }),
    ],
  });
  const tracer = provider.getTracer('assay', options.version);

  return {
    /** Makes the spans of an ask that is over. */
    askEnded(end: AskEnd): void {
      const { startedAt, durationMs, reply, error } = end;
      const parent = parentOf(end.traceparent);
      const context = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
      const root = tracer.startSpan('assay ask', { kind: SpanKind.SERVER, startTime: toHrTime(startedAt) }, context);
      if (!root.isRecording()) return;
      if (performance.now() - thisSecond.began >= 1000) thisSecond = { began: performance.now(), asks: 0 };
      thisSecond.asks += 1;
      if (waiting >= mostWaiting || thisSecond.asks > mostPerSecond) {
        options.onDrop(); // a span that is never ended is never sent
        return;
      }
      root.setAttributes(attributesOf(end));
      const steps = end.steps();
      const above = [trace.setSpan(ROOT_CONTEXT, root)];
      for (const { name, kind, depth, startMs, durationMs: stepMs, failed } of steps) {
        const span = tracer.startSpan(
          name,
          {
            kind: kind === 'model' ? SpanKind.CLIENT : SpanKind.INTERNAL,
            startTime: toHrTime(startedAt + startMs),
            attributes: { 'assay.step.kind': kind },
          },
          above[depth] ?? above[0]!,
        );
        if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end(toHrTime(startedAt + startMs + stepMs));
        above[depth + 1] = trace.setSpan(ROOT_CONTEXT, span);
      }
      if (!reply) root.setStatus({ code: SpanStatusCode.ERROR, ...(error && { message: error.code }) });
      root.end(toHrTime(startedAt + durationMs));
      waiting += steps.length + 1;
    },

    /** Sends the waiting spans, for at most two seconds, and closes. */
    async close(): Promise<void> {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, closeTimeoutMs);
      await Promise.race([provider.shutdown().catch(() => {}), late]);
      clearTimeout(timer);
    },
  };
}

/**
 * The caller's span, from a `traceparent` header (https://www.w3.org/TR/trace-context/#traceparent-header); null where
 * it can't be read as one.
 */
export function parentOf(traceparent: string | null) {
  const [, version, traceId, spanId, flags, rest] =
    /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/.exec(traceparent ?? '') ?? [];
  if (!version || !traceId || !spanId || !flags || version === 'ff') return null;
  if (version === '00' && rest !== undefined) return null; // later versions may add fields
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}

/** The attributes of an ask's span: nothing that was asked, answered or read. */
function attributesOf({ collection, reply, error }: AskEnd) {
  if (!reply) return { 'assay.collection': collection, ...(error && { 'error.type': error.code }) };
  const { id, verdict, abstained, attempts, usage } = reply;
  return {
    'assay.collection': collection,
    'assay.ask.id': id,
    'assay.verdict.label': verdict.label,
    'assay.verdict.basis': verdict.basis,
    ...(verdict.score !== null && { 'assay.verdict.score': verdict.score }),
    ...(verdict.problem !== null && { 'assay.verdict.problem': verdict.problem }),
    'assay.abstained': abstained,
    'assay.attempts': attempts,
    'assay.model_calls': usage.modelCalls,
    'gen_ai.usage.input_tokens': usage.promptTokens,
    'gen_ai.usage.output_tokens': usage.completionTokens,
  };
}

/** Milliseconds since the epoch as seconds and nanoseconds. */
function toHrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

function toResource(attributes: Record<string, string>): NonNullable<TracerConfig['resource']> {
  const resource: NonNullable<TracerConfig['resource']> = {
    attributes,
    merge: () => resource,
    getRawAttributes: () => Object.entries(attributes),
  };
  return resource;
}
