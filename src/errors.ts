/**
 * Every failure that Assay makes on purpose: its code, the HTTP status it is told with, and whether the same call may
 * succeed later. A code that is not here can't leave the service.
 */
export const errorTable = {
  BAD_INPUT: { status: 400, retryable: false },
  UNKNOWN_FIELD: { status: 400, retryable: false },
  BAD_JSON: { status: 400, retryable: false },
  BAD_DOCUMENT: { status: 400, retryable: false },
  KEY_MISSING: { status: 401, retryable: false },
  KEY_REJECTED: { status: 401, retryable: false },
  KEY_FORBIDDEN: { status: 403, retryable: false },
  NOT_FOUND: { status: 404, retryable: false },
  COLLECTION_NOT_FOUND: { status: 404, retryable: false },
  DOCUMENT_NOT_FOUND: { status: 404, retryable: false },
  ASK_NOT_FOUND: { status: 404, retryable: false },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false },
  REQUEST_TIMEOUT: { status: 408, retryable: true },
  TOO_LARGE: { status: 413, retryable: false },
  UNSUPPORTED_FORMAT: { status: 415, retryable: false },
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

/**
 * A failure with a code. `message` may be shown to the caller, so it never holds a key, a question or a text;
 * the `cause` stays inside. For 5xx the caller sees a fixed text instead of the message (http/errors).
 */
export class AppError extends Error {
  override name = 'AppError';
  readonly code: ErrorCode;
  /** Seconds after which trying again makes sense, when the failing side said so. */
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
