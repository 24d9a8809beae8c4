import type { FastifyRequest } from 'fastify';

/** The W3C `traceparent` of a request, as the caller sent it; null without one. */
export const traceparentOf = ({ headers }: FastifyRequest) =>
  typeof headers.traceparent === 'string' ? headers.traceparent : null;
