import { fork } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppError } from '../errors.ts';
import type { Format } from './format.ts';
import type { FileToLoad, TextToLoad } from './load.ts';
import { OUT_OF_MEMORY, type ParseMessage, type ParseRequest, type ProcessReply } from './parser-messages.ts';
import type { PassageSpan } from './split.ts';

/** A parsed document: its text, and its passages, which are exact slices of `loaded.text`. */
export type Parsed = { loaded: { format: Format; title: string | null; text: string }; passages: PassageSpan[] };

/** A process died without an answer. Internal to the parser, which decides what that means for the document. */
export class ParserDied extends Error {
  override name = 'ParserDied';
  readonly reason: 'start' | 'timeout' | 'memory' | 'crash';
  /** Whether it had read other documents before, any of which may be to blame. */
  readonly wasUsed: boolean;

  constructor(reason: ParserDied['reason'], wasUsed: boolean) {
    super(`parser process: ${reason}`);
    this.reason = reason;
    this.wasUsed = wasUsed;
  }
}

export type ForkedParser = ReturnType<typeof forkParser>;

const processFile = fileURLToPath(new URL('./parser-process.ts', import.meta.url));
const project = fileURLToPath(new URL('../..', import.meta.url));
const START_TIMEOUT_MS = 30_000;
/** Bytes, or UTF-16 code units. */
const PIECE_LENGTH = 512 * 1_024;

/**
 * Starts a process that reads one document at a time. Its environment is empty (no keys), and Node's permission model lets it read only
 * the project's own files: no writing, no network, no programs.
 * @param options.memoryMiB the resident memory that it may have
 */
export function forkParser({ memoryMiB }: { memoryMiB: number }) {
  const readable = [project, realpathSync(`${project}/node_modules`)];
  const child = fork(processFile, [String(memoryMiB)], {
    serialization: 'advanced',
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [
      `--max-old-space-size=${memoryMiB}`,
      '--permission',
      '--allow-worker',
      ...readable.map((path) => `--allow-fs-read=${path}`),
    ],
  });
  let documents = 0;
  let isSpent = false;
  let killedFor: ParserDied['reason'] | null = null;
  let receive: (reply: ProcessReply) => void = () => {};
  let fail: (error: ParserDied) => void = () => {};
  let hasStarted = false;
  let isGone = false;

  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code) => {
      isGone = true;
      const reason = killedFor ?? (!hasStarted ? 'start' : code === OUT_OF_MEMORY ? 'memory' : 'crash');
      fail(new ParserDied(reason, documents > 1));
      resolve();
    });
    child.on('error', () => {
      if (child.pid !== undefined) return; // it ran, so it exits
      isGone = true;
      fail(new ParserDied('start', false));
      resolve();
    });
  });

  function kill(reason: ParserDied['reason'] = 'crash'): void {
    killedFor ??= reason;
    child.kill('SIGKILL');
  }

  /**
   * Has a document read; to be called again only after the answer.
   * @throws {AppError} a failure that the document is to blame for
   * @throws {ParserDied} when the process died without an answer
   */
  function parse(request: ParseRequest, { timeoutMs }: { timeoutMs: number }): Promise<Parsed> {
    const { promise, resolve, reject } = Promise.withResolvers<Parsed>();
    const collect = collectInto(resolve, reject);
    let timer = setTimeout(kill, START_TIMEOUT_MS, 'start');
    const begin = () => {
      clearTimeout(timer);
      timer = setTimeout(kill, timeoutMs, 'timeout');
      documents += 1;
      receive = collect;
      void sendInPieces(request);
    };
    fail = reject;
    receive = () => {
      hasStarted = true;
      begin();
    };
    if (hasStarted) begin();
    return promise.finally(() => {
      clearTimeout(timer);
      receive = () => {};
      fail = () => {};
    });
  }

  /** Serialising a large document takes long; between two pieces, other work gets its turn. */
  async function sendInPieces(request: ParseRequest): Promise<void> {
    let rest = request;
    while (('text' in rest ? rest.text : rest.bytes).length > PIECE_LENGTH) {
      const [piece, others] = 'text' in rest ? cutText(rest) : cutBytes(rest);
      await send({ piece });
      rest = others;
    }
    await send({ last: rest });
  }

  /** A message that can't be sent means that the process is gone, and its exit is handled. */
  const send = (message: ParseMessage) => new Promise<unknown>((resolve) => child.send(message, resolve));

  function collectInto(resolve: (parsed: Parsed) => void, reject: (error: AppError) => void) {
    const passages: PassageSpan[] = [];
    let text = '';
    /** Each heading once: all windows under it come with a copy, which can be a hundred times the document. */
    const headings = new Map<string, string>();
    const shared = (path: string[]) => path.map((heading) => headings.getOrInsert(heading, heading));
    const add = (passage: PassageSpan) => {
      for (const each of [passage, ...passage.windows]) each.headingPath = shared(each.headingPath);
      passages.push(passage);
    };
    return (reply: ProcessReply) => {
      isSpent ||= reply.isSpent ?? false;
      if ('text' in reply) text += reply.text;
      else if ('passages' in reply) reply.passages.forEach(add);
      else if ('done' in reply) resolve({ loaded: { ...reply.done, text }, passages });
      else if ('error' in reply) {
        const { code, message, stack } = reply.error;
        const cause = stack && Object.assign(new Error(), { stack }); // as an error, whose frames the log shows
        reject(new AppError(code, message, { cause }));
      }
    };
  }

  child.on('message', (reply: ProcessReply) => receive(reply));
  return {
    parse,
    kill,
    exited,
    /** Whether the next document may be given to it. */
    isFit: () => !isGone && !isSpent && killedFor === null && child.connected,
  };
}

type Settings = { chunkSizeTokens: number; chunkOverlapTokens: number };

const cutText = (rest: TextToLoad & Settings) =>
  [rest.text.slice(0, PIECE_LENGTH), { ...rest, text: rest.text.slice(PIECE_LENGTH) }] as const;
const cutBytes = (rest: FileToLoad & Settings) =>
  [rest.bytes.subarray(0, PIECE_LENGTH), { ...rest, bytes: rest.bytes.subarray(PIECE_LENGTH) }] as const;
