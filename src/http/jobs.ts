import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { collectionName } from '../collection-name.ts';
import { AppError } from '../errors.ts';
import type { Jobs } from '../ingest/jobs.ts';
import type { Knowledge } from '../knowledge/port.ts';
import { wantsEvents } from './accept.ts';
import { jsonOrEvents, openEventStream } from './event-stream.ts';
import { collectionNotFound, mayUse, needCollection } from './keys.ts';
import { whileConnected } from './while-connected.ts';

const JobShape = z.object({
  id: z.string(),
  collection: z.string(),
  status: z.enum(['running', 'done', 'failed', 'cancelled']),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  error: z.string().nullable(),
  progress: z.object({
    files: z.int(),
    done: z.int(),
    added: z.int(),
    replaced: z.int(),
    unchanged: z.int(),
    skipped: z.int(),
    failed: z.array(z.object({ source: z.string(), code: z.string(), message: z.string() })),
  }),
});

/** `/jobs`: ingests `CORPUS_DIR`, the folder of the settings, in the background; no caller names a path. */
export const jobRoutes: FastifyPluginAsyncZod<{ jobs: Jobs; knowledge: Knowledge }> = async (
  app,
  { jobs, knowledge },
) => {
  const params = z.strictObject({ id: z.string() });
  async function find(request: FastifyRequest, id: string) {
    const job = await jobs.get(id);
    if (!job || !mayUse(request, job.collection)) throw new AppError('NOT_FOUND', 'There is no job of this id.');
    return job;
  }

  app.post(
    '/jobs',
    {
      schema: {
        operationId: 'startJob',
        summary:
          'Ingest the documents of CORPUS_DIR in the background; the job that is running is returned where there is one',
        body: z.strictObject({ collection: collectionName.default('default') }),
        response: { 202: JobShape },
      },
    },
    async (request, reply) => {
      const { collection } = request.body;
      needCollection(request, collection);
      // CORPUS_DIR is what `default` is made of: a key that doesn't open that must not read it another way.
      if (!mayUse(request, 'default')) throw new AppError('KEY_FORBIDDEN', 'This key does not open CORPUS_DIR.');
      if (!(await knowledge.collection(collection))) throw collectionNotFound();
      return reply.status(202).send(await jobs.start(collection));
    },
  );
  app.get(
    '/jobs/:id',
    {
      schema: {
        operationId: 'getJob',
        summary: 'How far a job is; with Accept: text/event-stream, told again each time it gets further',
        params,
        response: { 200: jsonOrEvents(JobShape, 'progress…, done') },
      },
    },
    async (request, reply) => {
      const job = await find(request, request.params.id);
      if (!wantsEvents(request.headers.accept)) return job;
      const stream = openEventStream(reply);
      for await (const state of jobs.watch(job.id, whileConnected(reply)))
        await stream.tell(state.status === 'running' ? 'progress' : 'done', state);
      stream.end();
      return reply;
    },
  );
  app.delete(
    '/jobs/:id',
    {
      schema: {
        operationId: 'cancelJob',
        summary: 'Cancel a job; what it has stored stays',
        params,
        response: { 200: JobShape },
      },
    },
    async (request) => {
      const { id } = await find(request, request.params.id);
      return jobs.cancel(id);
    },
  );
};
