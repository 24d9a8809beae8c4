import { availableParallelism } from 'node:os';
import { AppError } from '../errors.ts';
import { type ForkedParser, forkParser, type Parsed, ParserDied } from './fork-parser.ts';
import type { ParseRequest } from './parser-messages.ts';

export type Parser = {
  /**
   * Reads a document and splits it into passages, in another process. Any number of calls may be made at once; they are served in order.
   * @throws {AppError} `BAD_DOCUMENT`, also where reading takes too long, needs too much memory or crashes the process;
   * `UNSUPPORTED_FORMAT`; `NOT_READY` when no process can be started or the parser has been closed
   * @throws the reason of `signal` once that is aborted, which also ends the reading
   */
  parse(document: ParseRequest, options?: { signal?: AbortSignal | undefined }): Promise<Parsed>;
  /** Ends the processes and rejects unfinished calls. */
  close(): Promise<void>;
};

type Job = {
  document: ParseRequest;
  isRetry: boolean;
  isOver: boolean;
  resolve: (parsed: Parsed) => void;
  reject: (error: unknown) => void;
};

const messages: Record<ParserDied['reason'], string> = {
  start: 'The process that reads documents does not start.',
  timeout: 'The document took too long to read.',
  memory: 'The document needs too much memory to read.',
  crash: "The document can't be read: it ended the process that read it.",
};
const stopping = () => new AppError('NOT_READY', 'The service is stopping.');

/**
 * A pool of processes that read documents, so that no document, however large or hostile, can block or crash the calling process.
 * Processes are started when first needed and kept; one that dies or has grown large is replaced. A document whose process may have died
 * of something else (an earlier document, a kill from outside) is tried once more.
 * @param options.processes how many read at once; by default one less than there are processors, but two to four
 * @param options.timeoutMs how long reading one document may take, not counting the wait for its turn
 * @param options.memoryMiB the resident memory that one process may have
 */
export async function startParser(
  options: { processes?: number; timeoutMs?: number; memoryMiB?: number } = {},
): Promise<Parser> {
  const processes = options.processes ?? Math.min(4, Math.max(2, availableParallelism() - 1));
  const { timeoutMs = 60_000, memoryMiB = 1_024 } = options;
  const started = new Set<ForkedParser>();
  const idle: ForkedParser[] = [];
  const waiting: Job[] = [];
  const running = new Map<Job, ForkedParser>();
  let isClosed = false;

  function start(): ForkedParser {
    const forked = forkParser({ memoryMiB });
    started.add(forked);
    forked.exited.then(() => {
      started.delete(forked);
      // A document that it was reading may be tried again, and then goes first (carryOut).
      if (!running.values().some((busy) => busy === forked)) takeTurns();
    });
    return forked;
  }

  function takeTurns(): void {
    while (waiting.length > 0 && !isClosed) {
      const fit = idle.pop();
      if (fit && !fit.isFit()) continue;
      if (!fit && started.size >= processes) return;
      void carryOut(waiting.shift()!, fit);
    }
  }

  async function carryOut(job: Job, fit: ForkedParser | undefined): Promise<void> {
    let forked = fit;
    try {
      forked ??= start();
      running.set(job, forked);
      job.resolve(await forked.parse(job.document, { timeoutMs }));
    } catch (error) {
      if (!(error instanceof ParserDied)) job.reject(error);
      else if (!job.isOver && mayTryAgain(job, error)) {
        job.isRetry = true;
        waiting.unshift(job);
      } else job.reject(new AppError(error.reason === 'start' ? 'NOT_READY' : 'BAD_DOCUMENT', messages[error.reason]));
    }
    running.delete(job);
    if (forked?.isFit()) idle.push(forked);
    else forked?.kill();
    takeTurns();
  }

  function parse(document: ParseRequest, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<Parsed> {
    if (isClosed) return Promise.reject(stopping());
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<Parsed>();
    const job: Job = { document, isRetry: false, isOver: false, resolve, reject };
    const abort = () => end(job, signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    waiting.push(job);
    takeTurns();
    return promise.finally(() => signal?.removeEventListener('abort', abort));
  }

  /** Rejects a job. The only way to stop reading is to kill the process. */
  function end(job: Job, reason: unknown): void {
    job.isOver = true;
    job.reject(reason);
    const at = waiting.indexOf(job);
    if (at !== -1) waiting.splice(at, 1);
    running.get(job)?.kill();
  }

  async function close(): Promise<void> {
    isClosed = true;
    for (const job of [...waiting, ...running.keys()]) end(job, stopping());
    const exits = [...started].map((forked) => forked.exited);
    for (const forked of started) forked.kill();
    await Promise.all(exits);
  }

  return { parse, close };
}

/** Whether something else may be to blame: not for a timeout, nor for lack of memory in a process that had read nothing else. */
function mayTryAgain(job: Job, { reason, wasUsed }: ParserDied): boolean {
  if (job.isRetry || reason === 'timeout') return false;
  return reason !== 'memory' || wasUsed;
}
