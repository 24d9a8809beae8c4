import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ConductAsk } from '../chain/conduct-ask.ts';
import { AskReply, AskRequest, fromKept, type KeptReply } from '../chain/reply.ts';
import { AppError } from '../errors.ts';
import type { Knowledge } from '../knowledge/port.ts';
import { wantsEvents } from './accept.ts';
import { jsonOrEvents } from './event-stream.ts';
import { mayUse, needCollection } from './keys.ts';
import { logAsk } from './log-ask.ts';
import { streamAsk } from './stream-ask.ts';
import { traceparentOf } from './traceparent.ts';
import { whileConnected } from './while-connected.ts';

/** `POST /ask` and `GET /asks/{id}`: a question's answer, context and verdict, now and later. */
export const askRoutes: FastifyPluginAsyncZod<{
  conductAsk: ConductAsk;
  knowledge: Pick<Knowledge, 'ask'>;
}> = async (app, { conductAsk, knowledge }) => {
  app.post(
    '/ask',
    {
      schema: {
        operationId: 'ask',
        summary: 'Answer a question from the documents of a collection, and say whether the answer can be trusted',
        body: AskRequest,
        response: { 200: jsonOrEvents(AskReply, 'context, token…, answer, verdict, done; or error') },
      },
      // The header decides where the body doesn't say.
      preValidation: async ({ body, headers }) => {
        const says = typeof body !== 'object' || body === null || 'stream' in body;
        if (!says && wantsEvents(headers.accept)) Object.assign(body, { stream: true });
      },
      // The chain made the reply to this schema; going through it once more would cost as much as making it.
      serializerCompiler: () => JSON.stringify,
    },
    async (request, reply) => {
      needCollection(request, request.body.collection);
      const asker = {
        keyName: request.key?.name ?? null,
        traceparent: traceparentOf(request),
        signal: whileConnected(reply),
      };
      if (request.body.stream) return streamAsk(conductAsk, request, reply, asker);
      const answered = await conductAsk(request.body, asker);
      logAsk(request, answered);
      return answered;
    },
  );

  app.get(
    '/asks/:id',
    {
      schema: {
        operationId: 'getAsk',
        summary: 'The stored record of an ask, its trace included',
        params: z.strictObject({ id: z.string() }),
        response: { 200: AskReply },
      },
    },
    async (request) => {
      const record = await knowledge.ask(request.params.id);
      // Another key's ask is as good as none, even in a collection that both may use.
      if (!record || !mayUse(request, record.collection) || (request.key && record.keyName !== request.key.name))
        throw new AppError('ASK_NOT_FOUND', 'There is no ask of this id.');
      return fromKept(record.reply as KeptReply);
    },
  );
};
