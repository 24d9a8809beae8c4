import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { collectionName } from '../collection-name.ts';
import { AppError } from '../errors.ts';
import type { Ingested } from '../ingest/ingest.ts';
import type { DocumentSummary, Knowledge } from '../knowledge/port.ts';
import { TextDocument, toUpload, type Upload, WrittenDocument } from './document-fields.ts';
import { noteStreamFailure } from './error-reply.ts';
import { collectionNotFound, mayUse, needCollection } from './keys.ts';
import { beginDocument, type DocumentReader } from './read-text.ts';
import { readUpload, UploadForm } from './upload.ts';
import { whileConnected } from './while-connected.ts';

const Summary = z.object({
  id: z.string(),
  source: z.string(),
  title: z.string(),
  format: z.string(),
  metadata: z.record(z.string(), z.unknown()),
  characters: z.int(),
  passages: z.int(),
  collection: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
const WrittenDocuments = z.object({ documents: z.array(WrittenDocument) });
const Written = z.union([WrittenDocument, WrittenDocuments]);

/** Loads and ingests uploads into a collection, all or none; the results are in the order of the uploads. */
export type IngestUploads = (
  collection: string,
  uploads: Upload[],
  options: { signal: AbortSignal },
) => Promise<Ingested[]>;

/** Reads documents, whose texts take turns with those that others read; `signal` ends the wait. */
export type OpenReader = (signal: AbortSignal) => DocumentReader;

/** `/documents`: to add, replace, list, read and remove documents. */
export const documentRoutes: FastifyPluginAsyncZod<{
  ingestUploads: IngestUploads;
  knowledge: Knowledge;
  openReader: OpenReader;
  maxBodyBytes: number;
}> = async (app, { ingestUploads, knowledge, openReader, maxBodyBytes }) => {
  const toSummary = ({ contentHash, ...summary }: DocumentSummary) => summary;

  app.post(
    '/documents',
    {
      bodyLimit: maxBodyBytes,
      schema: {
        operationId: 'addDocuments',
        summary: 'Add documents, or replace those of the same source: JSON for one text, multipart/form-data for files',
        body: {
          content: { 'application/json': { schema: TextDocument }, 'multipart/form-data': { schema: UploadForm } },
        },
        response: { 200: Written, 201: Written },
      },
    },
    async (request, reply) => {
      const { collection, uploads } = request.isMultipart()
        ? await readUpload(request)
        : toUploads(request.body as TextDocument);
      needCollection(request, collection);
      if (!(await knowledge.collection(collection))) throw collectionNotFound();
      const written = await ingestUploads(collection, uploads, { signal: whileConnected(reply) });
      for (const { id, source, passages, unchanged } of written)
        request.log.info({ documentId: id, collection, passages, unchanged, sourceLength: source.length }, 'ingested');
      const documents = written.map(({ replaced, ...document }) => document);
      reply.status(written.some(({ unchanged, replaced }) => !unchanged && !replaced) ? 201 : 200);
      return documents.length === 1 ? documents[0]! : { documents };
    },
  );

  app.get(
    '/documents',
    {
      schema: {
        operationId: 'listDocuments',
        summary: 'The documents of a collection, by source',
        querystring: z.strictObject({
          collection: collectionName.default('default'),
          cursor: z.base64url().max(8192).optional(),
          limit: z.coerce.number().int().min(1).max(1000).default(100),
        }),
        response: { 200: z.object({ documents: z.array(Summary), nextCursor: z.string().nullable() }) },
      },
    },
    async (request) => {
      const { collection, cursor, limit } = request.query;
      needCollection(request, collection);
      const after = cursor === undefined ? null : Buffer.from(cursor, 'base64url').toString();
      const found = await knowledge.documents({ collection, after, limit: limit + 1 });
      const documents = found.slice(0, limit).map(toSummary);
      const last = found.length > limit ? documents.at(-1) : undefined;
      return { documents, nextCursor: last ? Buffer.from(last.source).toString('base64url') : null };
    },
  );

  const params = z.strictObject({ id: z.string() });
  /**
   * The document of an id, if the request's key opens its collection.
   * @throws AppError DOCUMENT_NOT_FOUND otherwise, as if it were not there
   */
  async function find(request: FastifyRequest, id: string): Promise<DocumentSummary> {
    const document = await knowledge.document(id);
    if (!document || !mayUse(request, document.collection))
      throw new AppError('DOCUMENT_NOT_FOUND', 'There is no document of this id.');
    return document;
  }

  app.get(
    '/documents/:id',
    {
      schema: {
        operationId: 'getDocument',
        summary: 'One document with its text, into which every offset points',
        params,
        response: { 200: Summary.extend({ text: z.string() }) },
      },
    },
    async (request, reply) => {
      const reader = openReader(whileConnected(reply));
      const begun = await beginDocument(reader, () => find(request, request.params.id));
      const document = toSummary(begun.document);
      if (begun.isWhole) return { ...document, text: begun.text };
      // Fastify reads the body of a reply to HEAD to its end.
      const parts = request.method === 'HEAD' ? [] : inJson(document, begun);
      const json = Readable.from(parts, { objectMode: false, highWaterMark: 1 });
      // Its head has gone out: nothing else can tell of a failure, or of a client that leaves.
      json.once('error', (error) => noteStreamFailure(error, request, reply));
      json.once('close', () => json.readableEnded || json.errored || noteStreamFailure(null, request, reply));
      return reply.type('application/json; charset=utf-8').send(json as never);
    },
  );

  app.delete(
    '/documents/:id',
    { schema: { operationId: 'removeDocument', summary: 'Remove a document', params, response: { 204: z.null() } } },
    async (request, reply) => {
      await find(request, request.params.id);
      await knowledge.remove(request.params.id);
      return reply.status(204).send(null);
    },
  );
};

/** A document as JSON, part by part: many that are read slowly would fill the memory as a whole. */
async function* inJson(summary: object, begun: { text: string; rest(): AsyncIterable<string> }) {
  const escaped = (text: string) => JSON.stringify(text).slice(1, -1);
  yield `${JSON.stringify(summary).slice(0, -1)},"text":"${escaped(begun.text)}`;
  for await (const text of begun.rest()) yield escaped(text);
  yield '"}';
}

const toUploads = (document: TextDocument) => ({ collection: document.collection, uploads: [toUpload(document)] });
