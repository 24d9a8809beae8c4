import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type AppError, type ErrorCode, errorTable } from '../errors.ts';
import { errorBody, noteFailure } from './error-reply.ts';

/** The body of every reply under `/v1` that is not a success, as OpenAI's clients read it. */
export const OpenAiErrorBody = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
});

/** Our codes that OpenAI's clients and their users know by another name. The others keep their own, in lower case. */
const openAiCodes: Partial<Record<ErrorCode, string>> = {
  KEY_MISSING: 'invalid_api_key',
  KEY_REJECTED: 'invalid_api_key',
  COLLECTION_NOT_FOUND: 'model_not_found',
  RATE_LIMITED: 'rate_limit_exceeded',
  BUDGET_SPENT: 'insufficient_quota',
  NOT_FOUND: 'unknown_url',
  BAD_INPUT: 'invalid_value',
  UNSUPPORTED: 'unsupported_parameter',
};

/** The first part of the path of the first field that is wrong, if the failure is about a field. */
function fieldOf({ cause, message }: AppError): string | null {
  const path = (cause as { validation?: { instancePath: string }[] } | undefined)?.validation?.[0]?.instancePath;
  return path?.split('/').find((part) => part !== '') ?? /^(\w{1,40}): /.exec(message)?.[1] ?? null;
}

/** The body that tells of a failure, as OpenAI would. */
export function openAiErrorBody(failure: AppError, requestId: string): z.infer<typeof OpenAiErrorBody> {
  return {
    error: {
      message: errorBody(failure, requestId).error.message,
      type: typeOf(failure),
      param: failure.status === 400 ? fieldOf(failure) : null,
      code: openAiCodes[failure.code] ?? failure.code.toLowerCase(),
    },
  };
}

function typeOf({ status }: AppError): string {
  if (status >= 500) return 'server_error';
  if (status === 429) return 'rate_limit_error';
  return status === 401 ? 'authentication_error' : 'invalid_request_error';
}

/** Whether a URL is one of those that OpenAI's clients call. */
export const isOpenAiUrl = (url: string) => /^\/v1(?:[/?]|$)/.test(url);

/** The error handler of every route under `/v1`. */
export function replyWithOpenAiError(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const failure = noteFailure(error, request, reply);
  // The clients would try again by the status alone: three asks for one that can't succeed, or not before midnight.
  if (!errorTable[failure.code].retryable || failure.code === 'BUDGET_SPENT') reply.header('x-should-retry', 'false');
  return reply.status(failure.status).send(openAiErrorBody(failure, request.id));
}
