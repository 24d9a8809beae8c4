import { STATUS_CODES } from 'node:http';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AskRequest, Question } from '../chain/reply.ts';
import { isOpen } from './keys.ts';
import { docsContentSecurityPolicy } from './security-headers.ts';

/**
 * `GET /openapi.json` and its pages at `/docs`: describes, from their schemas, the routes that are registered after
 * this call.
 */
export async function describeRoutes(app: FastifyInstance, options: { version: string; keysRequired: boolean }) {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Assay',
        description: 'Answers from your documents, each with a verdict. Whatever fails has a code for programs.',
        version: options.version,
      },
      ...(options.keysRequired && {
        components: {
          securitySchemes: {
            key: { type: 'http', scheme: 'bearer' },
            keyHeader: { type: 'apiKey', in: 'header', name: 'x-api-key' },
          },
        },
        security: [{ key: [] }, { keyHeader: [] }],
      }),
    },
    transform: (route) => {
      const { schema, url } = toJsonSchema(route as Described);
      nameResponses(schema.response);
      return { schema: isOpen(url) ? { ...schema, security: [] } : schema, url };
    },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: docsContentSecurityPolicy,
    theme: { title: 'Assay', css: [{ filename: 'assay.css', content: '.swagger-ui .topbar { display: none }' }] },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}

// Zod's JSON Schema leaves out limits on a text that is trimmed first.
Question.register(z.globalRegistry, { minLength: 1, maxLength: 4000 });
// What /docs offers to send; it would make one up from the limits otherwise, such as a single passage.
AskRequest.register(z.globalRegistry, {
  example: { question: 'How many epochs did the training of the digit network take?' },
});

/** Says of each reply what it is, where its route doesn't: the generator's own words say nothing. */
function nameResponses(responses: unknown) {
  for (const [status, reply] of Object.entries((responses ?? {}) as Record<string, { description?: string }>))
    reply.description ??= STATUS_CODES[status] ?? 'What went wrong, with a code for programs';
}

type Described = Parameters<typeof jsonSchemaTransform>[0];

/** A route's schemas as JSON Schema; its body may have several content types, each with a schema. */
function toJsonSchema(route: Described): ReturnType<typeof jsonSchemaTransform> {
  const { body, ...rest } = route.schema ?? {};
  const content = (body as { content?: Record<string, { schema: object }> } | undefined)?.content;
  if (!content) return jsonSchemaTransform(route);
  const { schema, url } = jsonSchemaTransform({ ...route, schema: rest });
  const bodyOf = (each: object) => jsonSchemaTransform({ ...route, schema: { body: each } }).schema.body;
  const types = Object.entries(content).map(([type, each]) => [type, { schema: bodyOf(each.schema) }]);
  return { schema: { ...schema, body: { content: Object.fromEntries(types) } }, url };
}
