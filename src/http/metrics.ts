import type { FastifyInstance } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorTable } from '../errors.ts';
import type { Metrics } from '../observe/metrics.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The code of the failure, where the reply was one. */
    errorCode?: string;
  }
}

/**
 * Counts every request that has ended, and logs it at debug, by the pattern of its route: what a caller made up never
 * becomes a label. Fastify's own hook is not called for a reply that breaks off, or whose client leaves.
 */
export function observeRequests(app: FastifyInstance, metrics: Metrics) {
  app.addHook('onRequest', async (request, reply) => {
    reply.raw.once('close', () => {
      const { method, errorCode: code } = request;
      const route = request.routeOptions.url ?? 'none';
      // A reply that broke off for another reason has a code of its own.
      const clientLeft = !reply.raw.writableFinished && (code === undefined || code === 'CLIENT_GONE');
      const status = clientLeft ? errorTable.CLIENT_GONE.status : reply.raw.statusCode;
      const ms = reply.elapsedTime;
      metrics.requestEnded({ method, route, status, seconds: ms / 1000, code: clientLeft ? undefined : code });
      request.log.debug({ method, route, status, ms: Math.round(ms * 10) / 10, key: request.key?.name }, 'request');
    });
  });
}

/** `GET /metrics`: what Prometheus reads. */
export const metricsRoute: FastifyPluginAsyncZod<{ metrics: Metrics }> = async (app, { metrics }) => {
  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'getMetrics',
        summary: 'Metrics in Prometheus’ text format',
        response: { 200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } } },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  );
};
