import { AppError } from '../errors.ts';

type Waiting<Output> = {
  input: string;
  signal: AbortSignal | undefined;
  resolve: (output: Output) => void;
  reject: (error: unknown) => void;
};

/** The most inputs that go into one call. */
const mostTogether = 8;

/** Whether the server has too much to do: then it must not be sent more calls. */
const isBusy = ({ cause, retryAfterSeconds }: AppError) =>
  (cause as { status?: number } | undefined)?.status === 429 || retryAfterSeconds !== undefined;

/**
 * Gathers the inputs of one turn of the event loop into one call; what comes later goes into the next call, so nobody
 * waits for others. A call is cancelled when all its callers have left. If a shared call fails, or takes longer than
 * `patienceMs`, each input is sent alone, since one of them may be what the server refuses, fails on or hangs on; a
 * busy server is spared that.
 * @param callTogether gives one output per input, in order
 * @returns a function that rejects with what the call throws, or with the signal's reason as soon as it fires
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
      // A turn may be long: a full call is sent before its end.
      if (gathered.length === mostTogether) flush();
    });
}
