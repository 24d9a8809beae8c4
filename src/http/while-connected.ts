import type { FastifyReply } from 'fastify';

/** A signal that fires when the client leaves before it has its reply. */
export function whileConnected(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new Error('The client left.'));
  });
  return controller.signal;
}
