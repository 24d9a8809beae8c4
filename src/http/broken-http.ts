import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../errors.ts';
import { errorBody } from './error-reply.ts';

/** Refusals by Node that have a status of their own, by their code. */
const ofNode: Record<string, AppError> = {
  HPE_HEADER_OVERFLOW: new AppError('HEADERS_TOO_LARGE', 'The headers are larger than the service takes.'),
  ERR_HTTP_REQUEST_TIMEOUT: new AppError('REQUEST_TIMEOUT', 'The request did not arrive in time.'),
};
const phrases: Record<number, string> = { 400: 'Bad Request', 408: 'Request Timeout', 431: 'Headers Too Large' };

/** Replies to what can't be read as HTTP, in the shape of every other failure, and closes the connection. */
export function replyToBrokenHttp(error: NodeJS.ErrnoException & { rawPacket?: unknown }, socket: Socket) {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const failure = ofNode[error.code ?? ''] ?? new AppError('BAD_INPUT', 'The request cannot be read as HTTP.');
  const id = randomUUID();
  const body = JSON.stringify(errorBody(failure, id));
  const head = [
    `HTTP/1.1 ${failure.status} ${phrases[failure.status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${id}`,
    'x-content-type-options: nosniff',
    'connection: close',
  ];
  // After a HEAD request a body would be taken for the next reply.
  const isHead = Buffer.isBuffer(error.rawPacket) && error.rawPacket.toString('latin1', 0, 5) === 'HEAD ';
  socket.write(`${head.join('\r\n')}\r\n\r\n${isHead ? '' : body}`);
  socket.destroySoon();
}

/**
 * Has the routes reply where Node would itself, in words of its own: an unknown expectation is no reason to refuse a
 * request, and a request without a host gets the same kind of refusal as any other that can't be read.
 */
export function replyInsteadOfNode(app: FastifyInstance) {
  app.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
    app.server.emit('request', request, response),
  );
  app.addHook('onRequest', async ({ raw }) => {
    if (raw.httpVersion === '1.1' && raw.headers.host === undefined)
      throw new AppError('BAD_INPUT', 'The request names no host.');
  });
}
