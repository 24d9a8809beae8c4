import { Redis } from 'ioredis';

/** A Redis that does not reply within this is taken for gone: its connection is closed, and calls fail at once until there is a new one. */
const patienceMs = 1_000;
const retryEveryMs = 500;
/** What Redis says first where it replies and takes nothing: its memory is full, its disk fails, or its own replicas are away. */
const refusals = /^(?:OOM|MISCONF|NOREPLICAS)(?= )/;

/**
 * The connection to Redis, by which replicas share what none of them may hold alone. Nobody waits for one that is away: calls
 * fail at once, and none is queued or made twice. One that takes nothing is as good as away, until it takes something. Resolves when
 * it replies, or is known to be away; that is no reason not to start.
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
    reconnectOnError({ message }) {
      const refusal = refusals.exec(message)?.[0];
      if (refusal) refused(refusal);
      // After a failover the address leads to another server, the open connection to one that may only be read.
      return message.includes('READONLY');
    },
    connectionName: 'assay',
  });
  let isUp: boolean | undefined;
  let isClosing = false;
  let reason: string | undefined;
  redis.on('error', (error) => {
    reason = reasonOf(error);
  });
  function tell(isUpNow: boolean, why?: string) {
    if (isUpNow && isUp === false) onBack();
    if (!isUpNow && isUp !== false && !isClosing) onAway(why);
    isUp = isUpNow;
  }
  let trying: NodeJS.Timeout | undefined;
  function refused(why: string) {
    tell(false, why);
    trying ??= setTimeout(() => {
      trying = undefined; // where it is refused again, so is this
      redis.set('assay:taken', '', 'PX', retryEveryMs).then(
        () => tell(true),
        () => {},
      );
    }, retryEveryMs).unref();
  }
  redis.on('ready', () => tell(true));
  redis.on('close', () => {
    tell(false, reason);
    reason = undefined;
  });
  await redis.connect().catch(() => {}); // onAway was told
  return {
    redis,
    isUp: () => isUp === true,
    close() {
      isClosing = true;
      clearTimeout(trying);
      redis.disconnect();
    },
  };
}

/** Why Redis can't be used, in a word: an error of Redis' client repeats what was sent, a password among it. */
function reasonOf({ message, code }: Error & { code?: unknown }): string | undefined {
  if (typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code)) return code;
  return /^[A-Z]{3,20}(?= )/.exec(message)?.[0];
}
