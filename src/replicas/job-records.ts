import type { Redis } from 'ioredis';
import { AppError } from '../errors.ts';
import type { Job } from '../ingest/job.ts';

/** How long a job is remembered after it was last heard of, in milliseconds. */
const keptMs = 86_400_000;

const running = 'assay:jobs';
const jobKey = (id: string) => `assay:job:${id}`;
const leaseKey = (id: string) => `assay:lease:${id}`;

/** Of one collection's jobs, one runs: the one that is there is found, or this one entered, with its lease. */
const enter = `
local id = redis.call('HGET', KEYS[1], ARGV[1])
local state = id and redis.call('HGET', 'assay:job:' .. id, 'state')
if state then return state end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[2], 'status', 'running', 'state', ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
redis.call('SET', KEYS[3], ARGV[5], 'PX', ARGV[6])`;

/** Keeps a job's lease and its state, unless it is another's by now, or has ended. What Redis has lost is there again. */
const tell = `
local holder = redis.call('GET', KEYS[3])
local current = redis.call('HGET', KEYS[1], ARGV[1])
local status = redis.call('HGET', KEYS[2], 'status')
if (holder and holder ~= ARGV[5]) or (current and current ~= ARGV[2]) or (status and status ~= 'running') then
  return 'lost'
end
redis.call('HSET', KEYS[2], 'status', ARGV[7], 'state', ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
if ARGV[7] == 'running' then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  redis.call('SET', KEYS[3], ARGV[5], 'PX', ARGV[6])
else
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('DEL', KEYS[3])
end
return redis.call('HEXISTS', KEYS[2], 'cancel') == 1 and 'cancel' or 'told'`;

/** Takes the lease of a job that nobody holds, and counts how often that was done. */
const claim = `
if redis.call('HGET', KEYS[1], 'status') ~= 'running' then return false end
if not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return false end
return { redis.call('HGET', KEYS[1], 'state'), redis.call('HINCRBY', KEYS[1], 'claims', 1) }`;

const release = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`;

export type JobRecords = ReturnType<typeof createJobRecords>;

/**
 * What all replicas know of jobs: their states, and who does them. A job is done by the replica that holds its lease, which
 * runs out when it is not told of for `leaseMs` milliseconds.
 * @param options.replica tells this process apart from all others
 * Every function throws AppError NOT_READY where Redis is away.
 */
export function createJobRecords(redis: Redis, { replica, leaseMs }: { replica: string; leaseMs: number }) {
  const away = (cause: unknown) => {
    throw new AppError('NOT_READY', 'Redis does not reply.', { cause });
  };
  /** What `enter` and `tell` are told of a job. */
  const about = ({ id, collection, ...rest }: Job) =>
    [collection, id, JSON.stringify({ id, collection, ...rest }), keptMs, replica, leaseMs, rest.status] as const;
  const keys = ({ id }: Job) => [running, jobKey(id), leaseKey(id)] as const;

  return {
    /** @returns the job of the same collection that runs already, or null where this one is entered now */
    async enter(job: Job): Promise<Job | null> {
      const other = await redis.eval(enter, 3, ...keys(job), ...about(job)).catch(away);
      return other === null ? null : JSON.parse(String(other));
    },

    /** Keeps the lease and tells the state. `lost`: it is another's; `cancel`: somebody wants it to stop. */
    async tell(job: Job) {
      return (await redis.eval(tell, 3, ...keys(job), ...about(job)).catch(away)) as 'told' | 'cancel' | 'lost';
    },

    async read(id: string): Promise<Job | null> {
      const state = await redis.hget(jobKey(id), 'state').catch(away);
      return typeof state === 'string' ? JSON.parse(state) : null;
    },

    /** The ids of the jobs that run, whoever does them. */
    running: async (): Promise<string[]> => (await redis.hvals(running).catch(away)) ?? [],

    /** The job, which is this replica's from now on, and how often it was taken over; null where another holds it. */
    async claim(id: string): Promise<{ job: Job; claims: number } | null> {
      const reply = await redis.eval(claim, 2, jobKey(id), leaseKey(id), replica, leaseMs).catch(away);
      if (!Array.isArray(reply)) return null;
      return { job: JSON.parse(reply[0]), claims: Number(reply[1]) };
    },

    /** Leaves the job to whoever claims it next. */
    async release(id: string): Promise<void> {
      await redis.eval(release, 1, leaseKey(id), replica).catch(away);
    },

    /** Has whoever does this job stop it. */
    async askToCancel(id: string): Promise<void> {
      await redis.hset(jobKey(id), 'cancel', '1').catch(away);
    },
  };
}
