import { AppError, type ErrorCode, isCertificateCode } from '../errors.ts';
import { readFailure } from './server-words.ts';

type Headers = Record<string, string | string[] | undefined>;

/** Fields of a request that are of use, but that it can do without. */
const dispensable = ['stream_options', 'temperature', 'encoding_format'];
/** Fields that some servers refuse by a status that otherwise means the key (OpenAI) or a failure (llama-cpp-python). */
const oddlyRefused = /logprobs|response_format/;

/** The status of what a server can't do at all (RFC 9110, 15.6.2), such as vectors of a model that only chats. */
const notImplemented = 501;

/**
 * A server replied with another status than success. Its words may repeat a prompt or a key, so they are not kept: only
 * its code, if it is a known one, and which fields that a request can do without its words are about.
 */
export class ServerReplied extends Error {
  override name = 'ServerReplied';
  readonly status: number;
  readonly headers: Headers;
  readonly code: string | undefined;
  readonly about: string[];
  /** Whether it refuses what the request asks for, such as an option that it doesn't know. */
  readonly isRefusal: boolean;
  /** Whether the same call may succeed later. */
  readonly mayPass: boolean;

  /** @param words the body of the reply */
  constructor(status: number, headers: Headers = {}, words = '') {
    super(`status ${status}`);
    this.status = status;
    this.headers = headers;
    const { code, isTooLong } = readFailure(words);
    const isBusy = status === 429;
    this.code = isBusy && isTooLong ? undefined : code;
    this.about = dispensable.filter((field) => words.includes(field));
    this.isRefusal = [400, 422].includes(status) || ([403, 500].includes(status) && oddlyRefused.test(words));
    this.mayPass = isBusy || (status >= 500 && status !== notImplemented && !isTooLong && !this.isRefusal);
  }
}

export const isGood = (status: number) => status >= 200 && status < 300;

/**
 * Throws the failure that a reply of status 200, or an event of a stream, tells of: a gateway may have begun its reply
 * when the server behind it fails.
 */
export function refuseReportedFailure(reply: unknown): void {
  const { error, object, choices } = (reply ?? {}) as { error?: unknown; object?: unknown; choices?: unknown };
  const choice = Array.isArray(choices) ? choices[0] : undefined;
  const told = error || (object === 'error' ? reply : choice?.error);
  if (!told && choice?.finish_reason !== 'error') return;
  const words = JSON.stringify({ error: told });
  const status = Number((told as { code?: unknown } | undefined)?.code);
  throw new ServerReplied(status >= 400 && status < 600 ? status : statusOf(readFailure(words).code), {}, words);
}

/** The status that belongs to a known code; 500 without one. */
function statusOf(code: string | undefined): number {
  if (code === undefined) return 500;
  return /^(?:rate_limit|insufficient_quota)/.test(code) ? 429 : 400;
}

const timeouts = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/**
 * Translates a failure of a call to a model server into an AppError, once; the failure stays as its `cause`.
 * @param signal the call's own: if it fired because time was up, that is what happened, whatever failed because of it
 * @returns MODEL_REJECTED (the server refuses such calls), MODEL_UNAVAILABLE (it may take them later), MODEL_TIMEOUT or
 * MODEL_BAD_OUTPUT (its reply can't be read); an AppError or an abort as it is
 */
export function translateFailure(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof AppError) return error;
  const fail = (code: ErrorCode, text: string, more = {}) => new AppError(code, text, { cause: error, ...more });
  const { code = '' } = (error ?? {}) as NodeJS.ErrnoException;
  const late = () => fail('MODEL_TIMEOUT', 'The model server did not reply in time.');
  if (signal.aborted) return (signal.reason as Error)?.name === 'TimeoutError' ? late() : error;
  if (timeouts.has(code)) return late();
  if (error instanceof ServerReplied) {
    const { status, headers, mayPass } = error;
    if (status === 408) return late();
    if (mayPass) return fail('MODEL_UNAVAILABLE', 'The model server is overloaded or failing.', retryAfter(headers));
    return fail('MODEL_REJECTED', `The model server rejected the call: ${reasonOf(error)}.`);
  }
  if (isCertificateCode(code))
    return fail(
      'MODEL_UNAVAILABLE',
      `The certificate of the model server is refused (${code}). NODE_EXTRA_CA_CERTS may name the file of an authority of your own.`,
    );
  const refusal = /^Proxy response \((\d+)\)/.exec(String((error as Error | undefined)?.message));
  if (refusal) return fail('MODEL_UNAVAILABLE', `HTTPS_PROXY does not lead to the model server (${refusal[1]}).`);
  // undici has codes of its own for broken connections; those of the system begin with E.
  if (/^(?:UND_ERR_(?:PRX_TLS|SOCKET|CONNECT|CLOSED|DESTROYED)|E[A-Z_]+$)/.test(code))
    return fail('MODEL_UNAVAILABLE', 'The model server cannot be reached.');
  return fail('MODEL_BAD_OUTPUT', 'The reply of the model server cannot be read.');
}

/** Why a server rejected a call, for whoever runs the service. */
function reasonOf({ status, code }: ServerReplied): string {
  if (code === 'context_length_exceeded') return 'the prompt is too long for the model';
  if (status === 401 || status === 403 || code === 'invalid_api_key') return `it refuses the key (${status})`;
  if (status === 404) return 'it has no such model, or nothing at this address (404)';
  if (status === notImplemented) return `it cannot do what was asked of it (${status})`;
  return `status ${status}${code ? `, ${code}` : ''}`;
}

/** The longest wait that a server may ask for, in seconds. */
const longestWait = 86_400;

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3). */
function retryAfter(headers: Headers): { retryAfterSeconds?: number } {
  const value = String(headers['retry-after']);
  const date = /[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN;
  const seconds = /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : (date - Date.now()) / 1000;
  return Number.isNaN(seconds) ? {} : { retryAfterSeconds: Math.min(longestWait, Math.max(0, Math.ceil(seconds))) };
}
