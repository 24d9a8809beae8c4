import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { Knowledge } from '../knowledge/port.ts';
import { ErrorBody } from './error-reply.ts';

/** What the service is made of, for people and for `/health/ready`. */
export type About = {
  models: { provider: 'embedded' | 'openai-compatible'; chat: string | null; evaluation: string; embedding: string };
  versions: Record<string, string>;
};

/** Gives what the service waits for before it is ready, in words for people; null when it is ready. */
export type WaitsFor = () => string | null;

/** A store that takes longer to report what it holds will not answer questions either. */
const statsMayTakeMs = 2_000;

/**
 * `/health/live`: whether the process answers. `/health/ready`: whether it can answer questions, from how many
 * documents, with which models.
 */
export const healthRoutes: FastifyPluginAsyncZod<{
  knowledge: Knowledge;
  about: About;
  waitsFor: WaitsFor;
  /** Whether the configured Redis replies; reported, but the service is ready without it. */
  redisIsUp: (() => boolean) | undefined;
}> = async (app, options) => {
  app.get(
    '/health/live',
    {
      schema: {
        operationId: 'getLiveness',
        summary: 'Whether the process answers',
        response: { 200: z.object({ status: z.literal('live') }) },
      },
    },
    async () => ({ status: 'live' as const }),
  );
  app.get(
    '/health/ready',
    {
      schema: {
        operationId: 'getReadiness',
        summary: 'Whether the service can answer, and what it is made of',
        response: {
          200: z.object({
            status: z.literal('ready'),
            documents: z.int(),
            passages: z.int(),
            models: z.object({
              provider: z.string(),
              chat: z.string().nullable(),
              evaluation: z.string(),
              embedding: z.string(),
            }),
            versions: z.record(z.string(), z.string()),
            redis: z.enum(['up', 'down']).optional(),
          }),
          503: ErrorBody,
        },
      },
    },
    async (request, reply) => {
      const awaited = options.waitsFor();
      if (awaited !== null) {
        // Not a failure: nothing is logged, and the reply says what is waited for.
        request.errorCode = 'NOT_READY';
        const body = { error: { code: 'NOT_READY', message: awaited, requestId: request.id } };
        return reply.status(503).header('retry-after', '1').send(body);
      }
      const late = delay(statsMayTakeMs, null, { ref: false });
      const stats = await Promise.race([options.knowledge.stats(), late]);
      if (!stats) throw new AppError('NOT_READY', 'The store does not reply.');
      const { documents, passages } = stats;
      const redis = options.redisIsUp && { redis: options.redisIsUp() ? ('up' as const) : ('down' as const) };
      return { status: 'ready' as const, documents, passages, ...options.about, ...redis };
    },
  );
};
