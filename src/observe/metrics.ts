import { statfs } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { AskEnd, ConductAsk } from '../chain/conduct-ask.ts';
import { AppError } from '../errors.ts';
import type { KnowledgeStats } from '../knowledge/port.ts';

export type Metrics = ReturnType<typeof createMetrics>;

/** A request that has ended, as it is counted. `route` is the pattern, such as `/asks/:id`, so that labels stay few. */
export type EndedRequest = {
  method: string;
  route: string;
  status: number;
  seconds: number;
  /** The code of the failure, where the reply was one. */
  code?: string | undefined;
};

/** The upper bounds of histogram buckets, in seconds: from a quoted answer to a large model that takes its time. */
const fast = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const slow = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120];

/** How long the store's figures are reused: several scrapes at once cost one look. */
const statsAreGoodForMs = 5_000;
/** A store that is starting anew must not hold up a scrape. */
const statsMayTakeMs = 1_000;

/** The error code for what kept the judge from judging. */
const codeOfProblem = {
  timeout: 'MODEL_TIMEOUT',
  unavailable: 'MODEL_UNAVAILABLE',
  unparseable: 'MODEL_BAD_OUTPUT',
  skipped: null,
} as const;

/**
 * The service's metrics, in a registry of their own. No label holds anything that a caller made up: all values come
 * from closed sets in the code.
 */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = <Label extends string>(name: string, help: string, buckets: number[], ...labelNames: Label[]) =>
    new Histogram({ name, help, buckets, labelNames, registers });

  const asks = counter(
    'assay_asks_total',
    'Asks that were answered, by their verdict; problem says why there is none',
    ...(['verdict', 'basis', 'problem', 'abstained'] as const),
  );
  const failedAsks = counter('assay_asks_failed_total', 'Asks that ended without an answer', 'code');
  const askSeconds = histogram('assay_ask_duration_seconds', 'From question to reply, answered or not', slow);
  const stepSeconds = histogram('assay_step_duration_seconds', 'The steps of answered asks', fast, 'step');
  const [retrieve, answer, evaluate] = ['retrieve', 'answer', 'evaluate'].map((step) => stepSeconds.labels(step));
  const modelCalls = counter('assay_model_calls_total', 'Calls of language models by answered asks');
  const tokens = counter('assay_model_tokens_total', 'Tokens that language models reported for answered asks', 'kind');
  const promptTokens = tokens.labels('prompt');
  const completionTokens = tokens.labels('completion');
  const upstreamErrors = counter(
    'assay_upstream_errors_total',
    'Failures of a model or its server, after retries, by what they struck',
    ...(['code', 'during'] as const),
  );
  const requests = counter(
    'assay_http_requests_total',
    'Requests that have ended, by the pattern of their route; status 499: the client left',
    ...(['method', 'route', 'status'] as const),
  );
  const requestSeconds = histogram(
    'assay_http_request_duration_seconds',
    'From the head of a request to the end of its reply',
    slow,
    ...(['method', 'route'] as const),
  );
  const errors = counter('assay_http_errors_total', 'Replies that told of a failure, by its code', 'code');
  const hostRestarts = counter(
    'assay_knowledge_host_restarts_total',
    'New knowledge hosts in the place of one that ended; planned: to give back memory',
    'planned',
  );
  const traceExports = counter('assay_trace_exports_total', 'Batches of spans for the collector', 'result');
  const droppedTraces = counter(
    'assay_traces_dropped_total',
    'Asks without a trace, beyond 100 a second or what the collector takes',
  );
  // A series must exist before its first increase for that increase to show.
  for (const planned of ['true', 'false']) hostRestarts.inc({ planned }, 0);

  let inProgress = 0;
  /**
   * Adds a gauge that is read at each scrape.
   * @param read gives its value; null keeps the last one
   */
  function gauge(name: string, help: string, read: () => number | null | Promise<number | null>): void {
    const collect = async function (this: Gauge) {
      const value = await read();
      if (value !== null) this.set(value);
    };
    new Gauge({ name, help, registers, collect });
  }
  gauge('assay_asks_in_progress', 'Asks that are being answered', () => inProgress);

  return {
    gauge,
    contentType: registry.contentType,
    /** All metrics in Prometheus' text format. */
    text: () => registry.metrics(),

    /** Counts an ask that is over, its failures of models included. */
    askEnded({ reply, error, durationMs }: AskEnd): void {
      askSeconds.observe(durationMs / 1000);
      if (error) {
        failedAsks.inc({ code: error.code });
        if (error.code.startsWith('MODEL_')) upstreamErrors.inc({ code: error.code, during: 'ask' });
      }
      if (!reply) return;
      const { verdict, timings, usage, abstained } = reply;
      const { label, basis, problem } = verdict;
      asks.inc({ verdict: label, basis, problem: problem ?? 'none', abstained: String(abstained) });
      for (const each of reply.verdicts ? [reply.verdicts.context, reply.verdicts.answer] : [verdict]) {
        const code = each.problem && codeOfProblem[each.problem];
        if (code) upstreamErrors.inc({ code, during: 'evaluation' });
      }
      retrieve!.observe(timings.retrieveMs / 1000);
      answer!.observe(timings.answerMs / 1000);
      if (problem !== 'skipped') evaluate!.observe(timings.evaluateMs / 1000);
      modelCalls.inc(usage.modelCalls);
      promptTokens.inc(usage.promptTokens);
      completionTokens.inc(usage.completionTokens);
    },

    /** Wraps `conductAsk` so that the asks under way are counted. */
    countInProgress:
      (conductAsk: ConductAsk): ConductAsk =>
      async (...ask) => {
        inProgress += 1;
        try {
          return await conductAsk(...ask);
        } finally {
          inProgress -= 1;
        }
      },

    /** Counts a request that has ended. */
    requestEnded({ method, route, status, seconds, code }: EndedRequest): void {
      requests.inc({ method, route, status });
      requestSeconds.observe({ method, route }, seconds);
      if (code !== undefined) errors.inc({ code });
    },

    /**
     * Wraps work other than asks so that its failures of the model server are counted, whichever route it was done for.
     */
    countUpstreamErrors:
      <Given extends unknown[], Result>(
        during: 'search' | 'ingest' | 'embeddings',
        work: (...given: Given) => Promise<Result>,
      ) =>
      async (...given: Given): Promise<Result> => {
        try {
          return await work(...given);
        } catch (error) {
          if (error instanceof AppError && error.code.startsWith('MODEL_'))
            upstreamErrors.inc({ code: error.code, during });
          throw error;
        }
      },

    hostRestarted: ({ planned }: { planned: boolean }) => hostRestarts.inc({ planned: String(planned) }),
    traceExported: (delivered: boolean) => traceExports.inc({ result: delivered ? 'delivered' : 'failed' }),
    traceDropped: () => droppedTraces.inc(),

    /** Adds gauges for the store and for the disk beneath it. */
    watchStore({ stats, dataDir }: { stats: () => Promise<KnowledgeStats>; dataDir: string }): void {
      const look = goodFor(statsAreGoodForMs, () =>
        Promise.race([stats().catch(() => null), delay(statsMayTakeMs, null, { ref: false })]),
      );
      const disk = goodFor(statsAreGoodForMs, () => statfs(dataDir).catch(() => null));
      for (const what of ['documents', 'passages', 'windows', 'collections'] as const)
        gauge(`assay_store_${what}`, `The ${what} in the store`, async () => (await look())?.[what] ?? null);
      gauge('assay_knowledge_up', 'Whether the knowledge host replies: 1 or 0', async () => ((await look()) ? 1 : 0));
      gauge('assay_disk_free_bytes', 'Room for the data folder', async () => {
        const found = await disk();
        return found && found.bavail * found.bsize;
      });
      gauge('assay_disk_size_bytes', 'The size of the disk that holds the data folder', async () => {
        const found = await disk();
        return found && found.blocks * found.bsize;
      });
    },
  };
}

/** Returns what `read` gave last, reading anew only if that is older than `ms` milliseconds. */
function goodFor<T>(ms: number, read: () => Promise<T>): () => Promise<T> {
  let last: Promise<T> | undefined;
  let readAt = 0;
  return () => {
    if (last === undefined || performance.now() - readAt > ms) {
      readAt = performance.now();
      last = read();
    }
    return last;
  };
}
