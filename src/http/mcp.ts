import { randomUUID } from 'node:crypto';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { ErrorBody, errorBody, noteStreamFailure } from './error-reply.ts';
import { jsonOrEvents, openEventStreamInTime, usualHeartbeatMs } from './event-stream.ts';
import type { About } from './health.ts';
import { mayUse } from './keys.ts';
import { createMcpCalls } from './mcp-calls.ts';
import { createMcpServer, type McpParts } from './mcp-server.ts';
import { traceparentOf } from './traceparent.ts';
import { whileConnected } from './while-connected.ts';

/**
 * `POST /mcp`: the Model Context Protocol over streamable HTTP, without sessions: each request gets a server of its
 * own, so any replica can answer it, and GET and DELETE have nothing to listen to or to end. A request that asks for
 * progress is answered as server-sent events; any other as JSON, or as events if the answer takes long.
 */
export const mcpRoute: FastifyPluginAsyncZod<
  Omit<McpParts, 'version'> & { about: About; corsOrigins: string[]; maxBodyBytes: number; heartbeatMs?: number }
> = async (app, { about, corsOrigins, maxBodyBytes, heartbeatMs = usualHeartbeatMs, ...parts }) => {
  const calls = createMcpCalls();
  app.addHook('onRequest', async (request) => refuseOtherOrigins(request, corsOrigins));

  app.post(
    '/mcp',
    {
      bodyLimit: maxBodyBytes,
      schema: {
        operationId: 'sendMcpMessage',
        summary: 'The Model Context Protocol: tools ask, search and add_document, documents as resources',
        // The SDK checks the message itself. Batches, which the protocol has dropped, would be several asks that count
        // as one request.
        body: Message,
        response: {
          200: jsonOrEvents(z.unknown(), 'JSON-RPC messages'),
          202: z.null().describe('What was sent needs no answer'),
          default: z.union([ErrorBody, JsonRpcError]),
        },
      },
    },
    async (request, reply) => {
      const server = createMcpServer(
        { ...parts, version: about.versions.assay! },
        {
          keyName: request.key?.name ?? null,
          traceparent: traceparentOf(request),
          mayUse: (collection) => mayUse(request, collection),
          mayWrite: request.key?.rights.includes('write') ?? true,
          requestId: request.id,
          log: request.log,
          onFailure: (code) => {
            request.errorCode = code;
          },
        },
      );
      const transport = new WebStandardStreamableHTTPServerTransport({
        enableJsonResponse: !wantsProgress(request.body),
        keepAliveMs: heartbeatMs,
      });
      await server.connect(transport);
      const gone = whileConnected(reply);
      gone.throwIfAborted();
      const cancelled = calls.begin(request, reply);
      calls.heed(request);
      // Closing the server cancels what its tools are doing.
      for (const signal of [gone, cancelled])
        signal.addEventListener('abort', () => void server.close(), { once: true });
      reply.raw.once('finish', () => void server.close());
      const headers = new Headers();
      for (const name of ['accept', 'content-type', 'mcp-protocol-version'])
        if (typeof request.headers[name] === 'string') headers.set(name, request.headers[name]);
      // The SDK looks for the names of both forms; who takes anything takes them.
      if ((headers.get('accept') ?? '*/*').includes('*/*'))
        headers.set('accept', 'application/json, text/event-stream');
      if (request.body.method === 'initialize') reply.header('mcp-session-id', randomUUID());
      const asked = new Request('http://localhost/mcp', { method: 'POST', headers });
      const stream = openEventStreamInTime(reply, heartbeatMs);
      try {
        const answered = await Promise.race([
          transport.handleRequest(asked, { parsedBody: request.body }),
          // Otherwise a reply that nobody waits for would never come.
          new Promise<never>((_, reject) => gone.addEventListener('abort', () => reject(gone.reason), { once: true })),
          new Promise<null>((resolve) => cancelled.addEventListener('abort', () => resolve(null), { once: true })),
        ]);
        if (answered && !stream.hasOpened()) return answered as never;
        if (answered) void stream.tell('message', await answered.json());
      } catch (error) {
        if (!stream.hasOpened()) throw error;
        const { message } = errorBody(noteStreamFailure(error, request, reply), request.id).error;
        void stream.tell('message', { jsonrpc: '2.0', id: request.body.id, error: { code: -32000, message } });
      }
      stream.end(); // a cancelled call gets no message
      return reply as never;
    },
  );
};

const Message = z.record(z.string(), z.unknown()).meta({
  description: 'A JSON-RPC message',
  properties: { jsonrpc: { const: '2.0' } },
  required: ['jsonrpc'],
});

/** How the SDK refuses a message. */
const JsonRpcError = z.object({
  jsonrpc: z.literal('2.0'),
  id: z.unknown(),
  error: z.object({ code: z.number(), message: z.string() }),
});

const wantsProgress = ({ params }: Record<string, unknown>) =>
  (params as { _meta?: { progressToken?: unknown } } | null | undefined)?._meta?.progressToken !== undefined;

/**
 * A page in a browser may call only the origin that it came from, unless the settings name its own; keys make no
 * difference. Programs send no Origin. That the host is really this service's is checked for every route (origins.ts).
 * @throws AppError ORIGIN_REJECTED
 */
function refuseOtherOrigins({ headers: { origin, host = '' } }: FastifyRequest, corsOrigins: string[]) {
  if (origin === undefined || corsOrigins.includes(origin)) return;
  if (URL.parse(origin)?.host !== host.toLowerCase())
    throw new AppError('ORIGIN_REJECTED', 'Pages of other origins may not call /mcp.');
}
