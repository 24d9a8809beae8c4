import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import { framesOf, plainError } from '../errors.ts';

/**
 * Opens the log: JSON lines on stdout, or lines for people on the terminal. Whoever logs an error, under whatever name,
 * its message is left out: it may repeat a question, a text or a key. Its name, code, status and stack frames stay.
 * @param level a level of pino's, or `silent`
 * @param to where the log goes instead of stdout
 */
export function openLogger(level: string, to?: 'terminal' | DestinationStream): Logger {
  const options: LoggerOptions = { level, serializers, formatters: { log: withoutWords }, hooks: { logMethod } };
  const onTerminal = process.stderr.isTTY === true;
  if (to === 'terminal')
    return pino({
      ...options,
      transport: {
        target: 'pino-pretty',
        options: { ignore: 'pid,hostname', destination: 2, colorize: onTerminal && process.stderr.hasColors() },
      },
    });
  return pino(options, to ?? openStdout());
}

/** How much of the log waits, at most, for whoever reads it, in bytes; what comes then is lost. */
const mostWaiting = 16 * 2 ** 20;

/**
 * Stdout for the log. When it can't be written, lines are lost, which is told once on stderr; by itself pino would end
 * the process then, and wait without end for room on the disk.
 */
function openStdout(): DestinationStream {
  const stream = pino.destination({ dest: 1, sync: false, maxLength: mostWaiting });
  const { flushSync } = stream;
  let isTold = false;
  stream.on('error', ({ code }: NodeJS.ErrnoException) => {
    stream.flushSync = () => {};
    if (isTold || code === 'EPIPE') return;
    isTold = true;
    const reason = code === 'ENOSPC' ? 'there is no room' : code;
    process.stderr.write(`The log could not be written: ${reason}; lines of it are lost.\n`);
  });
  stream.on('write', () => {
    stream.flushSync = flushSync;
  });
  return stream;
}

const ifError = (value: unknown) =>
  value instanceof Error ? { ...plainError(value), frames: framesOf(value) } : value;

/** Fastify's own lines may carry a whole request or reply; their URLs and headers are left out. */
const serializers = {
  err: ifError,
  req: ({ id, method }: { id?: unknown; method?: unknown }) => ({ id, method }),
  res: ({ statusCode }: { statusCode?: unknown }) => ({ statusCode }),
};

const withoutWords = (fields: Record<string, unknown>) =>
  Object.values(fields).some((value) => value instanceof Error)
    ? Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, ifError(value)]))
    : fields;

/** Without a message of its own, a line would get the error's from pino. */
const logMethod: NonNullable<LoggerOptions['hooks']>['logMethod'] = function (inputs, method) {
  const [first, second] = inputs as [unknown, unknown];
  const isBare = first instanceof Error || (first as { err?: unknown } | null)?.err instanceof Error;
  if (!isBare || typeof second === 'string') return method.apply(this, inputs);
  method.apply(this, [first instanceof Error ? { err: first } : first, 'failure'] as never);
};
