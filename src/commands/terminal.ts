import { constants } from 'node:os';
import progress from 'cli-progress';
import { collectionName } from '../collection-name.ts';
import { isDumbTerminal } from '../config.ts';
import { counted } from '../counted.ts';
import { AppError } from '../errors.ts';
import type { IngestProgress } from '../ingest/ingest-paths.ts';

/** Text from elsewhere, made safe for a terminal: without control characters, which could move its cursor or rename it. */
export const printable = (text: string) =>
  text.replace(/\p{Cc}/gu, (character) => (/[\n\t]/.test(character) ? character : ''));

/** Writes a line for people, to stderr: stdout is only for what programs may read. It may hold names of files, or a service's words. */
export const tell = (line: string) => process.stderr.write(`${printable(line)}\n`);

/** Says that a command waits, since a model server limits calls. */
export const tellOfWait = (seconds: number) =>
  tell(`The model server limits calls: waiting for at least ${counted(seconds, 'second')}.`);

/** The collection that `--collection` names. @throws UsageError where that is no valid name */
export function readCollectionOption(name: string): string {
  const { data, error } = collectionName.safeParse(name);
  if (error) throw new UsageError(`--collection ${error.issues[0]!.message}`);
  return data;
}

/** Writes a value as JSON for programs, to stdout. */
export const writeJson = (value: unknown) => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);

/** A mistake in the command line, which fails whatever the state of the system. */
export class UsageError extends AppError {
  constructor(message: string) {
    super('BAD_INPUT', message);
  }
}

/** Rethrows a failure to open a store; where a service is using the store, with advice on what to do instead. */
export const withAdviceIfInUse =
  (advice: string) =>
  (error: unknown): never => {
    if (error instanceof AppError && /in use/.test(error.message))
      throw new AppError(error.code, `${error.message} ${advice}`, { cause: error });
    throw error;
  };

/** Reports failures to write to stdout, unless the reader has seen enough and left, as `head` does; of stderr's, nobody can be told. */
function watchOutput() {
  process.stderr.on('error', () => {}); // without a listener, it would end the process
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || process.exitCode === 1) return;
    process.exitCode = 1;
    tell(`The output could not be written: ${code === 'ENOSPC' ? 'there is no room' : code}.`);
  });
}

/** The signals that end a command on a terminal: Ctrl-C, being told to end, and the closing of the terminal. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Whether the closing of a terminal is of no concern, as under `nohup`, whose wish to ignore SIGHUP Node forgets. */
const isDetached = () => !process.stdout.isTTY && !process.stderr.isTTY;

/**
 * Runs a command. If it fails, this says why and sets the exit code: 2 for wrong usage, otherwise 1. An AppError's message says what to
 * do; any other error is a defect, and is shown with its stack.
 */
export async function orTellFailure(work: () => Promise<unknown>): Promise<void> {
  watchOutput();
  if (isDetached()) process.on('SIGHUP', () => {});
  try {
    await work();
  } catch (error) {
    tell(error instanceof AppError ? error.message : `Unexpected failure: ${(error as Error).stack}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/**
 * Calls `tidyUp` on a signal that ends the command, and then lets it end the process, unless somebody else handled this signal before.
 * @returns a function that cancels this
 */
export function tidyAtInterrupt(tidyUp: () => void): () => void {
  const signals = endingSignals.filter((signal) => signal !== 'SIGHUP' || !isDetached());
  const taken = new Set(signals.filter((signal) => process.listenerCount(signal) > 0));
  const onSignal = (signal: (typeof signals)[number]) => {
    forget();
    tidyUp();
    // Once all listeners have run and are gone, the signal has its default effect.
    if (!taken.has(signal)) process.nextTick(() => process.kill(process.pid, signal));
  };
  const forget = () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return forget;
}

/**
 * Runs work that ends when its signal is aborted, which the first signal that ends a command does. Once the work has failed of it and
 * tidied up, that signal ends the process. Work that is done by then has its result.
 */
export async function interruptible<T>(work: (aborted: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const signals = endingSignals.filter((signal) => signal !== 'SIGHUP' || !isDetached());
  const interrupt = (signal: NodeJS.Signals) => stop.abort(signal);
  for (const signal of signals) process.on(signal, interrupt);
  const forget = () => {
    for (const signal of signals) process.off(signal, interrupt);
  };
  try {
    return await work(stop.signal).finally(forget);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    const signal: NodeJS.Signals = stop.signal.reason;
    // The first process of a container isn't ended by a signal of its own; then it ends here, as a shell would say it.
    process.exitCode = 128 + constants.signals[signal];
    process.kill(process.pid, signal);
    return await new Promise<never>(() => {});
  }
}

/** Characters beside a bar: two numbers of seven digits, the time left, and the spaces between them. */
const besideBar = 24;

/** Save the cursor's place, and put it back. */
const cursorPlaces = ['\u001b7', '\u001b8'];

/** Stderr for a bar, which may not put the cursor back to where the bar began: lines of the log that came since would be overwritten. */
const barStream: NodeJS.WriteStream = Object.create(process.stderr, {
  write: { value: (text: string) => cursorPlaces.includes(text) || process.stderr.write(text) },
});

/** Shows the progress of counted work as a bar on stderr, if that is a terminal with a cursor. */
export function showCount(what: string) {
  const { isTTY, columns } = process.stderr;
  if (!isTTY || isDumbTerminal()) return { update() {}, end() {} };
  const room = (columns || 80) - what.length - besideBar;
  const bar = new progress.SingleBar({
    format: `${what} {bar} {value}/{total} {eta_formatted}`,
    barsize: Math.max(4, Math.min(40, room)),
    // While no estimate can be made, the bar passes a word instead of seconds, which its own format would garble.
    formatTime: (seconds, ...more) => (Number.isFinite(+seconds) ? progress.Format.TimeFormat(seconds, ...more) : ''),
    stream: barStream,
    hideCursor: true,
  });
  let forget: (() => void) | undefined;
  return {
    update(done: number, total: number) {
      if (forget) return bar.update(done);
      bar.start(total, done);
      forget = tidyAtInterrupt(() => bar.stop());
    },
    end() {
      forget?.();
      bar.stop();
    },
  };
}

/** Reports how an ingest went, with the failures one by one. */
export function tellIngest({ files, added, replaced, unchanged, skipped, failed }: IngestProgress) {
  for (const { source, message } of failed) tell(`  skipped ${source}: ${message}`);
  const parts = [`${added} new`, `${replaced} replaced`, `${unchanged} unchanged`, `${skipped} skipped`];
  tell(`Ingested ${counted(files, 'file')}: ${parts.join(', ')}.`);
}
