import { isUtf8 } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../errors.ts';
import { tellUnknown } from './error-reply.ts';

/** Enough bytes for a body that is small by nature: 4,000 characters take 24,000 if each is escaped. */
export const smallBodyBytes = 256 * 1024;
/** No useful body holds more values: 10,000 messages, each with one part, hold fewer. */
const mostValues = 120_000;
/** How many bytes are looked through before others have their turn: about a millisecond's worth. */
const bytesAtOnce = 2 ** 20;

/**
 * Takes bodies as JSON in UTF-8, and as the forms that single routes take. `text/plain` is refused, since any page may
 * send it without a preflight, and so are bytes that would have to be guessed at: what is stored is what was meant, or
 * nothing.
 */
export function takeJson(app: FastifyInstance) {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser(['text/plain', 'application/json']);
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    refuseEncoded(request);
    // Where none is taken there is none to be missing: many clients call every request JSON, also one without a body.
    if (body.length === 0 && !request.routeOptions.schema?.body) return done(null);
    const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(request.headers['content-type'] ?? '')?.[1];
    if (charset !== undefined && !/^utf-?8$/i.test(charset))
      throw new AppError('UNSUPPORTED_FORMAT', 'This charset is not taken here; JSON is UTF-8.');
    if (!isUtf8(body)) throw new AppError('BAD_JSON', 'The body is not valid UTF-8.');
    if (body.length <= mostValues) return parse(request, body.toString(), done);
    void refuseManyValues(body).then(() => parse(request, body.toString(), done), done);
  });
  app.addHook('preValidation', (request, _reply, done) => {
    const body = request.routeOptions.schema?.body as { content?: object } | undefined;
    if (!body) return done(request.is404 ? undefined : refuseFields(request));
    if (request.mediaType === undefined) return done(new AppError('BAD_JSON', 'The body is empty; it must be JSON.'));
    const isTaken = request.mediaType in (body.content ?? { 'application/json': body });
    done(isTaken ? undefined : new AppError('UNSUPPORTED_FORMAT', 'A form is not taken here; use application/json.'));
  });
}

/**
 * Why a request to a route that takes no body can't be done: it brought fields that would go unnoticed. An empty object
 * brings none.
 */
function refuseFields({ body, mediaType, headers }: FastifyRequest): AppError | undefined {
  const isSent = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (isSent && mediaType === 'multipart/form-data')
    return new AppError('UNSUPPORTED_FORMAT', 'No body is taken here.'); // it has not been read
  if (body === undefined || body === null) return undefined;
  if (typeof body !== 'object' || Array.isArray(body)) return new AppError('BAD_INPUT', 'No body is taken here.');
  const names = Object.keys(body);
  return names.length > 0 ? new AppError('UNKNOWN_FIELD', tellUnknown(names)) : undefined;
}

/**
 * Refuses a compressed body.
 * @throws AppError UNSUPPORTED_FORMAT where the body is not sent as it is
 */
export function refuseEncoded({ headers }: FastifyRequest) {
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (coding !== '' && coding !== 'identity')
    throw new AppError('UNSUPPORTED_FORMAT', 'This content encoding is not taken here; send the body as it is.');
}

/**
 * Counts the values in JSON before it is parsed: parsing a large body of brackets alone takes seconds, during which all
 * others wait.
 * @throws AppError TOO_LARGE where there are more values than any route has a use for
 */
async function refuseManyValues(body: Buffer) {
  let count = 0;
  let isInString = false;
  for (let at = 0; at < body.length; await nextTurn()) {
    for (const end = Math.min(at + bytesAtOnce, body.length); at < end; at += 1) {
      const byte = body[at];
      if (byte === 0x22) isInString = !isInString;
      else if (isInString)
        at += byte === 0x5c ? 1 : 0; // what follows a backslash ends no string
      else if (byte === 0x2c || byte === 0x3a || byte === 0x5b || byte === 0x7b) count += 1; // , : [ {
    }
    if (count > mostValues) throw new AppError('TOO_LARGE', 'The body holds more values than the service takes.');
  }
}
