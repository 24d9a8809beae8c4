import type { FastifyReply } from 'fastify';

/**
 * A signal that fires when the client leaves before it has its reply, or its key is revoked, at once if that has
 * happened already.
 */
export function whileConnected(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const forget = reply.request.key?.onRevoked(() => controller.abort(new Error('The key was revoked.')));
  const onClose = () => {
    forget?.();
    if (!reply.raw.writableFinished) controller.abort(new Error('The client left.'));
  };
  if (reply.raw.destroyed) onClose();
  else reply.raw.once('close', onClose);
  return controller.signal;
}
