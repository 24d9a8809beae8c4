import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { IngestCollection, OnFailed } from './ingest/job.ts';
import type { Metrics } from './observe/metrics.ts';

/**
 * Opens what a serving replica shares with the others through the configured Redis: the counts behind limits, and jobs.
 * Null without a Redis; the modules for it are loaded only with one.
 */
export async function openShared(
  { redisUrl }: Config,
  { logger, metrics, ...jobs }: { logger: Logger; metrics: Metrics; ingest: IngestCollection; onFailed: OnFailed },
) {
  if (redisUrl === undefined) return null;
  const [{ openRedis }, { shareJobs }, { countInRedis }] = await Promise.all([
    import('./replicas/open-redis.ts'),
    import('./replicas/shared-jobs.ts'),
    import('./replicas/token-count.ts'),
  ]);
  const { redis, isUp, close } = await openRedis(redisUrl, {
    onAway: (reason) => logger.warn({ reason }, 'Redis does not reply; replicas share nothing meanwhile'),
    onBack: () => logger.info('Redis replies again'),
  });
  metrics.gauge('assay_redis_up', 'Whether the Redis that replicas share replies: 1 or 0', () => (isUp() ? 1 : 0));
  return { redis, isUp, tokenCount: countInRedis(redis), jobs: shareJobs({ redis, logger, ...jobs }), close };
}
