import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { Knowledge } from '../knowledge/port.ts';

/** What the service is made of, for people and for `/health/ready`. */
export type About = {
  models: { provider: 'embedded' | 'openai-compatible'; chat: string | null; evaluation: string; embedding: string };
  versions: Record<string, string>;
};

/** A store that takes longer to say what it holds will not answer questions either. */
const statsMayTakeMs = 2_000;

/** `/health/live`: the process answers. `/health/ready`: it can serve, from what, with what. */
export const healthRoutes: FastifyPluginAsyncZod<{
  knowledge: Knowledge;
  about: About;
  /** Whether the Redis that the settings name replies; it is told, and no reason not to be ready. */
  redisIsUp: (() => boolean) | undefined;
}> = async (app, options) => {
  app.get(
    '/health/live',
    { schema: { summary: 'Whether the process answers', response: { 200: z.object({ status: z.literal('live') }) } } },
    async () => ({ status: 'live' as const }),
  );
  app.get(
    '/health/ready',
    {
      schema: {
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
        },
      },
    },
    async () => {
      const late = delay(statsMayTakeMs, null, { ref: false });
      const stats = await Promise.race([options.knowledge.stats(), late]);
      if (!stats) throw new AppError('NOT_READY', 'The store does not reply.');
      const { documents, passages } = stats;
      const redis = options.redisIsUp && { redis: options.redisIsUp() ? ('up' as const) : ('down' as const) };
      return { status: 'ready' as const, documents, passages, ...options.about, ...redis };
    },
  );
};
