import { SingleBar } from 'cli-progress';
import { AppError } from './errors.ts';
import type { IngestProgress } from './ingest/ingest-paths.ts';

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

/** Shows counted work on the terminal: a bar where there is one, nothing but the end where there is none. */
export function showCount(what: string) {
  const bar = process.stderr.isTTY
    ? new SingleBar({
        format: `${what} {bar} {value}/{total} {eta_formatted}`,
        stream: process.stderr,
        hideCursor: true,
      })
    : null;
  let started = false;
  return {
    update(done: number, total: number) {
      if (!started) bar?.start(total, done);
      else bar?.update(done);
      started = true;
    },
    end: () => bar?.stop(),
  };
}

/** Says how an ingest of files went, the failures one by one. */
export function tellIngest({ files, added, replaced, unchanged, skipped, failed }: IngestProgress) {
  for (const { source, message } of failed) tell(`  skipped ${source}: ${message}`);
  const parts = [`${added} new`, `${replaced} replaced`, `${unchanged} unchanged`, `${skipped} skipped`];
  tell(`Ingested ${files} ${files === 1 ? 'file' : 'files'}: ${parts.join(', ')}.`);
}
