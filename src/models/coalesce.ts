import { AppError } from '../errors.ts';

type Waiting<Output> = {
  input: string;
  signal: AbortSignal | undefined;
  resolve: (output: Output) => void;
  reject: (error: unknown) => void;
};

/** The most inputs that go into one call. */
const mostTogether = 8;

/** A server that has too much to do is not asked for more. */
const isBusy = ({ cause, retryAfterSeconds }: AppError) =>
  (cause as { status?: number } | undefined)?.status === 429 || retryAfterSeconds !== undefined;

/**
 * Gathers what is asked for in the same turn of the event loop into one call. Nobody waits for others: what comes later is the next
 * call. A call is cancelled when everyone who waits for it has left; where it fails, or takes longer than `patienceMs`, each is asked for
 * alone, so that no input harms another: one may be what the server refuses, or what makes it fail or hang.
 */
export function coalesce<Output>(
  callTogether: (inputs: string[], signal: AbortSignal) => Promise<Output[]>,
  patienceMs: number,
): (input: string, signal?: AbortSignal | undefined) => Promise<Output> {
  let gathered: Waiting<Output>[] = [];

  async function send(together: Waiting<Output>[]) {
    const leaving = new AbortController();
    let here = together.length;
    const leavers = together.map(({ signal, reject }) => {
      const leave = () => {
        reject(signal!.reason);
        here -= 1;
        if (here === 0) leaving.abort(signal!.reason);
      };
      if (signal?.aborted) leave();
      else signal?.addEventListener('abort', leave, { once: true });
      return () => signal?.removeEventListener('abort', leave);
    });
    let isTooLong = false;
    const impatience = setTimeout(() => {
      isTooLong = together.length > 1;
      if (isTooLong) leaving.abort(new Error('Together they take too long.'));
    }, patienceMs);
    try {
      const outputs = await callTogether(
        together.map(({ input }) => input),
        leaving.signal,
      );
      for (const [at, { resolve }] of together.entries()) resolve(outputs[at]!);
    } catch (error) {
      const alone = isTooLong || (together.length > 1 && error instanceof AppError && !isBusy(error));
      for (const each of together)
        if (alone) void send([each]);
        else each.reject(error);
    } finally {
      clearTimeout(impatience);
      for (const stay of leavers) stay();
    }
  }

  function flush() {
    const together = gathered;
    gathered = [];
    if (together.length > 0) void send(together);
  }

  return (input, signal) =>
    new Promise((resolve, reject) => {
      if (gathered.length === 0) setImmediate(flush);
      gathered.push({ input, signal, resolve, reject });
      // The turn may be a long one: what fills a call doesn't wait for its end.
      if (gathered.length === mostTogether) flush();
    });
}
