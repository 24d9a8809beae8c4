import { isIP } from 'node:net';
import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import { AppError } from '../errors.ts';
import { createRecent } from '../recent.ts';
import { redisKey } from '../replicas/redis-key.ts';

/**
 * Refuses with RATE_LIMITED what goes beyond so many requests a minute: of each key, and of each client address where a request
 * has none that is known (of IPv6, each /64). Counted is what comes to any path but `/health/*` and the page's own files under
 * `/assets/`, of which one visit takes some thirty, whether there is something or not, unless it was refused before for where it comes from.
 * @param redis counts for all replicas together; what comes while it is away is let through
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

/** How many callers are counted, at least; those that have not been heard of for longest begin anew. */
const callersCounted = 5_000;

/**
 * Counts in memory by a clock that is never set. The plugin's own store reads the system's: where that was set back by an hour,
 * whoever had used up a minute was refused for one.
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

  /** The plugin asks for one for each route. */
  child() {
    return this;
  }
}

/** Where a request comes from, as trusted proxies tell it; where what they tell is no address, the first of them. */
const addressOf = ({ ip, raw }: FastifyRequest) => (isIP(ip) === 0 ? (raw.socket.remoteAddress ?? '') : ip);
