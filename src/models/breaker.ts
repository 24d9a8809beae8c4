import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
} from 'cockatiel';
import { AppError } from '../errors.ts';
import { ServerReplied } from './translate-failure.ts';

/** So many calls in a row must find the server down before others are no longer sent to it. */
const failuresBeforeBreak = 20;
/** How long it is then left alone before one call tries it again, at first and at most, in milliseconds. */
const rest = { initialDelay: 500, maxDelay: 10_000 };

export type Breaker = ReturnType<typeof openBreaker>;

/**
 * Leaves a server that stays down alone, until one call that tries finds it up again (Nygard, "Release It!", 2007: circuit breaker).
 * Meanwhile nobody waits: neither for the rest that it is given, nor for the one that tries.
 */
export function openBreaker() {
  const policy = circuitBreaker(handleWhen(isDown), {
    halfOpenAfter: new ExponentialBackoff(rest),
    breaker: new ConsecutiveBreaker(failuresBeforeBreak),
  });
  return {
    isOpen: () => policy.state === CircuitState.Open,

    /**
     * Makes a call, unless the server is left alone.
     * @param call rejects with failures that were translated
     * @param signal fires when who calls leaves
     * @throws AppError MODEL_UNAVAILABLE at once where the server is left alone
     */
    async execute<Reply>(call: () => Promise<Reply>, signal: AbortSignal | undefined): Promise<Reply> {
      // The policy would have all wait for the one that tries.
      if (policy.state === CircuitState.HalfOpen) throw leftAlone();
      const tries = policy.state === CircuitState.Open;
      try {
        return await policy.execute(tries ? () => call().catch((error) => throwTried(error, signal)) : call);
      } catch (error) {
        if (error instanceof BrokenCircuitError) throw leftAlone(error);
        throw error instanceof LeftWhileTrying ? error.reason : error;
      }
    },
  };
}

/** Who tries a server and leaves has found out nothing; the policy takes for a success what isn't a failure. */
class LeftWhileTrying extends Error {
  readonly reason: unknown;

  constructor(reason: unknown) {
    super('Left while trying.');
    this.reason = reason;
  }
}

function throwTried(error: unknown, signal: AbortSignal | undefined): never {
  throw signal?.aborted ? new LeftWhileTrying(error) : error;
}

/**
 * What speaks for a server that is down, rather than busy, or asked for what it doesn't do, or can't: with a 500 some servers reply to
 * one caller's text, and that is no reason to leave all others without.
 */
function isDown(error: Error): boolean {
  if (!(error instanceof AppError)) return error instanceof LeftWhileTrying;
  const status = error.cause instanceof ServerReplied ? error.cause.status : undefined;
  return error.code === 'MODEL_TIMEOUT' || (error.code === 'MODEL_UNAVAILABLE' && status !== 429 && status !== 500);
}

function leftAlone(cause?: BrokenCircuitError): AppError {
  const words = 'The model server has been failing and is not asked for a moment.';
  return new AppError('MODEL_UNAVAILABLE', words, { cause, retryAfterSeconds: 1 });
}
