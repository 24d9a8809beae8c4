import { AppError, type ErrorCode } from '../errors.ts';

type Headers = Record<string, string | string[] | undefined>;

/** A server replied with another status than success. Its words may repeat a prompt or a key, so they are not kept. */
export class ServerReplied extends Error {
  override name = 'ServerReplied';
  readonly status: number;
  readonly headers: Headers;

  constructor(status: number, headers: Headers) {
    super(`status ${status}`);
    this.status = status;
    this.headers = headers;
  }
}

const timeouts = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/**
 * Translates a failure of a call to a model server into an AppError, once; the failure stays as its `cause`.
 * @param signal the call's own: if it fired because time was up, that is what happened, whatever failed because of it
 * @returns MODEL_REJECTED (the server refuses such calls), MODEL_UNAVAILABLE (it may take them later), MODEL_TIMEOUT or
 * MODEL_BAD_OUTPUT (its reply can't be read); an AppError or an abort as it is
 */
export function translateFailure(error: unknown, signal?: AbortSignal | undefined): unknown {
  if (error instanceof AppError) return error;
  const fail = (code: ErrorCode, text: string, more = {}) => new AppError(code, text, { cause: error, ...more });
  const { name, code, cause, message } = (error ?? {}) as NodeJS.ErrnoException;
  const late = () => fail('MODEL_TIMEOUT', 'The model server did not reply in time.');
  if (signal?.aborted) return (signal.reason as Error)?.name === 'TimeoutError' ? late() : error;
  if (name === 'AbortError') return error;
  if (name === 'TimeoutError' || timeouts.has(code ?? '')) return late();
  if (error instanceof ServerReplied) {
    const { status, headers } = error;
    if (status === 408) return late();
    if (status === 429 || status >= 500)
      return fail('MODEL_UNAVAILABLE', 'The model server is overloaded or failing.', retryAfter(headers));
    return fail('MODEL_REJECTED', 'The model server rejected the call.');
  }
  const unreadable = () => fail('MODEL_BAD_OUTPUT', 'The reply of the model server cannot be read.');
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE' || code?.startsWith('HPE_') || name === 'SyntaxError')
    return unreadable();
  // undici has codes of its own for broken connections; those of the system begin with E. "terminated" is a break
  // within a reply.
  const broken = /^(?:UND_ERR_(?:SOCKET|CONNECT|CLOSED|DESTROYED)|E[A-Z_]+$)/.test(code ?? '');
  if (broken || (message === 'terminated' && cause !== undefined))
    return fail('MODEL_UNAVAILABLE', 'The model server cannot be reached.');
  return unreadable();
}

/** The longest wait that a server may ask for, in seconds. */
const longestWait = 86_400;

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3). */
function retryAfter(headers: Headers): { retryAfterSeconds?: number } {
  const value = String(headers['retry-after'] ?? '').trim();
  const date = /[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN;
  const seconds = /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : (date - Date.now()) / 1000;
  return Number.isNaN(seconds) ? {} : { retryAfterSeconds: Math.min(longestWait, Math.max(0, Math.ceil(seconds))) };
}
