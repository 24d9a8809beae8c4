import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { collectionNamePattern } from '../collection-name.ts';
import { AppError } from '../errors.ts';
import type { CollectionSummary, Knowledge } from '../knowledge/port.ts';
import { mayUse } from './keys.ts';

/** The ending of a model's name that asks for the verdict beneath the answer, for front ends that show text alone. */
const footnoteSuffix = '+footnote';

const Model = z.object({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string() });

/** Each collection is two models: one by its name, one with the verdict as a footnote. */
const modelsOf = ({ name, createdAt }: CollectionSummary) =>
  [name, name + footnoteSuffix].map((id) => ({
    id,
    object: 'model' as const,
    created: Math.floor(Date.parse(createdAt) / 1000),
    owned_by: 'assay',
  }));

/**
 * The collection that the name of a model stands for, and whether a footnote is wanted.
 * @throws AppError MODEL_NOT_FOUND where there is none, or none that the request's key opens
 */
export async function findModel(request: FastifyRequest, knowledge: Pick<Knowledge, 'collection'>, model: string) {
  const footnote = model.endsWith(footnoteSuffix);
  const name = footnote ? model.slice(0, -footnoteSuffix.length) : model;
  const collection =
    collectionNamePattern.test(name) && mayUse(request, name) ? await knowledge.collection(name) : null;
  if (!collection)
    throw new AppError(
      'MODEL_NOT_FOUND',
      'There is no such model, or this key does not open it. GET /v1/models lists those there are: a model is a collection.',
    );
  return { collection, footnote };
}

/** `GET /v1/models`: the collections that the key opens, as models. */
export const openAiModelRoutes: FastifyPluginAsyncZod<{ knowledge: Knowledge }> = async (app, { knowledge }) => {
  app.get(
    '/models',
    {
      schema: {
        operationId: 'listModels',
        summary: 'The models for OpenAI clients: each collection, with and without the verdict as a footnote',
        response: { 200: z.object({ object: z.literal('list'), data: z.array(Model) }) },
      },
    },
    async (request) => {
      const collections = await knowledge.collections();
      return {
        object: 'list' as const,
        data: collections.filter(({ name }) => mayUse(request, name)).flatMap(modelsOf),
      };
    },
  );
  app.get(
    '/models/:model',
    {
      schema: {
        operationId: 'retrieveModel',
        summary: 'One model',
        params: z.strictObject({ model: z.string() }),
        response: { 200: Model },
      },
    },
    async (request) => {
      const { model } = request.params;
      const { collection } = await findModel(request, knowledge, model);
      return modelsOf(collection).find(({ id }) => id === model)!;
    },
  );
};
