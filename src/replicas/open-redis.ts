import { Redis } from 'ioredis';

/** A Redis that does not reply within this is taken for gone: its connection is closed, and calls fail at once until there is a new one. */
const patienceMs = 1_000;
const retryEveryMs = 500;
/** What Redis says first where it replies and takes nothing: what is wrong with one command begins with another of these words. */
const refusals = /^(?!ERR|NOSCRIPT|EXECABORT|WRONGTYPE)[A-Z]{3,20}(?= )/;
/** Writes as all that is shared is written, by a script, to a name of Assay's, and leaves nothing. */
const take = `
redis.call('SET', KEYS[1], '')
redis.call('DEL', KEYS[1])`;

/**
 * The connection to Redis, by which replicas share what none of them may hold alone. Nobody waits for one that is away: calls
 * fail at once, and none is queued or made twice. One that takes nothing (it is full, may only be read, or doesn't allow it) is as
 * good as away, until it takes something. Resolves when it does, or is known to be away; that is no reason not to start.
 * @param options.onAway is told when it goes, and why, in a word that may be logged; then once of each other reason for which it refuses
 * @param options.onBack is told once when it is back
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
    retryStrategy: () => retryEveryMs,
    reconnectOnError({ message }) {
      const refusal = refusals.exec(message)?.[0];
      if (refusal && redis.status === 'ready') refused(refusal);
      // After a failover the address leads to another server, the open connection to one that may only be read.
      return refusal === 'READONLY';
    },
    connectionName: 'assay',
  });
  let isUp: boolean | undefined;
  let isClosing = false;
  let reason: string | undefined;
  const told = new Set<string | undefined>();
  function goesAway(why: string | undefined) {
    const isNews = isUp !== false || !told.has(why);
    isUp = false;
    told.add(why);
    if (isNews && !isClosing) onAway(why);
  }
  function isBack() {
    if (isUp === false) onBack();
    isUp = true;
    told.clear();
  }
  let waiting: NodeJS.Timeout | undefined;
  function refused(why: string | undefined) {
    goesAway(why);
    waiting ??= setTimeout(() => {
      waiting = undefined;
      if (redis.status === 'ready') void tryIt();
    }, retryEveryMs).unref();
  }
  async function tryIt() {
    try {
      await redis.eval(take, 1, 'assay:taken');
      isBack();
    } catch (error) {
      if (redis.status === 'ready') refused(reasonOf(error as Error));
    }
  }
  let tried = Promise.resolve();
  redis.on('ready', () => {
    tried = tryIt();
  });
  redis.on('error', (error: Error & { command?: { name: string } }) => {
    const isSelect = error.command?.name === 'select';
    reason ??= isSelect ? 'SELECT' : reasonOf(error);
    if (error.name === 'ReplyError') goesAway(reason); // it is there, and lets nobody in
    if (isSelect) redis.disconnect(true); // it would go on in another database than the one that is named
  });
  redis.on('close', () => {
    if (isUp !== false) goesAway(reason);
    reason = undefined;
  });
  await redis.connect().catch(() => {}); // onAway was told
  await tried;
  return {
    redis,
    isUp: () => isUp === true,
    close() {
      isClosing = true;
      clearTimeout(waiting);
      redis.disconnect();
    },
  };
}

/** Why Redis can't be used, in a word: an error of Redis' client repeats what was sent, a password among it. */
function reasonOf({ message, code }: Error & { code?: unknown }): string | undefined {
  if (typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code)) return code;
  return /^[A-Z]{3,20}(?= )/.exec(message)?.[0];
}
