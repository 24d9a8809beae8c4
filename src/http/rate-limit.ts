import { isIP } from 'node:net';
import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import { AppError } from '../errors.ts';
import { createRecent } from '../recent.ts';
import { redisKey } from '../replicas/redis-key.ts';

/**
 * Refuses with RATE_LIMITED what goes beyond `perMinute` requests a minute: for each known key, and for requests
 * without one, each client address (for IPv6, each /64). Every path counts, known or not, except `/health/*` and
 * `/assets/`, since one visit of the page takes some thirty files. Requests that were refused for their origin before
 * this don't count.
 * @param redis counts for all replicas together; while it is away, everything is let through
 */
export async function limitRate(app: FastifyInstance, perMinute: number | undefined, redis?: Redis) {
  if (perMinute === undefined) return;
  await app.register(rateLimit, {
    global: false, // by itself it counts a route's requests after all hooks, so not those that are refused
    max: perMinute,
    timeWindow: '1 minute',
    keyGenerator: (request) => {
      const { key } = request;
      const caller = key ? `key ${key.name}` : `address ${normalizeIP(addressOf(request))}`;
      return redis ? redisKey('rate', caller) : caller;
    },
    ...(redis ? { redis, nameSpace: '', skipOnError: true } : { store: CountsInMemory }),
    allowList: ({ routeOptions }) => /^\/(?:health|assets)\//.test(routeOptions.url ?? ''),
  });
  const count = app.createRateLimit();
  app.addHook('onRequest', async (request, reply) => {
    const counted = await count(request);
    if (counted.isAllowed) return;
    reply.headers({
      'x-ratelimit-limit': counted.max,
      'x-ratelimit-remaining': counted.remaining,
      'x-ratelimit-reset': counted.ttlInSeconds,
    });
    if (counted.isExceeded)
      throw new AppError('RATE_LIMITED', 'Too many requests within a minute.', {
        retryAfterSeconds: counted.ttlInSeconds,
      });
  });
}

/** How many callers are remembered, at least; those not heard of for longest start again from zero. */
const callersCounted = 5_000;

/**
 * Counts in memory, by a monotonic clock. The plugin's own store reads the system's clock: when that was set back by an
 * hour, callers who had used up their minute were refused for an hour.
 */
class CountsInMemory {
  readonly #counts = createRecent<string, { current: number; beganAt: number }>(2 * callersCounted);

  incr(
    caller: string,
    callback: (error: Error | null, result?: { current: number; ttl: number }) => void,
    windowMs: number,
  ) {
    const now = performance.now();
    let count = this.#counts.get(caller);
    if (!count || now - count.beganAt >= windowMs) {
      count = { current: 0, beganAt: now };
      this.#counts.set(caller, count);
    }
    count.current += 1;
    callback(null, { current: count.current, ttl: count.beganAt + windowMs - now });
  }

  /** The plugin asks for a store for each route. */
  child() {
    return this;
  }
}

/**
 * The address that a request comes from, as trusted proxies report it; if that is no address, the one of the
 * connection.
 */
const addressOf = ({ ip, raw }: FastifyRequest) => (isIP(ip) === 0 ? (raw.socket.remoteAddress ?? '') : ip);
