import type { Redis } from 'ioredis';
import { redisKey } from './redis-key.ts';

/** Where it is counted how many model tokens a key has used on a day. */
export type TokenCount = {
  /** @returns the tokens that are counted for this key and day, after `tokens` more */
  add(keyName: string, day: string, tokens: number): Promise<number>;
};

/** How many days are remembered in memory: a clock that leaps into another and is set back finds what was counted. */
const daysKept = 3;

/** Counts in memory: a new start begins at nothing, and every process counts for itself. */
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

/** Clocks of replicas differ; beyond a day after its end nobody asks for a day's count. */
const keptSeconds = 2 * 86_400;

/**
 * Counts in Redis, for all replicas together. Each counts in memory what it used itself, too: while Redis is away, and after it came
 * back without what it held, that much is known at least.
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
