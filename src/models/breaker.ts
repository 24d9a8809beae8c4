import { AppError } from '../errors.ts';
import { ServerReplied } from './translate-failure.ts';

/** So many calls in a row must find the server down before others are no longer sent to it. */
const failuresBeforeBreak = 20;
/** How long it is then left alone before one call tries it again, in milliseconds: at first, and at most; each time twice as long. */
const rest = { first: 500, most: 10_000 };

export type Breaker = ReturnType<typeof openBreaker>;

/**
 * Leaves a server that stays down alone, until one call that tries finds it up again (Nygard, "Release It!", 2007: circuit breaker).
 * Meanwhile nobody waits: neither for the rest that it is given, nor for the one that tries. The rest is counted by a clock that is
 * never set.
 */
export function openBreaker() {
  let failures = 0;
  /** While the server is left alone, else null. */
  let left: { restMs: number; until: number; isTried: boolean } | null = null;

  function leaveAlone(restMs: number) {
    left = { restMs, until: performance.now() + restMs, isTried: false };
  }

  async function attempt<Reply>(call: () => Promise<Reply>): Promise<Reply> {
    try {
      const reply = await call();
      failures = 0;
      return reply;
    } catch (error) {
      if (!isDown(error)) throw error;
      failures += 1;
      if (failures >= failuresBeforeBreak && !left) leaveAlone(rest.first);
      throw error;
    }
  }

  async function tryAgain<Reply>(
    call: () => Promise<Reply>,
    restMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Reply> {
    try {
      const reply = await call();
      left = null;
      failures = 0;
      return reply;
    } catch (error) {
      // Who leaves has found out nothing.
      if (isDown(error) || signal?.aborted) leaveAlone(Math.min(rest.most, restMs * 2));
      else left = null;
      throw error;
    }
  }

  return {
    isOpen: () => left !== null,

    /**
     * Makes a call, unless the server is left alone.
     * @param call rejects with failures that were translated
     * @param signal fires when who calls leaves
     * @throws AppError MODEL_UNAVAILABLE at once where the server is left alone
     */
    async execute<Reply>(call: () => Promise<Reply>, signal: AbortSignal | undefined): Promise<Reply> {
      if (!left) return attempt(call);
      if (left.isTried || performance.now() < left.until) throw leftAlone();
      left.isTried = true;
      return tryAgain(call, left.restMs, signal);
    },
  };
}

/**
 * What speaks for a server that is down, rather than busy, or asked for what it doesn't do, or can't: with a 500 some servers reply to
 * one caller's text, and that is no reason to leave all others without.
 */
function isDown(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  const status = error.cause instanceof ServerReplied ? error.cause.status : undefined;
  return error.code === 'MODEL_TIMEOUT' || (error.code === 'MODEL_UNAVAILABLE' && status !== 429 && status !== 500);
}

function leftAlone(): AppError {
  const words = 'The model server has been failing and is not asked for a moment.';
  return new AppError('MODEL_UNAVAILABLE', words, { retryAfterSeconds: 1 });
}
