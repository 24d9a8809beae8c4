import { randomUUID } from 'node:crypto';
import multipart from '@fastify/multipart';
import fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { ConductAsk } from './chain/conduct-ask.ts';
import type { SearchPassages } from './chain/retrieve.ts';
import { AppError } from './errors.ts';
import { type AdmissionLimits, openAdmission } from './http/admission.ts';
import { askRoutes } from './http/ask.ts';
import { replyInsteadOfNode, replyToBrokenHttp } from './http/broken-http.ts';
import { collectionRoutes } from './http/collections.ts';
import { lookAfterConnections } from './http/connections.ts';
import { mostFiles } from './http/document-fields.ts';
import { documentRoutes, type IngestUploads, type OpenReader } from './http/documents.ts';
import { ErrorBody, replyWithError } from './http/error-reply.ts';
import { type About, healthRoutes, type WaitsFor } from './http/health.ts';
import { jobRoutes } from './http/jobs.ts';
import { smallBodyBytes, takeJson } from './http/json-body.ts';
import { readKeys, requireKeys } from './http/keys.ts';
import { mcpRoute } from './http/mcp.ts';
import { metricsRoute, observeRequests } from './http/metrics.ts';
import { refuseUnknown } from './http/not-found.ts';
import { type EmbedTexts, inCalls } from './http/openai-embeddings.ts';
import { isOpenAiUrl, replyWithOpenAiError } from './http/openai-errors.ts';
import { openAiRoutes } from './http/openai-routes.ts';
import { describeRoutes } from './http/openapi.ts';
import { guardOrigins } from './http/origins.ts';
import { pageRoutes } from './http/page.ts';
import { limitRate } from './http/rate-limit.ts';
import { searchRoutes } from './http/search.ts';
import { securityHeaders } from './http/security-headers.ts';
import { withTokenBudget } from './http/token-budget.ts';
import type { Jobs } from './ingest/jobs.ts';
import type { Keyring } from './keyring.ts';
import type { Knowledge } from './knowledge/port.ts';
import type { Metrics } from './observe/metrics.ts';
import type { TokenCount } from './replicas/token-count.ts';

/** What the HTTP side works with: the parts, and the settings that concern it. */
export type AppParts = {
  conductAsk: ConductAsk;
  search: SearchPassages;
  embedTexts: EmbedTexts;
  ingestUploads: IngestUploads;
  knowledge: Knowledge;
  jobs: Jobs;
  metrics: Metrics;
  about: About;
  logger: FastifyBaseLogger;
  keyring: Keyring;
  /** What replicas share; null where this process stands alone. */
  shared: { redis: Redis; isUp: () => boolean; tokenCount: TokenCount } | null;
  settings: {
    topK: number;
    admission: AdmissionLimits;
    maxBodyBytes: number;
    /** The address that the service listens on. */
    host: string;
    rateLimitPerMinute: number | undefined;
    tokensPerDay: number | undefined;
    corsOrigins: string[];
    /** Addresses and networks of proxies that are believed about where a request comes from. */
    trustedProxies: string[];
  };
};

/** The routes that take no other query than their schema names. Probes and other protocols' clients may send their own. */
const takesOwnQuery = /^\/(?:asks?|search|documents|collections|jobs)(?:\/|$)/;

/** Texts are long, and the store carries out everything in order: searches would wait for all that are read. */
const documentReads: AdmissionLimits = { most: 4, mostWaiting: Number.POSITIVE_INFINITY, waitMs: 60_000 };

/**
 * Builds the HTTP service from its parts; the caller makes it listen.
 * @param waitsFor what `/health/ready` says while the service is up but not ready
 */
export async function buildApp(parts: AppParts, waitsFor: WaitsFor = () => null) {
  const { settings, knowledge, about, keyring, shared } = parts;
  const app = fastify({
    loggerInstance: parts.logger,
    bodyLimit: Math.min(smallBodyBytes, settings.maxBodyBytes), // routes that take more set their own
    trustProxy: settings.trustedProxies,
    requestTimeout: 300_000, // for a request to arrive whole: Node's own default, which Fastify turns off
    logController: new LogController({ disableRequestLogging: true }),
    requestIdHeader: false,
    genReqId: ({ headers }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
    },
    forceCloseConnections: 'idle',
    return503OnClosing: false, // a hook does, in the shape of all errors
    routerOptions: { maxParamLength: 16_384 }, // as long as a head may be: any unknown id is not found, however long
    // A path that can't be decoded fails before any hook: the same reply as for other failures.
    frameworkErrors: (error, request, reply) => {
      reply.headers({ ...securityHeaders, 'x-request-id': request.id });
      const tell = isOpenAiUrl(request.url) ? replyWithOpenAiError : replyWithError;
      void tell(error, request as never, reply as never);
    },
    clientErrorHandler: (error, socket) =>
      connections.isReplying(socket) ? void socket.destroy() : replyToBrokenHttp(error, socket),
    http: { requireHostHeader: false }, // replyInsteadOfNode checks it
  }).withTypeProvider<ZodTypeProvider>();

  const connections = lookAfterConnections(app.server);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(replyWithError);
  const refuse = refuseUnknown(app);
  app.setNotFoundHandler(refuse);
  observeRequests(app, parts.metrics);
  app.addHook('onRequest', async (request, reply) => {
    const turn = connections.takeTurn(request.raw, reply.raw);
    if (turn) await turn;
    reply.headers({ ...securityHeaders, 'x-request-id': request.id });
    if (request.raw.socket.destroyed) throw new AppError('CLIENT_GONE', 'The client left.');
    if (connections.isDraining()) throw new AppError('NOT_READY', 'The service is stopping.');
  });
  app.addHook('preClose', async () => {
    connections.drain();
    // Ends the streams of those who watch a job, which would hold up the closing; `compose` closes the jobs too.
    parts.jobs.close().catch(() => {});
  });
  app.addHook('onRoute', ({ schema, url }) => {
    if (!schema?.response) return;
    // Every failure of a route has this one shape, unless its protocol has another.
    schema.response = { default: ErrorBody, ...schema.response };
    // A field in the wrong place, such as `?collection=` of an upload, would go unnoticed.
    if (takesOwnQuery.test(url)) schema.querystring ??= z.strictObject({});
  });
  takeJson(app);
  await guardOrigins(app, { ...settings, keysRequired: keyring.isRequired });
  replyInsteadOfNode(app);
  readKeys(app, keyring);
  await limitRate(app, settings.rateLimitPerMinute, shared?.redis);
  requireKeys(app, keyring);
  const asks = openAdmission(settings.admission);
  parts.metrics.gauge('assay_asks_waiting', 'Asks in the line for their turn', () => asks.state().waiting);
  const admitAsk: ConductAsk = (request, asker) => asks.admit(asker?.signal, () => parts.conductAsk(request, asker));
  const conductAsk = withTokenBudget(admitAsk, settings.tokensPerDay, {
    ...(shared && { count: shared.tokenCount }),
  });
  // By themselves, so that a flood of them neither refuses asks nor keeps the embedding model from them for long.
  const lookUps = openAdmission(settings.admission);
  const search: SearchPassages = (query, options) => lookUps.admit(options.signal, () => parts.search(query, options));
  const embedInCalls = inCalls(parts.embedTexts);
  const embedTexts: EmbedTexts = (texts, options) => lookUps.admit(options.signal, () => embedInCalls(texts, options));
  const reads = openAdmission(documentReads);
  const openReader: OpenReader = (signal) => ({
    text: (version, from) => reads.admit(signal, () => knowledge.text(version, from)),
  });

  await app.register(multipart, {
    // The name of a file is its document's source, which may be a path, as of a folder dropped on the page.
    preservePath: true,
    limits: {
      ...{ fileSize: settings.maxBodyBytes, files: mostFiles },
      ...{ fields: 10, fieldSize: 64 * 1024, parts: mostFiles + 10 },
    },
  });
  await describeRoutes(app, { version: about.versions.assay!, keysRequired: keyring.isRequired });
  await app.register(pageRoutes, { about });
  await app.register(healthRoutes, { knowledge, about, waitsFor, redisIsUp: shared?.isUp });
  await app.register(metricsRoute, { metrics: parts.metrics });
  await app.register(askRoutes, { conductAsk, knowledge });
  await app.register(searchRoutes, { search, topK: settings.topK });
  const { ingestUploads } = parts;
  await app.register(documentRoutes, { ...settings, ingestUploads, knowledge, openReader });
  await app.register(collectionRoutes, { knowledge });
  await app.register(jobRoutes, { jobs: parts.jobs, knowledge });
  await app.register(openAiRoutes, {
    ...settings,
    prefix: '/v1',
    conductAsk,
    embedTexts,
    knowledge,
    about,
    refuse,
  });
  await app.register(mcpRoute, { ...parts, openReader, conductAsk, search, ...settings });
  await app.ready();
  return app;
}
