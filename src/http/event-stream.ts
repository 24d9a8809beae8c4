import { once } from 'node:events';
import type { FastifyReply } from 'fastify';

/**
 * Turns a reply into a stream of server-sent events, each with JSON on one line. `tell` resolves when the client can take
 * more, so that a slow one is not written ahead to.
 */
export function openEventStream(reply: FastifyReply) {
  reply.hijack();
  const headers = Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)] as const);
  reply.raw.writeHead(200, {
    ...Object.fromEntries(headers),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  return {
    async tell(event: string, data: unknown) {
      const { raw } = reply;
      if (raw.destroyed || raw.writableEnded || raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) return;
      await Promise.race([once(raw, 'drain'), once(raw, 'close')]);
    },
    end: () => reply.raw.end(),
  };
}
