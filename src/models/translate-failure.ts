import { APIConnectionError, APIConnectionTimeoutError, APIUserAbortError } from 'openai';
import { AppError, type ErrorCode } from '../errors.ts';

/** What a failed call to a model server brings, as far as the clients of LangChain and OpenAI fill it in. */
type Failure = {
  name?: string;
  message?: string;
  status?: number;
  headers?: Headers | Record<string, string>;
  cause?: unknown;
};

/**
 * Translates a failure of a model server, once, into one of ours. The failure stays as the `cause`; its words, which may
 * repeat a prompt or a key, are not taken over.
 * @returns MODEL_REJECTED (the server refuses such calls), MODEL_UNAVAILABLE (it may take them later), MODEL_TIMEOUT,
 * MODEL_BAD_OUTPUT (it replied with what can't be read); an abort stays what it is
 */
export function translateFailure(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const { name, status, headers, message, cause } = (error ?? {}) as Failure;
  if (name === 'AbortError' || error instanceof APIUserAbortError) return error;
  const fail = (code: ErrorCode, text: string) => new AppError(code, text, { cause: error, ...retryAfter(headers) });
  if (error instanceof APIConnectionTimeoutError || name === 'TimeoutError' || status === 408)
    return fail('MODEL_TIMEOUT', 'The model server did not reply in time.');
  if (status === 429 || (status ?? 0) >= 500)
    return fail('MODEL_UNAVAILABLE', 'The model server is overloaded or failing.');
  if (status !== undefined) return fail('MODEL_REJECTED', 'The model server rejected the call.');
  // undici says "terminated" when the connection breaks inside a reply, with the socket's error as its cause.
  const broken = error instanceof APIConnectionError || (message === 'terminated' && cause !== undefined);
  if (broken) return fail('MODEL_UNAVAILABLE', 'The model server can not be reached.');
  return fail('MODEL_BAD_OUTPUT', 'The reply of the model server can not be read.');
}

function retryAfter(headers: Failure['headers']): { retryAfterSeconds?: number } {
  const value = headers instanceof Headers ? headers.get('retry-after') : headers?.['retry-after'];
  const seconds = Number(value);
  return value && Number.isFinite(seconds) && seconds >= 0 ? { retryAfterSeconds: Math.ceil(seconds) } : {};
}
