import { availableParallelism } from 'node:os';
import { AppError } from '../errors.ts';
import { type ForkedParser, forkParser, type Parsed, ParserDied } from './fork-parser.ts';
import type { ParseRequest } from './parser-messages.ts';

export type Parser = {
  /**
   * Reads a document and splits it into passages, in another process. Many may be asked at once; they wait for their turn
   * in the order they came.
   * @throws {AppError} `BAD_DOCUMENT`, for this document only, also where reading it takes too long, needs too much memory
   * or ends the process; `UNSUPPORTED_FORMAT`; `NOT_READY` when no process can be started or the parser has been closed.
   * @throws the reason of `signal` once that is aborted; the reading ends
   */
  parse(document: ParseRequest, options?: { signal?: AbortSignal | undefined }): Promise<Parsed>;
  /** Ends the processes and rejects what is not done. */
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
 * A pool of processes that read documents, so that no document, however large or hostile, holds up or ends the process that
 * asked. Processes start when first needed and are kept; one that dies or has grown large gives way to a fresh one.
 * A document whose process died of something else (an earlier document, a stranger's kill) is tried once more.
 * @param options.processes how many read at once; by default one less than there are processors, two to four
 * @param options.timeoutMs how long one document may take, waiting for its turn left aside
 * @param options.memoryMiB resident memory that one process may have
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
      // The document that it was reading goes first, if that may be tried again.
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

  /** Reading can't be stopped but by ending its process. */
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

/** A timeout is the document's own, and so is the end of the memory in a process that has read nothing else. */
function mayTryAgain(job: Job, { reason, wasUsed }: ParserDied): boolean {
  if (job.isRetry || reason === 'timeout') return false;
  return reason !== 'memory' || wasUsed;
}
