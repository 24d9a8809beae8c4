import { once } from 'node:events';
import type { FastifyReply } from 'fastify';

/**
 * Turns a reply into a stream of server-sent events, each with JSON on one line, and with a name unless that is null. `tell`
 * resolves when the client can take more, so that a slow one is not written ahead to.
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
    async tell(event: string | null, data: unknown) {
      const { raw } = reply;
      const name = event === null ? '' : `event: ${event}\n`;
      if (raw.destroyed || raw.writableEnded || raw.write(`${name}data: ${JSON.stringify(data)}\n\n`)) return;
      await Promise.race([once(raw, 'drain'), once(raw, 'close')]);
    },
    end: (last = '') => reply.raw.end(last),
  };
}
