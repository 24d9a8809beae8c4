import type { FastifyReply } from 'fastify';
import { z } from 'zod';

/** The schema of a reply that is JSON, or server-sent events where these are asked for. */
export const jsonOrEvents = <Schema extends z.ZodType>(schema: Schema, events: string) => ({
  description: `JSON, or server-sent events: ${events}`,
  content: { 'application/json': { schema }, 'text/event-stream': { schema: z.string() } },
});

/** How often a stream that has nothing to tell says that it is there, in milliseconds. */
export const usualHeartbeatMs = 15_000;

/**
 * Turns a reply into a stream of server-sent events, each with JSON on one line, and with a name unless that is null. `tell`
 * resolves when the client can take more, so that a slow one is not written ahead to. While nothing is to be told, a comment now
 * and then keeps those between from taking the connection for dead.
 * @param heartbeatMs how often
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
 * A stream that opens when there is something to tell, so that what fails before can be a reply with a status of its own; and at the
 * latest when it would have said that it is there, lest those between give up a connection on which a model thinks.
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
    /** Whether it has opened; if it hasn't, it never will. */
    hasOpened() {
      clearTimeout(silence);
      return stream !== undefined;
    },
  };
}
