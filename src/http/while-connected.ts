import type { FastifyReply } from 'fastify';

/** A signal that fires when the client leaves before it has its reply, or its key is revoked. */
export function whileConnected(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const forget = reply.request.key?.onRevoked(() => controller.abort(new Error('The key was revoked.')));
  reply.raw.once('close', () => {
    forget?.();
    if (!reply.raw.writableFinished) controller.abort(new Error('The client left.'));
  });
  return controller.signal;
}
