import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { collectionName } from '../collection-name.ts';
import type { Knowledge } from '../knowledge/port.ts';
import { collectionNotFound, mayUse, needCollection } from './keys.ts';

const Collection = z.object({ name: z.string(), documents: z.int(), passages: z.int(), createdAt: z.string() });
const params = z.strictObject({ name: collectionName });

/** `/collections`: to see, make and remove collections. `default` is always there: removing it empties it. */
export const collectionRoutes: FastifyPluginAsyncZod<{ knowledge: Knowledge }> = async (app, { knowledge }) => {
  async function get(name: string) {
    const collection = await knowledge.collection(name);
    if (!collection) throw collectionNotFound();
    return collection;
  }

  app.get(
    '/collections',
    {
      schema: {
        operationId: 'listCollections',
        summary: 'The collections',
        response: { 200: z.object({ collections: z.array(Collection) }) },
      },
    },
    async (request) => {
      const all = await knowledge.collections();
      return { collections: all.filter(({ name }) => mayUse(request, name)) };
    },
  );
  app.get(
    '/collections/:name',
    { schema: { operationId: 'getCollection', summary: 'One collection', params, response: { 200: Collection } } },
    async (request) => {
      needCollection(request, request.params.name);
      return get(request.params.name);
    },
  );
  app.put(
    '/collections/:name',
    {
      schema: {
        operationId: 'createCollection',
        summary: 'Make a collection',
        params,
        response: { 200: Collection, 201: Collection },
      },
    },
    async (request, reply) => {
      needCollection(request, request.params.name);
      const { made, collection } = await knowledge.createCollection(request.params.name);
      return reply.status(made ? 201 : 200).send(collection);
    },
  );
  app.delete(
    '/collections/:name',
    {
      schema: {
        operationId: 'removeCollection',
        summary: 'Remove a collection and all its documents; default is emptied',
        params,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      needCollection(request, name);
      await get(name);
      // Asked again after its host died, a store that has removed the collection already finds nothing to remove.
      if (name === 'default') await knowledge.emptyCollection(name);
      else await knowledge.removeCollection(name);
      return reply.status(204).send(null);
    },
  );
};
