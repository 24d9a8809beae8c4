import { fork } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppError } from '../errors.ts';
import type { Format } from './format.ts';
import type { FileToLoad, TextToLoad } from './load.ts';
import { OUT_OF_MEMORY, type ParseMessage, type ParseRequest, type ProcessReply } from './parser-messages.ts';
import type { PassageSpan } from './split.ts';

/** A document that has been read and split. Passages are exact slices of `loaded.text`. */
export type Parsed = { loaded: { format: Format; title: string | null; text: string }; passages: PassageSpan[] };

/** Why a process is gone without an answer. Not for callers: whoever asked decides what it means for the document. */
export class ParserDied extends Error {
  override name = 'ParserDied';
  readonly reason: 'start' | 'timeout' | 'memory' | 'crash';
  /** Whether it had read other documents before, so that it may have died of them. */
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
 * Starts a process that reads one document at a time. It gets nothing of the environment (no keys), and Node lets it read
 * the project's own files only: no writing, no network, no programs.
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
   * To be called again only when the answer is there.
   * @throws {AppError} what the document is to blame for; {ParserDied} when no answer came
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

  /** A large document takes long to make a message of; between two pieces others have their turn. */
  async function sendInPieces(request: ParseRequest): Promise<void> {
    let rest = request;
    while (('text' in rest ? rest.text : rest.bytes).length > PIECE_LENGTH) {
      const [piece, others] = 'text' in rest ? cutText(rest) : cutBytes(rest);
      await send({ piece });
      rest = others;
    }
    await send({ last: rest });
  }

  /** A message that can't be sent means that the process is gone: its exit tells. */
  const send = (message: ParseMessage) => new Promise<unknown>((resolve) => child.send(message, resolve));

  function collectInto(resolve: (parsed: Parsed) => void, reject: (error: AppError) => void) {
    const passages: PassageSpan[] = [];
    let text = '';
    return (reply: ProcessReply) => {
      isSpent ||= reply.isSpent ?? false;
      if ('text' in reply) text += reply.text;
      else if ('passages' in reply) for (const passage of reply.passages) passages.push(passage);
      else if ('done' in reply) resolve({ loaded: { ...reply.done, text }, passages });
      else if ('error' in reply) {
        const { code, message, stack } = reply.error;
        reject(new AppError(code, message, { cause: stack }));
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
