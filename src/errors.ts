/**
 * Every failure that Assay raises on purpose: its code, its HTTP status, and whether the same call may succeed later.
 * No other code leaves the service.
 */
export const errorTable = {
  BAD_INPUT: { status: 400, retryable: false },
  UNKNOWN_FIELD: { status: 400, retryable: false },
  UNSUPPORTED: { status: 400, retryable: false },
  BAD_JSON: { status: 400, retryable: false },
  BAD_DOCUMENT: { status: 400, retryable: false },
  KEY_MISSING: { status: 401, retryable: false },
  KEY_REJECTED: { status: 401, retryable: false },
  KEY_FORBIDDEN: { status: 403, retryable: false },
  ORIGIN_REJECTED: { status: 403, retryable: false },
  NOT_FOUND: { status: 404, retryable: false },
  MODEL_NOT_FOUND: { status: 404, retryable: false },
  COLLECTION_NOT_FOUND: { status: 404, retryable: false },
  DOCUMENT_NOT_FOUND: { status: 404, retryable: false },
  ASK_NOT_FOUND: { status: 404, retryable: false },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false },
  REQUEST_TIMEOUT: { status: 408, retryable: true },
  TOO_LARGE: { status: 413, retryable: false },
  UNSUPPORTED_FORMAT: { status: 415, retryable: false },
  RATE_LIMITED: { status: 429, retryable: true },
  BUDGET_SPENT: { status: 429, retryable: true },
  HEADERS_TOO_LARGE: { status: 431, retryable: false },
  CLIENT_GONE: { status: 499, retryable: false },
  INTERNAL: { status: 500, retryable: false },
  MODEL_REJECTED: { status: 502, retryable: false },
  MODEL_BAD_OUTPUT: { status: 502, retryable: true },
  MODEL_UNAVAILABLE: { status: 503, retryable: true },
  OVERLOADED: { status: 503, retryable: true },
  NOT_READY: { status: 503, retryable: true },
  STORAGE_FULL: { status: 507, retryable: true },
  MODEL_TIMEOUT: { status: 504, retryable: true },
  BAD_SETTINGS: { status: 500, retryable: false },
} as const;

export type ErrorCode = keyof typeof errorTable;

/** Codes by which model servers refuse, which help whoever reads the log. */
const serverCodes = new Set<unknown>([
  'content_filter',
  'context_length_exceeded',
  'insufficient_quota',
  'invalid_api_key',
  'invalid_request_error',
  'model_not_found',
  'rate_limit_exceeded',
]);
export const isServerCode = (code: unknown) => serverCodes.has(code);

/** Node's codes for a certificate that it doesn't accept. */
const certificateCode =
  /^(?:(?:CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)_[A-Z_]{2,50}|INVALID_(?:CA|PURPOSE)|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|ERR_TLS_CERT_ALTNAME_INVALID)$/;
export const isCertificateCode = (code: string) => certificateCode.test(code);

/**
 * An error without its message. Its code is included only if it is one of Node's, our libraries' or our own, or is
 * known: a server may put anything there, a prompt included.
 */
export function plainError(error: object): { name?: string; code?: string; status?: number } {
  const { name, code, status } = error as Record<string, unknown>;
  const isKnown =
    typeof code === 'string' &&
    (/^(E[A-Z]{2,20}|(ERR|FST|UND_ERR)_[A-Z_]{2,50})$/.test(code) ||
      isCertificateCode(code) ||
      serverCodes.has(code) ||
      Object.hasOwn(errorTable, code));
  return {
    ...(typeof name === 'string' && /^\w{1,60}$/.test(name) && { name }),
    ...(isKnown && { code }),
    ...(typeof status === 'number' && { status }),
  };
}

/** The stack frames of an error, innermost first, at most 12, without its message, which a stack repeats. */
export function framesOf({ message, stack = '' }: Error): string[] {
  const at = message === '' ? -1 : stack.indexOf(message);
  const lines = (at < 0 ? stack : stack.slice(at + message.length)).split('\n');
  return lines.flatMap((line) => (/^\s+at /.test(line) ? [line.trim()] : [])).slice(0, 12);
}

/**
 * A failure with a code. `message` may be shown to the caller, so it never holds a key, a question or a text; the
 * `cause` stays inside. For most 5xx the caller sees a fixed text instead (http/error-reply.ts).
 */
export class AppError extends Error {
  override name = 'AppError';
  readonly code: ErrorCode;
  /** Seconds after which to try again, where the failing side said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retryAfterSeconds?: number } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status(): number {
    return errorTable[this.code].status;
  }
}

/** Whether a failure is a model server's refusal of a text that is too long for its model. */
export const isTooLongForModel = ({ cause }: AppError): boolean =>
  (cause as { code?: unknown } | undefined)?.code === 'context_length_exceeded';

/** Whether a failure is a model server's refusal because there have been too many calls, which ends by itself. */
export function isRateLimited(error: unknown): error is AppError {
  if (!(error instanceof AppError) || error.code !== 'MODEL_UNAVAILABLE') return false;
  const { status, code } = Object(error.cause) as { status?: number; code?: string };
  return status === 429 && code !== 'insufficient_quota';
}

/** Whether a failure is a model server's refusal of what a request asks for, such as an option that it doesn't know. */
export function refusesRequest(error: unknown): boolean {
  if (!(error instanceof AppError) || error.code !== 'MODEL_REJECTED') return false;
  return (error.cause as { isRefusal?: boolean } | undefined)?.isRefusal === true;
}
