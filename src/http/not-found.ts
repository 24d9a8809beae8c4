import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors.ts';

/**
 * Makes the handler for requests that no route takes. It tells a wrong method from an unknown path, for the routes that
 * are registered after this call.
 * @returns the handler, which throws AppError METHOD_NOT_ALLOWED or NOT_FOUND
 */
export function refuseUnknown(app: FastifyInstance) {
  const known = new Map<string, { pattern: RegExp; methods: Set<string> }>();
  app.addHook('onRoute', ({ url, method }) => {
    if (url === '*') return; // preflight requests for any path
    const pattern = new RegExp(`^${url.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+').replace('*', '.*')}$`);
    const { methods } = known.getOrInsert(url, { pattern, methods: new Set() });
    for (const each of [method].flat()) methods.add(each);
    if (methods.has('HEAD')) methods.add('GET'); // of a GET with and without a last slash, this hook is told once
  });
  const refuse = (request: FastifyRequest, reply: FastifyReply): never => {
    const path = request.url.split('?', 1)[0]!;
    const taken = [...known.values()].flatMap(({ pattern, methods }) => (pattern.test(path) ? [...methods] : []));
    // What takes this very method has found nothing under this name, such as a file of /docs.
    if (taken.length === 0 || taken.includes(request.method))
      throw new AppError('NOT_FOUND', 'There is nothing here. GET /openapi.json tells what there is.');
    const allowed = [...new Set(taken)].sort().join(', ');
    reply.header('allow', allowed);
    throw new AppError('METHOD_NOT_ALLOWED', `This path takes ${allowed}.`);
  };
  // Before the body is looked at: nothing could make it right.
  app.addHook('preParsing', async (request, reply) => {
    if (request.is404) refuse(request, reply);
  });
  return refuse;
}
