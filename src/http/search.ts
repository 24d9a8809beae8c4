import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { mostPassages } from '../chain/policy.ts';
import { Question } from '../chain/reply.ts';
import type { SearchPassages } from '../chain/retrieve.ts';
import { collectionName } from '../collection-name.ts';
import { Passage } from '../passage.ts';
import { needCollection } from './keys.ts';
import { whileConnected } from './while-connected.ts';

/** `POST /search`: the passages for a question, without an answer. */
export const searchRoutes: FastifyPluginAsyncZod<{ search: SearchPassages; topK: number }> = async (app, options) => {
  app.post(
    '/search',
    {
      schema: {
        operationId: 'search',
        summary: 'Find the passages for a question; no model is called but the embedding',
        body: z.strictObject({
          question: Question,
          collection: collectionName.default('default'),
          topK: z.int().min(1).max(mostPassages).default(options.topK),
        }),
        response: { 200: z.object({ context: z.array(Passage) }) },
      },
    },
    async (request, reply) => {
      needCollection(request, request.body.collection);
      return { context: await options.search(request.body, { signal: whileConnected(reply) }) };
    },
  );
};
