import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../errors.ts';
import { isLoopback } from '../loopback.ts';

/**
 * Keeps other people's web pages out. Their scripts read no reply unless `corsOrigins` names them. Where no keys are set, a
 * browser lends every page its way to a service on this machine: then a request that changes something must not come from
 * another origin, and a service on loopback answers to loopback's names only, so that no name that somebody points to
 * 127.0.0.1 makes their page one of ours (DNS rebinding). Names are those of the Host header: X-Forwarded-Host may be a page's.
 */
export async function guardOrigins(
  app: FastifyInstance,
  { corsOrigins, host, keysRequired }: { corsOrigins: string[]; host: string; keysRequired: boolean },
) {
  if (corsOrigins.length > 0)
    await app.register(cors, {
      origin: corsOrigins,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
      // Which headers may come is left to the page: clients send many of their own, and who may call is settled by its origin.
      strictPreflight: false, // its refusal has a shape of its own
      exposedHeaders: [
        'x-request-id',
        'mcp-session-id',
        'retry-after',
        'x-ratelimit-limit',
        'x-ratelimit-remaining',
        'x-ratelimit-reset',
      ],
      maxAge: 600,
    });
  if (keysRequired) return;

  const named = new Set(corsOrigins.map(hostOf));
  app.addHook('onRequest', async ({ method, headers: { host: called = '', origin } }) => {
    const isOwnName = isLoopback(
      called
        .toLowerCase()
        .replace(/:\d+$/, '')
        .replace(/^\[|\]$/g, ''),
    );
    if (isLoopback(host) && called !== '' && !isOwnName && !named.has(called.toLowerCase())) throw rejectedHost();
    if (origin === undefined || ['GET', 'HEAD', 'OPTIONS'].includes(method)) return;
    if (!corsOrigins.includes(origin) && hostOf(origin) !== called.toLowerCase()) throw rejectedOrigin();
  });
}

const rejectedHost = () =>
  new AppError('ORIGIN_REJECTED', 'Without keys, this service answers to the names of its own machine only.');
const rejectedOrigin = () =>
  new AppError('ORIGIN_REJECTED', 'Without keys, nothing is changed for a web page of another origin.');

/** The host and port of an origin as a Host header has them, or null for one that has none (`null`). */
function hostOf(origin: string): string | null {
  return URL.parse(origin)?.host || null;
}
