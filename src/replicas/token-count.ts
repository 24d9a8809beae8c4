import type { Redis } from 'ioredis';
import { redisKey } from './redis-key.ts';

/** Counts how many model tokens each key uses in a day. */
export type TokenCount = {
  /**
   * Adds `tokens` to the count of a key on a day (any name of the day).
   * @returns the new count
   */
  add(keyName: string, day: string, tokens: number): Promise<number>;
};

/** How many days are remembered in memory: if the clock leaps to another day and back, the counts are still there. */
const daysKept = 3;

/** Counts in memory: each process by itself, and from zero at each start. */
export function countInMemory(): TokenCount {
  const days = new Map<string, Map<string, number>>();
  return {
    async add(keyName, day, tokens) {
      const byKey = days.getOrInsertComputed(day, () => new Map());
      if (days.size > daysKept) days.delete(days.keys().next().value!);
      const total = (byKey.get(keyName) ?? 0) + tokens;
      byKey.set(keyName, total);
      return total;
    },
  };
}

/**
 * How long Redis keeps a count, in seconds. The clocks of replicas differ, but a day after its end nobody asks for its
 * count.
 */
const keptSeconds = 2 * 86_400;

/**
 * Counts in Redis, for all replicas together. Each process also counts its own use in memory: while Redis is away, or
 * after it has lost its counts, at least that much is known.
 */
export function countInRedis(redis: Redis): TokenCount {
  const own = countInMemory();
  return {
    async add(keyName, day, tokens) {
      const used = await own.add(keyName, day, tokens);
      const key = redisKey(`tokens:${day}`, keyName);
      const replies = await redis
        .multi()
        .incrby(key, tokens)
        .expire(key, keptSeconds)
        .exec()
        .catch(() => null);
      return Math.max(used, Number(replies?.[0]?.[1] ?? 0));
    },
  };
}
