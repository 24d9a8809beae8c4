import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import type { Redis } from 'ioredis';
import { AppError } from '../errors.ts';
import { redisKey } from '../replicas/redis-key.ts';

/**
 * Refuses with RATE_LIMITED what goes beyond so many requests a minute: of each key, and of each client address where a request
 * has no key (of IPv6, each /64). Routes that are registered before this one and `/health/*` are not counted.
 * @param redis counts for all replicas together; what comes while it is away is let through
 */
export async function limitRate(app: FastifyInstance, perMinute: number | undefined, redis?: Redis) {
  if (perMinute === undefined) return;
  await app.register(rateLimit, {
    max: perMinute,
    timeWindow: '1 minute',
    keyGenerator: ({ key, ip }) => {
      const caller = key ? `key ${key.name}` : `address ${normalizeIP(ip)}`;
      return redis ? redisKey('rate', caller) : caller;
    },
    ...(redis && { redis, nameSpace: '', skipOnError: true }),
    allowList: ({ routeOptions }) => routeOptions.url?.startsWith('/health/') ?? false,
    errorResponseBuilder: (_request, { ttl }) =>
      new AppError('RATE_LIMITED', 'Too many requests within a minute.', { retryAfterSeconds: Math.ceil(ttl / 1000) }),
  });
}
