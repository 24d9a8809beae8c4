import { Redis } from 'ioredis';

/**
 * A Redis that doesn't reply within this many milliseconds counts as gone: its connection is closed, and calls fail at
 * once until there is a new one.
 */
const patienceMs = 1_000;
const retryEveryMs = 500;
/**
 * The first word of a refusal that shows that Redis takes no commands; the four words excluded here are about one
 * command alone.
 */
const refusals = /^(?!ERR|NOSCRIPT|EXECABORT|WRONGTYPE)[A-Z]{3,20}(?= )/;
/** Tries what every shared write needs: a script that writes to a key of Assay's. It leaves nothing behind. */
const take = `
redis.call('SET', KEYS[1], '')
redis.call('DEL', KEYS[1])`;

/**
 * Opens the connection to Redis, which holds what replicas share. Nobody waits for a Redis that is away: calls fail at
 * once, and none is queued or repeated. One that takes no writes (full, read-only or not permitted) counts as away
 * until it does. Resolves once it takes writes or is known to be away, which doesn't keep the service from starting.
 * @param options.onAway is told when Redis goes away and why, in a word that may be logged; while it is away, once of
 * each further reason
 * @param options.onBack is told when it is back
 */
export async function openRedis(
  url: string,
  { onAway, onBack }: { onAway: (reason: string | undefined) => void; onBack: () => void },
) {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: patienceMs,
    commandTimeout: patienceMs,
    socketTimeout: patienceMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false, // it waits while Redis loads its data, which may take minutes; tryWrite is told so at once
    retryStrategy: () => retryEveryMs,
    reconnectOnError({ message }) {
      const refusal = refusals.exec(message)?.[0];
      if (refusal && redis.status === 'ready') markRefusing(refusal);
      // After a failover the address leads to another server, but the open connection to one that is read-only now.
      return refusal === 'READONLY';
    },
    connectionName: 'assay',
  });
  let isUp: boolean | undefined;
  let isClosing = false;
  let reason: string | undefined;
  const told = new Set<string | undefined>();
  function markAway(why: string | undefined) {
    const isNews = isUp !== false || !told.has(why);
    isUp = false;
    told.add(why);
    if (isNews && !isClosing) onAway(why);
  }
  function markBack() {
    if (isUp === false) onBack();
    isUp = true;
    told.clear();
  }
  let nextTry: NodeJS.Timeout | undefined;
  function markRefusing(why: string | undefined) {
    markAway(why);
    nextTry ??= setTimeout(() => {
      nextTry = undefined;
      if (redis.status === 'ready') void tryWrite();
    }, retryEveryMs).unref();
  }
  async function tryWrite() {
    try {
      await redis.eval(take, 1, 'assay:taken');
      markBack();
    } catch (error) {
      if (redis.status === 'ready') markRefusing(reasonOf(error as Error));
    }
  }
  let tried = Promise.resolve();
  redis.on('ready', () => {
    if (reason !== 'SELECT') tried = tryWrite(); // else the connection is being closed
  });
  redis.on('error', (error: Error & { command?: { name: string } }) => {
    const isSelect = error.command?.name === 'select';
    reason ??= isSelect ? 'SELECT' : reasonOf(error);
    if (error.name === 'ReplyError') markAway(reason); // it replies, but lets nobody in
    if (isSelect) redis.disconnect(true); // it would go on in another database than the configured one
  });
  redis.on('close', () => {
    if (isUp !== false) markAway(reason);
    reason = undefined;
  });
  await redis.connect().catch(() => {}); // onAway was told
  await tried;
  return {
    redis,
    isUp: () => isUp === true,
    close() {
      isClosing = true;
      clearTimeout(nextTry);
      redis.disconnect();
    },
  };
}

/** Why Redis can't be used, in a word: the message of its client repeats what was sent, passwords included. */
function reasonOf({ message, code }: Error & { code?: unknown }): string | undefined {
  if (typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code)) return code;
  return /^[A-Z]{3,20}(?= )/.exec(message)?.[0];
}
