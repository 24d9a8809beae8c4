import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { About } from './health.ts';

/** `GET /`: what this is, for whoever opens it in a browser. */
export const startRoute: FastifyPluginAsyncZod<{ about: About }> = async (app, { about }) => {
  const { provider, chat } = about.models;
  const answers =
    provider === 'embedded' ? 'No language model is configured: answers quote the documents.' : `Answers: ${chat}.`;
  const text = [
    `Assay ${about.versions.assay}: questions answered from your documents, each answer with a verdict.`,
    answers,
    '',
    'POST /ask            {"question": "…"}',
    'GET  /docs           every route, to read and to try',
    'GET  /openapi.json   the same for machines',
    '',
  ].join('\n');
  app.get('/', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/plain; charset=utf-8').send(text),
  );
};
