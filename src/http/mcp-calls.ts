import type { FastifyReply, FastifyRequest } from 'fastify';

/** A message as it came in; what it holds is the caller's. */
type Message = { id?: unknown; method?: unknown; params?: unknown };

/**
 * The MCP calls that are under way, so that whoever made one can cancel it. Until its revision 2025-11-25 the protocol has that said by a
 * message, which comes as a request of its own; later ones by closing the connection. Each client counts its calls from zero, so one is
 * told by the key and the session that it came with besides; a session is no more than an id which no other client can guess.
 */
export function createMcpCalls() {
  const underWay = new Map<string, AbortController>();
  const nameOf = ({ key, headers }: FastifyRequest, id: unknown): string | null => {
    const session = headers['mcp-session-id'];
    if (session === undefined || (typeof id !== 'string' && typeof id !== 'number')) return null;
    return JSON.stringify([key?.name ?? null, session, id]);
  };

  return {
    /** A signal that fires when the caller cancels this call. */
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

    /** Cancels the call that a message says is not wanted any more; other messages mean nothing here. */
    heed(request: FastifyRequest) {
      const { method, params } = request.body as Message;
      if (method !== 'notifications/cancelled') return;
      const name = nameOf(request, (params as { requestId?: unknown } | null | undefined)?.requestId);
      if (name !== null) underWay.get(name)?.abort();
    },
  };
}
