import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AppError, type ErrorCode, framesOf, isTooLongForModel, plainError } from '../errors.ts';
import { mostFiles } from './document-fields.ts';
import { keyRejected } from './keys.ts';

type ValidationIssue = { keyword: string; instancePath: string; message?: string; params: Record<string, unknown> };

/** The body of every reply that is not a success. */
export const ErrorBody = z.object({
  error: z.object({ code: z.string(), message: z.string(), requestId: z.string() }),
});

/** What a caller is told of failures that are not theirs: always the same words, so that nothing inside leaks out. */
const fixedTexts: Partial<Record<ErrorCode, string>> = {
  INTERNAL: 'Something failed inside the service. The request id finds it in the log.',
  MODEL_REJECTED: 'The model server rejected the call. The log says with which status.',
  MODEL_BAD_OUTPUT: 'The model server sent a reply that cannot be used.',
  MODEL_UNAVAILABLE: 'The model server cannot be reached, or is overloaded.',
  MODEL_TIMEOUT: 'The answer was not ready in time.',
  OVERLOADED: 'Too many requests are being answered at the moment.',
  NOT_READY: 'The service is not ready.',
  STORAGE_FULL: 'The storage is full; nothing was stored.',
  // The same words whether it isn't there or the key doesn't open it.
  COLLECTION_NOT_FOUND: 'There is no collection of this name; PUT /collections/{name} makes one.',
};

/** Told where a server rejected a call for its length, which callers and settings decide. */
const tooLong = 'The text is too long for the model. Shorten what you send, or lower topK or CHUNK_SIZE_TOKENS.';

/** Fastify's own refusals as ours, by the prefix of their code; the first that fits counts. */
const ofFastify: [prefix: string, code: ErrorCode, message: string][] = [
  ['FST_ERR_CTP_INVALID_JSON', 'BAD_JSON', 'The body is not valid JSON.'],
  ['FST_ERR_CTP_EMPTY_JSON', 'BAD_JSON', 'The body is empty; it must be JSON.'],
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'TOO_LARGE', 'The body is larger than this route takes.'],
  ['FST_ERR_CTP_INVALID_MEDIA', 'UNSUPPORTED_FORMAT', 'This content type is not taken here; use application/json.'],
  ['FST_PARTS_LIMIT', 'TOO_LARGE', 'The upload has more parts than the service takes.'],
  ['FST_FILES_LIMIT', 'TOO_LARGE', `The upload has more than ${mostFiles} files: send them in several.`],
  ['FST_FIELDS_LIMIT', 'TOO_LARGE', 'The upload has more fields than the service takes.'],
  ['FST_REQ_FILE_TOO_LARGE', 'TOO_LARGE', 'A file is larger than the service takes.'],
  ['FST_', 'BAD_INPUT', 'The request cannot be read.'],
];

/** How many faults of a request are told, and how many unknown fields of one object. */
const mostTold = 10;

/** A name that the caller made up, repeated only if it is plain. */
export const plain = (name: string) => (/^[\w.-]{1,64}$/.test(name) ? name : '…');

/** Says which fields are unknown. */
export function tellUnknown(names: string[]): string {
  const told = names.slice(0, mostTold).map(plain).join(', ');
  return `unknown field ${names.length > mostTold ? `${told} and ${names.length - mostTold} more` : told}`;
}

/** What is wrong with a request, field by field. */
function toInputError(error: { validation: ValidationIssue[] }): AppError {
  const unknown = error.validation.some(({ keyword }) => keyword === 'unrecognized_keys');
  const texts = error.validation.map(({ keyword, instancePath, message = 'is not valid', params }) => {
    const at = instancePath
      .split('/')
      .filter((part) => part !== '')
      .map(plain)
      .join('.');
    const text = keyword === 'unrecognized_keys' ? tellUnknown(params.keys as string[]) : message;
    if (at === '') return text;
    return text.endsWith('received undefined') ? `${at}: is missing` : `${at}: ${text}`; // Zod's own words speak of types
  });
  const message = [...new Set(texts)].slice(0, mostTold).join('; ');
  return new AppError(unknown ? 'UNKNOWN_FIELD' : 'BAD_INPUT', message, { cause: error });
}

/** Any failure as an AppError. Only failures raised on purpose keep their words; the rest becomes INTERNAL. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) return toInputError(error as { validation: ValidationIssue[] });
  const { code, statusCode } = (error ?? {}) as FastifyError;
  const match = ofFastify.find(([prefix]) => code?.startsWith(prefix));
  if (match && (statusCode ?? 500) < 500) return new AppError(match[1], match[2], { cause: error });
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new AppError('BAD_INPUT', 'The request cannot be read.', { cause: error });
  return new AppError('INTERNAL', 'Unexpected failure', { cause: error });
}

/**
 * A request's failure as an AppError. If the client has left or the key was revoked, that is the failure, whatever
 * failed because of it.
 */
function failureOf(error: unknown, { request, raw }: FastifyReply): AppError {
  if (raw.destroyed && !raw.writableFinished) return new AppError('CLIENT_GONE', 'The client left.', { cause: error });
  return request.key?.isRevoked() ? keyRejected() : toAppError(error);
}

/** The body that tells of a failure. */
export function errorBody(error: AppError, requestId: string): z.infer<typeof ErrorBody> {
  const message = isTooLongForModel(error) ? tooLong : (fixedTexts[error.code] ?? error.message);
  return { error: { code: error.code, message, requestId } };
}

/** A failure as the log shows it: never a message from outside, which may repeat a question, a text or a key. */
export function errorForLog(error: AppError) {
  const { cause } = error;
  return {
    code: error.code,
    ...(typeof cause === 'object' && cause !== null && { cause: plainError(cause) }),
    ...(error.status === 500 && { frames: framesOf(cause instanceof Error ? cause : error) }),
  };
}

/** Fastify's error handler for all routes but those that answer in OpenAI's shape. */
export function replyWithError(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const failure = noteFailure(error, request, reply);
  return reply.status(failure.status).send(errorBody(failure, request.id));
}

const logGone = ({ status }: AppError, request: FastifyRequest) => request.log.info({ status }, 'client left');

/** Logs the failure of a stream that has begun, and gives it as an AppError. */
export function noteStreamFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): AppError {
  const failure = failureOf(error, reply);
  request.errorCode = failure.code;
  if (failure.code === 'CLIENT_GONE') logGone(failure, request);
  else request.log.warn({ error: errorForLog(failure) }, 'stream ended with an error');
  return failure;
}

/** Logs a failure, sets the reply's headers for it, and gives it as an AppError. */
export function noteFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): AppError {
  const failure = failureOf(error, reply);
  request.errorCode = failure.code;
  if (failure.status >= 500) request.log.error({ error: errorForLog(failure) }, 'request failed');
  if (failure.code === 'CLIENT_GONE') logGone(failure, request);
  // Fastify would close the connection of a body that is too large; what is still being sent then costs a proxy its
  // reply (a 502 instead of the 413). Node instead reads to the end of the request, for as long as one may take.
  if (reply.hasHeader('connection') && !reply.raw.hasHeader('connection'))
    reply.header('connection', reply.raw.shouldKeepAlive ? 'keep-alive' : 'close');
  if (failure.status === 401) reply.header('www-authenticate', 'Bearer');
  if (failure.retryAfterSeconds !== undefined) reply.header('retry-after', String(failure.retryAfterSeconds));
  return failure;
}
