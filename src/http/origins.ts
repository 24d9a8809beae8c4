import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../errors.ts';
import { isLoopback } from '../loopback.ts';

/**
 * Keeps other people's web pages out. Their scripts can't read a reply unless `corsOrigins` names them. Where no keys
 * are set, every page could use the browser to reach a service on this machine. So a request that changes something
 * must not come from another origin; and a service on loopback answers only to the names of loopback, so that a page
 * can't pass for ours by pointing its own name to 127.0.0.1 (DNS rebinding). Names are taken from the Host header,
 * since a page may set X-Forwarded-Host.
 */
export async function guardOrigins(
  app: FastifyInstance,
  { corsOrigins, host, keysRequired }: { corsOrigins: string[]; host: string; keysRequired: boolean },
) {
  if (corsOrigins.length > 0)
    await app.register(cors, {
      origin: corsOrigins,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
      // Any header is allowed: clients send many of their own, and the origin decides who may call.
      strictPreflight: false, // it would refuse in a shape of its own
      exposedHeaders: [
        'x-request-id',
        'mcp-session-id',
        'retry-after',
        'x-should-retry',
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

/** The host and port of an origin, as a Host header has them; null if it has none (`null`). */
function hostOf(origin: string): string | null {
  return URL.parse(origin)?.host || null;
}
