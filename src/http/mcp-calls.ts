import type { FastifyReply, FastifyRequest } from 'fastify';

/** A message as it came in; its contents are the caller's. */
type Message = { id?: unknown; method?: unknown; params?: unknown };

/**
 * The MCP calls under way, so that their callers can cancel them. Up to its revision 2025-11-25 the protocol has a
 * caller send a message for that, in a request of its own; later ones have it close the connection. Since each client
 * counts its calls from zero, a call is identified by key and session as well; a session is just an id that no other
 * client can guess.
 */
export function createMcpCalls() {
  const underWay = new Map<string, AbortController>();
  const nameOf = ({ key, headers }: FastifyRequest, id: unknown): string | null => {
    const session = headers['mcp-session-id'];
    if (session === undefined || (typeof id !== 'string' && typeof id !== 'number')) return null;
    return JSON.stringify([key?.name ?? null, session, id]);
  };

  return {
    /** Notes that a call has begun; its signal fires when the caller cancels it. */
    begin(request: FastifyRequest, reply: FastifyReply): AbortSignal {
      const controller = new AbortController();
      const name = nameOf(request, (request.body as Message).id);
      if (name !== null) {
        underWay.set(name, controller);
        reply.raw.once('close', () => {
          if (underWay.get(name) === controller) underWay.delete(name);
        });
      }
      return controller.signal;
    },

    /** Cancels the call that a message says is no longer wanted; ignores other messages. */
    heed(request: FastifyRequest) {
      const { method, params } = request.body as Message;
      if (method !== 'notifications/cancelled') return;
      const name = nameOf(request, (params as { requestId?: unknown } | null | undefined)?.requestId);
      if (name !== null) underWay.get(name)?.abort();
    },
  };
}
