import { AppError } from '../errors.ts';

/** How many requests run at once, how many more may wait for their turn, and how long, in milliseconds. */
export type AdmissionLimits = { most: number; mostWaiting: number; waitMs: number };

/**
 * Limits how many requests run at once. Those beyond wait in a line, first come, first served, that is bounded in length
 * and in time; one that doesn't get in is told when to come back. A caller who leaves gives up the place in the line.
 * @returns `admit`, which does the work of a request and throws AppError OVERLOADED where there is no room; `state`, how
 * many requests run and wait
 */
export function openAdmission({ most, mostWaiting, waitMs }: AdmissionLimits) {
  const line = new Set<() => void>();
  let running = 0;

  function overloaded() {
    return new AppError('OVERLOADED', 'Too many requests at once.', { retryAfterSeconds: Math.ceil(waitMs / 1000) });
  }

  async function enter(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (running < most) {
      running += 1;
      return;
    }
    if (line.size >= mostWaiting) throw overloaded();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Leaves the line at once, so that no turn is given to someone who has given up.
    const giveUp = (reason: unknown) => {
      line.delete(resolve);
      reject(reason);
    };
    const leave = () => giveUp(signal!.reason);
    const timer = setTimeout(() => giveUp(overloaded()), waitMs);
    line.add(resolve);
    signal?.addEventListener('abort', leave, { once: true });
    try {
      await promise; // the request that ends hands its turn on: `running` stays as it is
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', leave);
    }
  }

  function leave() {
    const [next] = line;
    if (!next) {
      running -= 1;
      return;
    }
    line.delete(next);
    next();
  }

  async function admit<Result>(signal: AbortSignal | undefined, work: () => Promise<Result>): Promise<Result> {
    await enter(signal);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  return { admit, state: () => ({ running, waiting: line.size }) };
}
