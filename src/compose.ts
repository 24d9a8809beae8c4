import { readFileSync } from 'node:fs';
import type { DestinationStream, Logger } from 'pino';
import type { AppParts } from './app.ts';
import { createAskChain } from './chain/ask.ts';
import { createConductAsk } from './chain/conduct-ask.ts';
import { createEvaluate } from './chain/evaluate.ts';
import { readPrompts } from './chain/prompts.ts';
import { createRetrieve, type SearchPassages } from './chain/retrieve.ts';
import { openKnowledge } from './compose-knowledge.ts';
import { chooseModels, openAnswering, openEmbeddings, openModelServers } from './compose-models.ts';
import { openShared } from './compose-replicas.ts';
import type { Config } from './config.ts';
import type { AppError } from './errors.ts';
import { errorForLog, toAppError } from './http/error-reply.ts';
import { createIngest } from './ingest/ingest.ts';
import { ingestPaths } from './ingest/ingest-paths.ts';
import type { IngestCollection, OnFailed } from './ingest/job.ts';
import { createJobs } from './ingest/jobs.ts';
import { startParser } from './ingest/parser.ts';
import { readSourceFile } from './ingest/read-source-file.ts';
import { type Embedder, waitAtLimits } from './ingest/wait-at-limits.ts';
import { createKeyring } from './keyring.ts';
import { recycledCause } from './knowledge/client.ts';
import type { Knowledge, NewAskRecord } from './knowledge/port.ts';
import { openEntailmentModel } from './models/entailment.ts';
import type { KeptReplies } from './models/kept-replies.ts';
import { openLogger } from './observe/logger.ts';
import { createMetrics, type Metrics } from './observe/metrics.ts';

const versionOf = (path: string) => String(JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version);

/** Opens traces if the settings name a collector; the modules for them are loaded only then. */
async function openTraces(config: Config, logger: Logger, metrics: Metrics) {
  const { endpoint, ...settings } = config.traces;
  if (endpoint === undefined) return null;
  let reached = true;
  const onExport = (delivered: boolean) => {
    metrics.traceExported(delivered);
    if (delivered !== reached)
      logger[delivered ? 'info' : 'warn'](delivered ? 'traces arrive again' : 'traces do not reach the collector');
    reached = delivered;
  };
  const { openTraces: open } = await import('./observe/traces.ts');
  const version = versionOf('../package.json');
  return open({ endpoint, ...settings, version, onExport, onDrop: metrics.traceDropped });
}

/**
 * Saves the records of asks beside their replies: a record that can't be kept is logged, and is no reason to withhold
 * the answer.
 */
function keepRecords(knowledge: Pick<Knowledge, 'saveAsk'>, logger: Logger) {
  /** By what `saveAsk` returns, which is one promise for all records that are written together. */
  const underWay = new Map<Promise<void>, Promise<void>>();
  async function watch(saving: Promise<void>, id: string) {
    try {
      await saving;
    } catch (error) {
      const { ids = [id], code } = error as { ids?: string[]; code?: string };
      logger.error({ askIds: ids, code }, 'records of asks were not kept');
    } finally {
      underWay.delete(saving);
    }
  }
  return {
    save(record: NewAskRecord) {
      const saving = knowledge.saveAsk(record);
      if (!underWay.has(saving)) underWay.set(saving, watch(saving, record.id));
    },
    /** Resolves when all records so far are kept or given up. */
    saved: () => Promise.all(underWay.values()),
  };
}

/**
 * The parts list: makes every concrete part once and joins them. The caller must also call `close`, which ends the
 * knowledge host after what it is doing.
 * @param options.logTo where the log goes instead of stdout
 * @param options.kept replies of models that are not asked for again
 * @param options.serving makes this one of the replicas that share limits and jobs, if the settings name a Redis; a
 * Weaviate that doesn't reply yet is then left for `openStore` to open
 * @throws AppError BAD_SETTINGS for prompts or settings that can't be used; NOT_READY where the store or the weights
 * can't be opened
 */
export async function compose(
  config: Config,
  options: { logTo?: 'terminal' | DestinationStream; kept?: KeptReplies; serving?: boolean } = {},
) {
  const logger = openLogger(config.logLevel, options.logTo);
  for (const setting of config.unused) logger.warn({ setting }, 'this setting is taken and not used');
  const metrics = createMetrics();
  readPrompts(config.promptsDir); // a bad prompt is reported at the start, even if no model would read it
  const models = chooseModels(config.models);
  const servers = openModelServers(config);
  const opened = await openEmbeddings(config, models.embedding, servers);
  const embeddings = options.kept?.embeddings(opened, models.embedding) ?? opened;
  const entailment =
    config.entailmentModelDir === undefined ? null : await openEntailmentModel(config.entailmentModelDir);
  // Whatever settings can make fail comes before the store is opened: the process of a store that stays open would keep this one alive.
  const { suffices, answer, judges, standaloneQuestion } = openAnswering(config, models, servers, {
    cache: options.kept,
    entails: entailment?.entails,
  });
  const { dataDir } = config;
  const knowledge = await openKnowledge(config, {
    embeddings,
    embeddingModel: models.embedding,
    onTaken: () => logger.info({ embedding: models.embedding }, 'the vectors made by assay reembed are in use now'),
    onRestart: (cause) => {
      metrics.hostRestarted({ planned: cause === recycledCause });
      logger.warn({ cause }, 'knowledge host died; starting it anew');
    },
    onAsksSetAside: (file) => logger.warn({ file }, 'records of asks were damaged and set aside'),
  });
  metrics.watchStore({ stats: () => knowledge.stats(), dataDir });
  metrics.gauge('assay_asks_limit', 'MAX_CONCURRENT_ASKS', () => config.admission.most);
  const traces = await openTraces(config, logger, metrics);
  async function openStore() {
    await knowledge.open();
    await knowledge.createCollection('default');
  }
  await openStore().catch((error: AppError) => {
    if (!options.serving || !config.weaviate || error.code !== 'NOT_READY') throw error;
  });

  const search: SearchPassages = async ({ question, collection, topK, searchedFor = question }, { signal }) => {
    const vector = new Float32Array(await embeddings.embedQuery(searchedFor, { signal }));
    return knowledge.search({ question: searchedFor, rerankedFor: question, collection, topK, vector });
  };
  const { abstention } = config;
  const chain = createAskChain({
    retrieve: createRetrieve(search),
    suffices,
    answer,
    evaluate: createEvaluate(judges),
    abstention,
  });
  const { topK, askTimeoutMs, chunkSizeTokens, chunkOverlapTokens, maxBodyBytes } = config;
  const { host, rateLimitPerMinute, tokensPerDay, corsOrigins, trustedProxies } = config;
  const records = keepRecords(knowledge, logger);
  const conductAsk = createConductAsk({
    chain,
    abstention,
    standaloneQuestion,
    topK,
    timeoutMs: askTimeoutMs,
    saveAsk: config.asksRetentionMs > 0 ? records.save : undefined,
    observe: (end) => {
      metrics.askEnded(end);
      traces?.askEnded(end);
    },
  });
  const parser = await startParser();
  const ingestBy = (embedder: Embedder) =>
    metrics.countUpstreamErrors(
      'ingest',
      createIngest({ knowledge, parser, embeddings: embedder, chunkSizeTokens, chunkOverlapTokens }),
    );
  const ingest = ingestBy(embeddings);
  const onWait = (seconds: number) => logger.warn({ seconds }, 'the model server limits calls; the ingest waits');
  const ingestInLongWork = ingestBy(waitAtLimits(embeddings, { onWait }));
  const embedTexts: AppParts['embedTexts'] = (texts, { signal }) => embeddings.embedDocuments(texts, { signal });
  const ingestUploads: AppParts['ingestUploads'] = (collection, uploads, { signal }) =>
    ingest(
      uploads.map((upload) => ({ collection, ...upload })),
      { signal },
    );
  const ingestFile = async (
    collection: string,
    path: string,
    source: string,
    { charset, signal }: { charset?: string | undefined; signal?: AbortSignal | undefined } = {},
  ) => {
    const content = { bytes: await readSourceFile(path), charset };
    const [ingested] = await ingestInLongWork([{ collection, source, content }], { signal }).catch((error) => {
      // The progress of an ingest tells no cause of what nobody foresaw.
      const failure = toAppError(error);
      if (failure.code === 'INTERNAL' && !signal?.aborted)
        logger.error({ error: errorForLog(failure) }, 'a file was not ingested');
      throw error;
    });
    return ingested!;
  };
  const ingestCorpus: IngestCollection = (collection, { signal, onProgress }) =>
    ingestPaths({
      paths: [config.corpusDir],
      ingestFile: (path, source) => ingestFile(collection, path, source, { signal }),
      signal,
      onProgress,
    });
  const onFailed: OnFailed = ({ id: jobId }, failure) =>
    logger.warn({ jobId, error: errorForLog(failure) }, 'a job failed');
  const shared = options.serving ? await openShared(config, { logger, metrics, ingest: ingestCorpus, onFailed }) : null;
  const jobs = shared?.jobs ?? createJobs(ingestCorpus, onFailed);
  const versions = {
    assay: versionOf('../package.json'),
    node: process.versions.node,
    langchain: versionOf('../node_modules/@langchain/core/package.json'),
    faiss: versionOf('../node_modules/faiss-node/package.json'),
  };

  return {
    chain,
    conductAsk: metrics.countInProgress(conductAsk),
    search: metrics.countUpstreamErrors('search', search),
    embedTexts: metrics.countUpstreamErrors('embeddings', embedTexts),
    entails: entailment?.entails,
    servers,
    ingestUploads,
    ingestFile,
    jobs,
    shared,
    knowledge,
    openStore,
    logger,
    metrics,
    about: { models, versions },
    keyring: createKeyring(config.apiKeys),
    settings: {
      topK,
      maxBodyBytes,
      admission: config.admission,
      host,
      rateLimitPerMinute,
      tokensPerDay,
      corsOrigins,
      trustedProxies,
    },
    async close() {
      await jobs.close();
      shared?.close();
      await parser.close();
      await records.saved(); // a command closes as soon as it has its reply
      await knowledge.close();
      await opened.close?.();
      await entailment?.close();
      await servers.close();
      await traces?.close();
    },
  } satisfies AppParts & Record<string, unknown>;
}

export type Parts = Awaited<ReturnType<typeof compose>>;
