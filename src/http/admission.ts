import type { ConductAsk } from '../chain/conduct-ask.ts';
import { AppError } from '../errors.ts';

/** How many asks run at once, how many more may wait for their turn, and how long, in milliseconds. */
export type AdmissionLimits = { most: number; mostWaiting: number; waitMs: number };

/**
 * Lets asks in as far as the service can carry them: those beyond wait in a line, first come, first served, that is bounded in number
 * and in time, and who doesn't get in is told when to come back. An asker who leaves gives the place in the line away.
 * @returns the same ask, which throws AppError OVERLOADED where there is no room; and how many run and wait
 */
export function withAdmission(conductAsk: ConductAsk, { most, mostWaiting, waitMs }: AdmissionLimits) {
  const line = new Set<() => void>();
  let running = 0;

  function overloaded() {
    return new AppError('OVERLOADED', 'Too many asks at once.', { retryAfterSeconds: Math.ceil(waitMs / 1000) });
  }

  async function enter(signal: AbortSignal | undefined): Promise<void> {
    if (running < most) {
      running += 1;
      return;
    }
    if (line.size >= mostWaiting) throw overloaded();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Out of the line at once, so that no place is handed to who has given up.
    const giveUp = (reason: unknown) => {
      line.delete(resolve);
      reject(reason);
    };
    const leave = () => giveUp(signal!.reason);
    const timer = setTimeout(() => giveUp(overloaded()), waitMs);
    line.add(resolve);
    signal?.addEventListener('abort', leave, { once: true });
    try {
      await promise; // who leaves hands the place on, without a gap
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

  const admitted: ConductAsk = async (request, asker) => {
    await enter(asker?.signal);
    try {
      return await conductAsk(request, asker);
    } finally {
      leave();
    }
  };
  return { conductAsk: admitted, state: () => ({ running, waiting: line.size }) };
}
