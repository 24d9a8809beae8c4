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
  return to ? pino(options, to) : pino(options);
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
