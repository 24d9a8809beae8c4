import { randomUUID } from 'node:crypto';
import multipart from '@fastify/multipart';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { ConductAsk } from './chain/conduct-ask.ts';
import type { SearchPassages } from './chain/retrieve.ts';
import type { ApiKey } from './config.ts';
import { AppError } from './errors.ts';
import { askRoutes } from './http/ask.ts';
import { replyInsteadOfNode, replyToBrokenHttp } from './http/broken-http.ts';
import { collectionRoutes } from './http/collections.ts';
import { documentRoutes, type IngestUploads } from './http/documents.ts';
import { ErrorBody, replyWithError } from './http/error-reply.ts';
import { type About, healthRoutes } from './http/health.ts';
import { jobRoutes } from './http/jobs.ts';
import { requireKeys } from './http/keys.ts';
import { searchRoutes } from './http/search.ts';
import { startRoute } from './http/start.ts';
import type { Jobs } from './ingest/jobs.ts';
import type { Knowledge } from './knowledge/port.ts';

/** What the HTTP side is handed: the working parts, and the settings that concern it. */
export type AppParts = {
  conductAsk: ConductAsk;
  search: SearchPassages;
  ingestUploads: IngestUploads;
  knowledge: Knowledge;
  jobs: Jobs;
  about: About;
  logger: FastifyBaseLogger;
  settings: { apiKeys: ApiKey[]; topK: number; maxConcurrentAsks: number; maxBodyBytes: number };
};

/** Builds the HTTP service from its parts; listening is the caller's. */
export async function buildApp(parts: AppParts) {
  const { settings, knowledge, about } = parts;
  const app = fastify({
    loggerInstance: parts.logger,
    bodyLimit: settings.maxBodyBytes,
    logController: new LogController({ disableRequestLogging: true }),
    requestIdHeader: false,
    genReqId: ({ headers }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
    },
    forceCloseConnections: 'idle',
    // A path that can't be decoded is met before any hook: the same reply as for the rest.
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id);
      replyWithError(error, request as never, reply as never);
    },
    clientErrorHandler: replyToBrokenHttp,
    http: { requireHostHeader: false }, // replyInsteadOfNode asks for it
  }).withTypeProvider<ZodTypeProvider>();

  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(replyWithError);
  app.setNotFoundHandler(() => {
    throw new AppError('NOT_FOUND', 'There is nothing here. GET /openapi.json tells what there is.');
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, url = 'unknown' } = request.routeOptions;
    const line = { method, route: url, status: reply.statusCode, ms: Math.round(reply.elapsedTime * 10) / 10 };
    request.log.debug({ ...line, key: request.key?.name }, 'request');
  });
  // Whatever a route replies when it fails has this one shape.
  app.addHook('onRoute', ({ schema }) => {
    if (schema?.response) schema.response = { ...schema.response, default: ErrorBody };
  });
  replyInsteadOfNode(app);
  requireKeys(app, settings.apiKeys);

  await app.register(multipart, {
    limits: { fileSize: settings.maxBodyBytes, files: 100, fields: 10, fieldSize: 64 * 1024, parts: 110 },
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Assay',
        description: 'Answers from your documents, each with a verdict.',
        version: about.versions.assay!,
      },
      ...(settings.apiKeys.length > 0 && {
        components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
        security: [{ key: [] }],
      }),
    },
    transform: jsonSchemaTransform,
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    theme: { title: 'Assay', css: [{ filename: 'assay.css', content: '.swagger-ui .topbar { display: none }' }] },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());

  await app.register(startRoute, { about });
  await app.register(healthRoutes, { knowledge, about });
  await app.register(askRoutes, {
    conductAsk: parts.conductAsk,
    knowledge,
    maxConcurrentAsks: settings.maxConcurrentAsks,
  });
  await app.register(searchRoutes, { search: parts.search, topK: settings.topK });
  await app.register(documentRoutes, { ingestUploads: parts.ingestUploads, knowledge });
  await app.register(collectionRoutes, { knowledge });
  await app.register(jobRoutes, { jobs: parts.jobs, knowledge });
  await app.ready();
  return app;
}
