import type { Redis } from 'ioredis';
import { AppError } from '../errors.ts';
import type { Job } from '../ingest/job.ts';

/** How long a job is remembered after it was last updated, in milliseconds. */
const keptMs = 86_400_000;

const running = 'assay:jobs';
const jobKey = (id: string) => `assay:job:${id}`;
const leaseKey = (id: string) => `assay:lease:${id}`;

/** The beginning of `enter` and `tell`: names for their arguments. */
const named = `
local running, job, lease = unpack(KEYS)
local collection, id, state, keptMs, replica, leaseMs, status = unpack(ARGV)`;

/** Only one job runs for a collection: returns the one that runs already, or enters this one with its lease. */
const enter = `${named}
local other = redis.call('HGET', running, collection)
local found = other and redis.call('HGET', 'assay:job:' .. other, 'state')
if found then return found end
redis.call('HSET', running, collection, id)
redis.call('HSET', job, 'status', status, 'state', state)
redis.call('PEXPIRE', job, keptMs)
redis.call('SET', lease, replica, 'PX', leaseMs)`;

/**
 * Renews the lease of a job and stores its state, also where Redis has lost them, unless the job is another's by now or
 * has ended.
 */
const tell = `${named}
local holder = redis.call('GET', lease)
local known = redis.call('HGET', job, 'status')
local current = redis.call('HGET', running, collection)
local goesOn = status == 'running'
if (holder and holder ~= replica) or (known and known ~= 'running') then return 'lost' end
if goesOn and current and current ~= id then return 'lost' end
redis.call('HSET', job, 'status', status, 'state', state)
redis.call('PEXPIRE', job, keptMs)
if goesOn then
  redis.call('HSET', running, collection, id)
  redis.call('SET', lease, replica, 'PX', leaseMs)
elseif current == id then
  redis.call('HDEL', running, collection)
end
return redis.call('HEXISTS', job, 'cancel') == 1 and 'cancel' or 'told'`;

/** Takes the lease of a running job that nobody holds, and counts how often that happened. */
const claim = `
if redis.call('HGET', KEYS[1], 'status') ~= 'running' then return false end
if not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return false end
return { redis.call('HGET', KEYS[1], 'state'), redis.call('HINCRBY', KEYS[1], 'claims', 1) }`;

/** Notes that a job is to stop; with an end, as the job may just have been forgotten. */
const askToCancel = `
redis.call('HSET', KEYS[1], 'cancel', '1')
redis.call('PEXPIRE', KEYS[1], ARGV[1])`;

const release = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`;

/**
 * What all replicas know of jobs: their states, and who does them. A job is done by the replica that holds its lease,
 * which runs out if not renewed for `leaseMs` milliseconds. Every function rejects with AppError NOT_READY while Redis
 * is away.
 * @param options.replica tells this process apart from all others
 */
export function createJobRecords(redis: Redis, { replica, leaseMs }: { replica: string; leaseMs: number }) {
  const away = (cause: unknown) => {
    throw new AppError('NOT_READY', 'Redis does not reply.', { cause });
  };
  /** The arguments of `enter` and `tell`. */
  const about = ({ id, collection, ...rest }: Job) =>
    [collection, id, JSON.stringify({ id, collection, ...rest }), keptMs, replica, leaseMs, rest.status] as const;
  const keys = ({ id }: Job) => [running, jobKey(id), leaseKey(id)] as const;

  return {
    /**
     * Enters a job.
     * @returns the job that runs for its collection already, or null if this one was entered
     */
    async enter(job: Job): Promise<Job | null> {
      const other = await redis.eval(enter, 3, ...keys(job), ...about(job)).catch(away);
      return other === null ? null : JSON.parse(String(other));
    },

    /** Renews the lease and stores the state. `lost`: the job is another's; `cancel`: somebody wants it to stop. */
    async tell(job: Job) {
      return (await redis.eval(tell, 3, ...keys(job), ...about(job)).catch(away)) as 'told' | 'cancel' | 'lost';
    },

    async read(id: string): Promise<Job | null> {
      const state = await redis.hget(jobKey(id), 'state').catch(away);
      return typeof state === 'string' ? JSON.parse(state) : null;
    },

    /** The ids of all running jobs, whoever does them. */
    running: async (): Promise<string[]> => (await redis.hvals(running).catch(away)) ?? [],

    /** Takes a job over; gives it and how often that happened to it, or null where another replica holds it. */
    async claim(id: string): Promise<{ job: Job; claims: number } | null> {
      const reply = await redis.eval(claim, 2, jobKey(id), leaseKey(id), replica, leaseMs).catch(away);
      if (!Array.isArray(reply)) return null;
      return { job: JSON.parse(reply[0]), claims: Number(reply[1]) };
    },

    /** Gives up the lease, so that another replica may claim the job. */
    async release(id: string): Promise<void> {
      await redis.eval(release, 1, leaseKey(id), replica).catch(away);
    },

    /** Asks the replica that does this job to stop it. */
    async askToCancel(id: string): Promise<void> {
      await redis.eval(askToCancel, 1, jobKey(id), keptMs).catch(away);
    },
  };
}
