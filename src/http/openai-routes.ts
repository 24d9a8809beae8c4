import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { ConductAsk } from '../chain/conduct-ask.ts';
import type { Knowledge } from '../knowledge/port.ts';
import type { About } from './health.ts';
import type { refuseUnknown } from './not-found.ts';
import { openAiChatRoute } from './openai-chat.ts';
import { type EmbedTexts, openAiEmbeddingRoute } from './openai-embeddings.ts';
import { OpenAiErrorBody, replyWithOpenAiError } from './openai-errors.ts';
import { openAiModelRoutes } from './openai-models.ts';

/**
 * The routes for OpenAI's clients, with errors in their shape: a collection is a model, and the last message is the
 * question.
 */
export const openAiRoutes: FastifyPluginAsyncZod<{
  conductAsk: ConductAsk;
  embedTexts: EmbedTexts;
  knowledge: Knowledge;
  about: About;
  maxBodyBytes: number;
  /** Handles requests that no route takes. */
  refuse: ReturnType<typeof refuseUnknown>;
}> = async (app, { conductAsk, embedTexts, knowledge, about, maxBodyBytes, refuse }) => {
  app.setErrorHandler(replyWithOpenAiError);
  app.setNotFoundHandler(refuse);
  app.addHook('onRoute', ({ schema }) => {
    if (schema?.response) schema.response = { ...schema.response, default: OpenAiErrorBody };
  });
  await app.register(openAiModelRoutes, { knowledge });
  await app.register(openAiChatRoute, { conductAsk, knowledge, maxBodyBytes });
  await app.register(openAiEmbeddingRoute, { embedTexts, about, maxBodyBytes });
};
