import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../errors.ts';

/**
 * Takes bodies as JSON in UTF-8, and as the forms that single routes take: not `text/plain`, which any page may send without
 * asking first, and no bytes that would have to be guessed at, since what is stored is what was meant, or nothing.
 */
export function takeJson(app: FastifyInstance) {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser(['text/plain', 'application/json']);
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    refuseEncoded(request);
    const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(request.headers['content-type'] ?? '')?.[1];
    if (charset !== undefined && !/^utf-?8$/i.test(charset))
      throw new AppError('UNSUPPORTED_FORMAT', 'This charset is not taken here; JSON is UTF-8.');
    if (!isUtf8(body)) throw new AppError('BAD_JSON', 'The body is not valid UTF-8.');
    return parse(request, body.toString(), done);
  });
  app.addHook('preValidation', (request, _reply, done) => {
    const body = request.routeOptions.schema?.body as { content?: object } | undefined;
    if (!body) return done();
    if (request.mediaType === undefined) return done(new AppError('BAD_JSON', 'The body is empty; it must be JSON.'));
    const isTaken = request.mediaType in (body.content ?? { 'application/json': body });
    done(isTaken ? undefined : new AppError('UNSUPPORTED_FORMAT', 'A form is not taken here; use application/json.'));
  });
}

/** @throws AppError UNSUPPORTED_FORMAT where the body is compressed, or otherwise not sent as it is */
export function refuseEncoded({ headers }: FastifyRequest) {
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (coding !== '' && coding !== 'identity')
    throw new AppError('UNSUPPORTED_FORMAT', 'This content encoding is not taken here; send the body as it is.');
}
