import progress from 'cli-progress';
import { AppError } from '../errors.ts';
import type { IngestProgress } from '../ingest/ingest-paths.ts';

/** Writes a line for people; what a program may read goes to stdout, and nothing else does. */
export const tell = (line: string) => process.stderr.write(`${line}\n`);

/** A number of things in words, as `1 document` or `2 documents`. */
export const counted = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;

/** Writes a value as JSON for programs, to stdout. */
export const writeJson = (value: unknown) => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);

/** A command line that can't be what was meant; whoever wrote it must change it, whatever the state of things. */
export class WrongUsage extends AppError {
  constructor(message: string) {
    super('BAD_INPUT', message);
  }
}

/** A store that a service uses can't be opened beside it: the failure that says so is told with what to do instead. */
export const withWayOut =
  (wayOut: string) =>
  (error: unknown): never => {
    if (error instanceof AppError && /in use/.test(error.message))
      throw new AppError(error.code, `${error.message} ${wayOut}`, { cause: error });
    throw error;
  };

/** A reader of stdout that has seen enough and goes, as `head` does, is no failure; what could not be written for another reason is told. */
function watchStdout() {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || process.exitCode === 1) return;
    process.exitCode = 1;
    tell(`What was to be written to stdout was not: ${code === 'ENOSPC' ? 'there is no room' : code}.`);
  });
}

/**
 * Does the work of a command; where it fails, says why and sets the exit code: 2 for wrong usage, else 1. A failure made on purpose says what to do; anything
 * else is a defect, and where it arose helps to mend it.
 */
export async function orTellFailure(work: () => Promise<unknown>): Promise<void> {
  watchStdout();
  try {
    await work();
  } catch (error) {
    tell(error instanceof AppError ? error.message : `Unexpected failure: ${(error as Error).stack}`);
    process.exitCode = error instanceof WrongUsage ? 2 : 1;
  }
}

/**
 * Tidies up where SIGINT or SIGTERM comes, which then ends the process, unless somebody took these signals before.
 * @returns what takes it back
 */
export function tidyAtInterrupt(tidyUp: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const isTaken = process.listenerCount('SIGINT') > 0;
  const onSignal = (signal: NodeJS.Signals) => {
    forget();
    tidyUp();
    // Once all who listen have been told, none listens any more, and the signal does what it does by itself.
    if (!isTaken) process.nextTick(() => process.kill(process.pid, signal));
  };
  const forget = () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return forget;
}

/** Characters beside a bar: two numbers of seven digits, the time that is left, and what is between them. */
const besideBar = 24;

/** Shows counted work on the terminal: a bar where there is one, nothing but the end where there is none. */
export function showCount(what: string) {
  const { isTTY, columns } = process.stderr;
  if (!isTTY) return { update() {}, end() {} };
  const room = (columns || 80) - what.length - besideBar;
  const bar = new progress.SingleBar({
    format: `${what} {bar} {value}/{total} {eta_formatted}`,
    barsize: Math.max(4, Math.min(40, room)),
    // What can't be told yet is a word to the bar, of which its own format shows the end.
    formatTime: (seconds, ...more) => (Number.isFinite(+seconds) ? progress.Format.TimeFormat(seconds, ...more) : ''),
    stream: process.stderr,
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

/** Says how an ingest of files went, the failures one by one. */
export function tellIngest({ files, added, replaced, unchanged, skipped, failed }: IngestProgress) {
  for (const { source, message } of failed) tell(`  skipped ${source}: ${message}`);
  const parts = [`${added} new`, `${replaced} replaced`, `${unchanged} unchanged`, `${skipped} skipped`];
  tell(`Ingested ${files} ${files === 1 ? 'file' : 'files'}: ${parts.join(', ')}.`);
}
