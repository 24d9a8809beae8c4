// @ts-check
// The page's calls to the service: the one place for the key, errors and streams.
import { forTab } from './storage.js';

const keyPlace = 'assay.key';

/**
 * A failed call: `code` is the service's, OFFLINE if there was no reply, CUT_OFF if a stream ended too early, or FILE_UNREADABLE if
 * the browser can't read the file that is to be uploaded.
 */
export class CallError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {string} [requestId]
   * @param {number} [retryAfterSeconds] after how long the service allows another try
   */
  constructor(code, message, requestId, retryAfterSeconds) {
    super(message);
    this.code = code;
    this.requestId = requestId;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Emits `key-needed` (with the CallError as its detail), `key-changed`, `collection-gone`, `offline` and `online`. */
export const connection = new EventTarget();

export const storedKey = () => forTab.read(keyPlace);
/** Keeps the key until the tab is closed. @param {string | null} key null forgets it */
export function storeKey(key) {
  forTab.write(keyPlace, key);
  connection.dispatchEvent(new Event('key-changed'));
}

/** @returns {Record<string, string>} */
function keyHeader() {
  const key = storedKey();
  return key === null ? {} : { authorization: `Bearer ${key}` };
}

/**
 * Calls a route with JSON.
 * @param {string} method
 * @param {string} path
 * @param {{ body?: unknown, signal?: AbortSignal }} [options]
 * @returns {Promise<any>} the reply's JSON, null where it has none
 * @throws CallError; an AbortError where the signal fires
 */
export async function call(method, path, options = {}) {
  const response = await send(method, path, options);
  if (response.status === 204) return null;
  return response.json().catch((error) => {
    throw asCallError(error);
  });
}

/**
 * Asks a question, and passes on each event of the reply's stream as it comes.
 * @param {object} request the body of POST /ask
 * @param {{ signal: AbortSignal, onEvent: (name: string, data: any) => void }} options
 * @throws CallError; an AbortError where the signal fires
 */
export async function ask(request, { signal, onEvent }) {
  const response = await send('POST', '/ask', { body: { ...request, stream: true }, signal });
  let isOver = false;
  try {
    for await (const { event, data } of readEvents(/** @type {ReadableStream<Uint8Array>} */ (response.body))) {
      if (event === 'error') throw new CallError(data.code, data.message, data.requestId);
      isOver ||= event === 'done';
      onEvent(event, data);
    }
  } catch (error) {
    if (error instanceof CallError || /** @type {Error} */ (error).name === 'AbortError') throw error;
  }
  if (!isOver) throw new CallError('CUT_OFF', 'The connection ended before the answer was complete.');
}

const unreadable = () =>
  new CallError('FILE_UNREADABLE', 'It has changed since it was chosen, is gone, or may not be read. Choose it again.');

/** Whether a file is still what was chosen; of a large one, only the beginning is read. @param {Blob} file */
async function canBeRead(file) {
  const reader = file.stream().getReader();
  try {
    await reader.read();
    return true;
  } catch {
    return false;
  } finally {
    reader.cancel().catch(() => {});
  }
}

/**
 * Uploads one file. By XMLHttpRequest, because fetch doesn't report the progress of an upload.
 * @param {{ file: Blob | null, source: string, collection: string, onProgress: (share: number) => void }} upload `file`: null where it couldn't be read
 * @returns {Promise<{ isNew: boolean, unchanged: boolean, passages: number, id: string }>}
 * @throws CallError
 */
export function upload({ file, source, collection, onProgress }) {
  return new Promise((resolve, reject) => {
    if (file === null) return reject(unreadable());
    const key = storedKey();
    const form = new FormData();
    form.append('collection', collection);
    form.append('file', file, source);
    const request = new XMLHttpRequest();
    request.open('POST', '/documents');
    for (const [name, value] of Object.entries(keyHeader())) request.setRequestHeader(name, value);
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 1);
    // A service that refuses an upload early closes the connection; that ends here too.
    request.onerror = async () =>
      reject(
        (await canBeRead(file))
          ? new CallError('OFFLINE', 'The upload did not reach the service, or was cut off.')
          : unreadable(),
      );
    request.onload = () => {
      const { status, response } = request;
      if (status >= 400) return reject(toCallError(status, response, request.getResponseHeader('retry-after'), key));
      resolve({ isNew: request.status === 201, ...request.response });
    };
    request.send(form);
  });
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{ body?: unknown, signal?: AbortSignal }} options
 */
async function send(method, path, { body, signal }) {
  const key = storedKey();
  /** @type {Response} */
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: { ...keyHeader(), ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  } catch (error) {
    throw asCallError(error);
  }
  connection.dispatchEvent(new Event('online'));
  if (response.ok) return response;
  const refusal = await response.json().catch(() => null);
  throw toCallError(response.status, refusal, response.headers.get('retry-after'), key);
}

/** @param {unknown} error */
function asCallError(error) {
  if (error instanceof CallError || /** @type {Error} */ (error).name === 'AbortError') return error;
  connection.dispatchEvent(new Event('offline'));
  return new CallError('OFFLINE', 'The service cannot be reached.');
}

/**
 * @param {number} status
 * @param {any} body
 * @param {string | null} retryAfter the header's value in seconds; a date, which only a proxy would send, is ignored
 * @param {string | null} key with which it was called
 */
function toCallError(status, body, retryAfter, key) {
  const { code = `HTTP_${status}`, message = 'The service refused without saying why.', requestId } = body?.error ?? {};
  const seconds = /^\d+$/.test(retryAfter ?? '') ? Number(retryAfter) : undefined;
  const error = new CallError(code, message, requestId, seconds);
  // What an earlier key is refused says nothing of the present one.
  if (status === 401 && key === storedKey()) connection.dispatchEvent(new CustomEvent('key-needed', { detail: error }));
  if (code === 'COLLECTION_NOT_FOUND') connection.dispatchEvent(new Event('collection-gone'));
  return error;
}

/**
 * Reads server-sent events whose data is JSON.
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<{ event: string, data: any }>}
 */
async function* readEvents(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
      rest = /** @type {string} */ (blocks.pop());
      for (const block of blocks) {
        /** @type {string[]} */
        const lines = block.split(/\r?\n/);
        const field = (/** @type {string} */ name) =>
          lines.filter((each) => each.startsWith(`${name}:`)).map((each) => each.slice(name.length + 1).trimStart());
        const data = field('data').join('\n');
        if (data !== '') yield { event: field('event')[0] ?? 'message', data: JSON.parse(data) };
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
