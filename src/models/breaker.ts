import { AppError } from '../errors.ts';
import { ServerReplied } from './translate-failure.ts';

/** How many calls in a row must find the server down before it is left alone. */
const failuresBeforeBreak = 20;
/**
 * How long the server is left alone before one call tries it again, in milliseconds: at first, doubled after each
 * failed try, and at most.
 */
const rest = { first: 500, most: 10_000 };

export type Breaker = ReturnType<typeof openBreaker>;

/**
 * A circuit breaker (Nygard, "Release It!", 2007): a server that stays down is left alone until a single trial call
 * finds it up again. Meanwhile all other calls fail at once. The time is taken from a monotonic clock, which nobody
 * sets.
 */
export function openBreaker() {
  let failures = 0;
  /** Set while the server is left alone. */
  let left: { restMs: number; until: number; isTried: boolean } | null = null;

  function leaveAlone(restMs: number) {
    left = { restMs, until: performance.now() + restMs, isTried: false };
  }

  function failed(error: unknown) {
    if (!isDown(error)) return;
    failures += 1;
    if (failures >= failuresBeforeBreak && !left) leaveAlone(rest.first);
  }

  function succeeded() {
    failures = 0;
  }

  async function attempt<Reply>(call: () => Promise<Reply>): Promise<Reply> {
    try {
      return await call();
    } catch (error) {
      failed(error);
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
      return reply;
    } catch (error) {
      // A caller who left has learnt nothing about the server.
      if (isDown(error) || signal?.aborted) leaveAlone(Math.min(rest.most, restMs * 2));
      else left = null;
      throw error;
    }
  }

  return {
    isOpen: () => left !== null,
    /** Notes that a reply came to its end: a stream may hang or break when it has begun. */
    succeeded,
    /** Notes that a stream failed after it had begun. */
    failed,

    /**
     * Makes a call, unless the server is left alone.
     * @param call rejects with translated failures (translate-failure.ts)
     * @param signal fires when the caller leaves
     * @throws AppError MODEL_UNAVAILABLE at once where the server is left alone; else what the call throws
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
 * Whether a failure suggests that the server is down, rather than busy or unable to do what was asked. A 500 doesn't:
 * some servers reply so to one caller's text, and the others must not suffer for it.
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
