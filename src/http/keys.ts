import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Right } from '../api-key.ts';
import { AppError } from '../errors.ts';
import type { HeldKey, Keyring } from '../keyring.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The known key that the request came with; null without one, or where no keys are set. */
    key: HeldKey | null;
  }
}

/** Whether a route needs no key: those that tell whether the service lives, and the page with its files. */
export const isOpen = (url: string | undefined) =>
  url === '/' || url?.startsWith('/assets/') || url?.startsWith('/health/');

/** The right that a route needs. A route that changes something and isn't named here needs `admin`. */
function rightFor(method: string, url: string): Right {
  if (url === '/metrics') return 'admin';
  if (/^\/(documents|jobs)(\/|$)/.test(url) && (method !== 'GET' || url.startsWith('/jobs'))) return 'write';
  if (method === 'GET' || /^\/(ask|search|mcp|v1\/.*)$/.test(url)) return 'ask';
  return 'admin';
}

/** The key that a request presents, as `Authorization: Bearer …` or `x-api-key`. */
function keyOf({ headers }: FastifyRequest): string | null {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  const given = bearer ?? headers['x-api-key'];
  return typeof given === 'string' ? given : null;
}

/** Finds the key of each request. A request with an unknown key goes on as one without, for `requireKeys` to refuse. */
export function readKeys(app: FastifyInstance, keyring: Keyring) {
  app.decorateRequest('key', null);
  app.addHook('onRequest', async (request) => {
    const given = keyring.isRequired ? keyOf(request) : null;
    if (given !== null) request.key = keyring.find(given);
  });
}

/** Lets in only requests whose key has the right that the route needs; `readKeys` must be registered before. */
export function requireKeys(app: FastifyInstance, keyring: Keyring) {
  app.addHook('onRequest', async (request) => {
    const { key } = request;
    const { url } = request.routeOptions;
    if (!keyring.isRequired || isOpen(url)) return;
    if (!key && keyOf(request) !== null) throw keyRejected();
    if (!key) throw new AppError('KEY_MISSING', 'A key is needed: Authorization: Bearer <key>.');
    if (url === undefined) return;
    const right = rightFor(request.method === 'HEAD' ? 'GET' : request.method, url);
    if (!key.rights.includes(right))
      throw new AppError('KEY_FORBIDDEN', `This key does not have the right to ${right}.`);
    // Metrics count over all collections.
    if (url === '/metrics' && key.collections)
      throw new AppError('KEY_FORBIDDEN', 'This key opens some collections only.');
  });
  // A body may take long to arrive; the key may be revoked by then.
  app.addHook('preHandler', async (request) => {
    if (request.key?.isRevoked()) throw keyRejected();
  });
}

/** The refusal of a key that isn't known, or is no longer. */
export const keyRejected = () => new AppError('KEY_REJECTED', 'This key is not known.');

/** The refusal of a collection that isn't there, or that the caller's key doesn't open. */
export const collectionNotFound = () => new AppError('COLLECTION_NOT_FOUND', 'There is no collection of this name.');

/** Whether the request's key opens this collection. */
export function mayUse(request: FastifyRequest, collection: string): boolean {
  return request.key?.collections?.includes(collection) ?? true;
}

/**
 * Refuses a collection that the request's key doesn't open.
 * @throws AppError COLLECTION_NOT_FOUND, as if it were not there
 */
export function needCollection(request: FastifyRequest, collection: string) {
  if (!mayUse(request, collection)) throw collectionNotFound();
}
