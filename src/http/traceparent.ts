import type { FastifyRequest } from 'fastify';

/** The span that the caller's trace goes on from, as the caller has it. */
export const traceparentOf = ({ headers }: FastifyRequest) =>
  typeof headers.traceparent === 'string' ? headers.traceparent : null;
