import type { FastifyReply } from 'fastify';
import { z } from 'zod';

/** The schema of a reply that is JSON, or server-sent events if asked for. */
export const jsonOrEvents = <Schema extends z.ZodType>(schema: Schema, events: string) => ({
  description: `JSON, or server-sent events: ${events}`,
  content: { 'application/json': { schema }, 'text/event-stream': { schema: z.string() } },
});

/** How often a stream with nothing to tell shows that it is alive, in milliseconds. */
export const usualHeartbeatMs = 15_000;

/**
 * Turns a reply into a stream of server-sent events, each with JSON on one line, and with a name unless that is null.
 * `tell` resolves when the client can take more, so that writing doesn't run ahead of a slow one. While there is
 * nothing to tell, `beat` sends a comment now and then, so that proxies don't take the connection for dead.
 * @param heartbeatMs how often, in milliseconds
 */
export function openEventStream(reply: FastifyReply, heartbeatMs = usualHeartbeatMs) {
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
  const beat = () => {
    if (isOpen() && !raw.writableNeedDrain) raw.write(': still here\n\n');
  };
  const heart = setInterval(beat, heartbeatMs).unref();
  raw.once('close', () => clearInterval(heart));
  return {
    beat,
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

/**
 * As `openEventStream`, but the stream opens only when there is something to tell, so that an earlier failure can be a
 * reply with its own status; or at the first heartbeat, so that proxies don't give up a connection while a model
 * thinks.
 * @param heartbeatMs as for `openEventStream`
 */
export function openEventStreamInTime(reply: FastifyReply, heartbeatMs = usualHeartbeatMs) {
  let stream: ReturnType<typeof openEventStream> | undefined;
  const open = () => {
    clearTimeout(silence);
    stream ??= openEventStream(reply, heartbeatMs);
    return stream;
  };
  const silence = setTimeout(() => open().beat(), heartbeatMs).unref();
  reply.raw.once('close', () => clearTimeout(silence));
  return {
    tell: (event: string | null, data: unknown) => open().tell(event, data),
    end: (last?: string) => open().end(last),
    /** Whether the stream has opened; if not, it no longer opens by itself. */
    hasOpened() {
      clearTimeout(silence);
      return stream !== undefined;
    },
  };
}
