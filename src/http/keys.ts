import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ApiKey } from '../config.ts';
import { AppError } from '../errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The key that the request came with: its name and its collections (null: all). Null where no keys are set. */
    key: { name: string; collections: string[] | null } | null;
  }
}

const digest = (key: string) => createHash('sha256').update(key).digest();

/** Routes that need no key: what tells whether the service lives, and the page with its files. */
const isOpen = (url: string | undefined) => url === '/' || url?.startsWith('/assets/') || url?.startsWith('/health/');

/**
 * Lets in only who brings a key, as `Authorization: Bearer …` or `x-api-key`. Keys are kept hashed and compared in constant
 * time, each with all of them, so that how long it takes tells nothing.
 */
export function requireKeys(app: FastifyInstance, apiKeys: ApiKey[]) {
  const known = apiKeys.map(({ key, ...rest }) => ({ ...rest, digest: digest(key) }));
  app.decorateRequest('key', null);
  app.addHook('onRequest', async (request) => {
    if (known.length === 0 || isOpen(request.routeOptions.url)) return;
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const given = bearer ?? request.headers['x-api-key'];
    if (typeof given !== 'string') throw new AppError('KEY_MISSING', 'A key is needed: Authorization: Bearer <key>.');
    const presented = digest(given);
    const [match] = known.filter((each) => timingSafeEqual(each.digest, presented));
    if (!match) throw new AppError('KEY_REJECTED', 'This key is not known.');
    request.key = { name: match.name, collections: match.collections };
  });
}

/** Whether the request's key opens this collection. */
export function mayUse(request: FastifyRequest, collection: string): boolean {
  return request.key?.collections?.includes(collection) ?? true;
}

/** @throws AppError KEY_FORBIDDEN where the request's key doesn't open this collection, whether or not it exists */
export function needCollection(request: FastifyRequest, collection: string) {
  if (!mayUse(request, collection)) throw new AppError('KEY_FORBIDDEN', 'This key does not open this collection.');
}
