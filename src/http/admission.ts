import type { ConductAsk } from '../chain/conduct-ask.ts';
import { AppError } from '../errors.ts';

/** How many asks run at once, how many more may wait for their turn, and how long, in milliseconds. */
export type AdmissionLimits = { most: number; mostWaiting: number; waitMs: number };

/**
 * Limits how many asks run at once. Those beyond wait in a line, first come, first served, that is bounded in length
 * and in time; an ask that doesn't get in is told when to come back. An asker who leaves gives up the place in the
 * line.
 * @returns `conductAsk`, which throws AppError OVERLOADED where there is no room; `state`, how many asks run and wait
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
      await promise; // the ask that ends hands its turn on: `running` stays as it is
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
