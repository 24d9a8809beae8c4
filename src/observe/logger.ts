import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import { framesOf, plainError } from '../errors.ts';

/**
 * The log: JSON lines on stdout, or for people on the terminal. An error that is logged loses its words here, whoever logs it
 * and under whatever name: they may repeat a question, a text or a key. What stays is its name, its code, its status and where
 * it was thrown.
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

/** Fastify's own lines may bring a whole request or reply along; its URL and headers stay behind. */
const serializers = {
  err: ifError,
  req: ({ id, method }: { id?: unknown; method?: unknown }) => ({ id, method }),
  res: ({ statusCode }: { statusCode?: unknown }) => ({ statusCode }),
};

const withoutWords = (fields: Record<string, unknown>) =>
  Object.values(fields).some((value) => value instanceof Error)
    ? Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, ifError(value)]))
    : fields;

/** pino takes an error's message for the line's where it is given no other. */
const logMethod: NonNullable<LoggerOptions['hooks']>['logMethod'] = function (inputs, method) {
  const [first, second] = inputs as [unknown, unknown];
  const isBare = first instanceof Error || (first as { err?: unknown } | null)?.err instanceof Error;
  if (!isBare || typeof second === 'string') return method.apply(this, inputs);
  method.apply(this, [first instanceof Error ? { err: first } : first, 'failure'] as never);
};
