import type { FastifyReply } from 'fastify';
import { z } from 'zod';

/** The schema of a reply that is JSON, or server-sent events where these are asked for. */
export const jsonOrEvents = <Schema extends z.ZodType>(schema: Schema, events: string) => ({
  description: `JSON, or server-sent events: ${events}`,
  content: { 'application/json': { schema }, 'text/event-stream': { schema: z.string() } },
});

/**
 * Turns a reply into a stream of server-sent events, each with JSON on one line, and with a name unless that is null. `tell`
 * resolves when the client can take more, so that a slow one is not written ahead to. While nothing is to be told, a comment now
 * and then keeps those between from taking the connection for dead.
 * @param heartbeatMs how often
 */
export function openEventStream(reply: FastifyReply, heartbeatMs = 15_000) {
  reply.hijack();
  const headers = Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)] as const);
  reply.raw.writeHead(200, {
    ...Object.fromEntries(headers),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  const { raw } = reply;
  const isOpen = () => !raw.destroyed && !raw.writableEnded;
  const heart = setInterval(() => {
    if (isOpen() && !raw.writableNeedDrain) raw.write(': still here\n\n');
  }, heartbeatMs).unref();
  raw.once('close', () => clearInterval(heart));
  return {
    async tell(event: string | null, data: unknown) {
      const name = event === null ? '' : `event: ${event}\n`;
      if (!isOpen() || raw.write(`${name}data: ${JSON.stringify(data)}\n\n`)) return;
      await new Promise<void>((resolve) => {
        const go = () => {
          raw.off('drain', go).off('close', go);
          resolve();
        };
        raw.on('drain', go).on('close', go);
      });
    },
    end(last = '') {
      clearInterval(heart);
      raw.end(last);
    },
  };
}
