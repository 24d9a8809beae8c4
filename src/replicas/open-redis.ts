import { Redis } from 'ioredis';

/** A Redis that does not reply within this is taken for gone: its connection is closed, and calls fail at once until there is a new one. */
const patienceMs = 1_000;
const retryEveryMs = 500;

/**
 * The connection to Redis, by which replicas share what none of them may hold alone. Nobody waits for one that is away: calls
 * fail at once, and none is queued or made twice. Resolves when it replies, or is known to be away; that is no reason not to
 * start.
 * @param options.onAway is told once when it goes, and why, in a word that may be logged
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
    // After a failover the address leads to another server, the open connection to one that may only be read.
    reconnectOnError: ({ message }) => message.includes('READONLY'),
    connectionName: 'assay',
  });
  let isUp: boolean | undefined;
  let isClosing = false;
  let reason: string | undefined;
  redis.on('error', (error) => {
    reason = reasonOf(error);
  });
  redis.on('ready', () => {
    if (isUp === false) onBack();
    isUp = true;
  });
  redis.on('close', () => {
    if (isUp !== false && !isClosing) onAway(reason);
    isUp = false;
    reason = undefined;
  });
  await redis.connect().catch(() => {}); // onAway was told
  return {
    redis,
    isUp: () => isUp === true,
    close() {
      isClosing = true;
      redis.disconnect();
    },
  };
}

/** Why Redis can't be used, in a word: an error of Redis' client repeats what was sent, a password among it. */
function reasonOf({ message, code }: Error & { code?: unknown }): string | undefined {
  if (typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code)) return code;
  return /^[A-Z]{3,20}(?= )/.exec(message)?.[0];
}
