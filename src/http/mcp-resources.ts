import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  ErrorCode,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ReadResourceRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import type { DocumentSummary, Knowledge } from '../knowledge/port.ts';
import type { OpenReader } from './documents.ts';
import { readWholeDocument } from './read-text.ts';

/** How many documents a page of the list holds. */
const documentsInPage = 100;
/** The protocol's own code for a resource that isn't there. */
const resourceNotFound = -32002;
const uriPattern = /^assay:\/\/documents\/([\w.-]{1,100})$/;

/** Where a page begins: after this source of this collection. */
const Cursor = z.tuple([z.string(), z.string()]);

/**
 * Offers documents as MCP resources: listed page by page, over all collections that the caller may use, and read by id.
 * It handles the protocol's own requests, because the SDK lists its resource templates all at once.
 */
export function offerDocuments(
  { server }: McpServer,
  options: { knowledge: Knowledge; openReader: OpenReader; mayUse: (collection: string) => boolean },
) {
  const { knowledge, openReader, mayUse } = options;
  server.registerCapabilities({ resources: {} });

  server.setRequestHandler(ListResourcesRequestSchema, async ({ params }) => {
    const from = params?.cursor === undefined ? null : readCursor(params.cursor);
    const names = (await knowledge.collections())
      .map(({ name }) => name)
      .filter((name) => mayUse(name) && (from === null || name >= from[0]))
      .sort();
    const found: DocumentSummary[] = [];
    for (const collection of names) {
      const after = from?.[0] === collection ? from[1] : null;
      const limit = documentsInPage + 1 - found.length;
      if (limit > 0) found.push(...(await knowledge.documents({ collection, after, limit })));
    }
    const page = found.slice(0, documentsInPage);
    const last = found.length > documentsInPage ? page.at(-1) : undefined;
    return {
      resources: page.map(toResource),
      ...(last && { nextCursor: writeCursor([last.collection, last.source]) }),
    };
  });

  server.setRequestHandler(ListResourceTemplatesRequestSchema, async () => ({
    resourceTemplates: [
      {
        name: 'document',
        title: 'A document by its id',
        uriTemplate: 'assay://documents/{id}',
        description: 'The whole text of a document, into which the offsets of passages and evidence point.',
      },
    ],
  }));

  server.setRequestHandler(ReadResourceRequestSchema, async ({ params: { uri } }, { signal }) => {
    const id = uriPattern.exec(uri)?.[1];
    const find = async () => {
      const document = id === undefined ? null : await knowledge.document(id);
      // A document of a collection that the key doesn't open is as good as not there.
      if (!document || !mayUse(document.collection)) throw refusal(resourceNotFound, 'There is no such document.');
      return document;
    };
    const document = await readWholeDocument(openReader(signal), find);
    return { contents: [{ uri, mimeType: mimeTypeOf(document), text: document.text }] };
  });
}

const mimeTypeOf = ({ format }: DocumentSummary) => (format === 'markdown' ? 'text/markdown' : 'text/plain');

const toResource = (document: DocumentSummary) => ({
  uri: `assay://documents/${document.id}`,
  name: document.source,
  title: document.title,
  description: `In the collection ${document.collection}, ${document.characters} characters.`,
  mimeType: mimeTypeOf(document),
});

const writeCursor = (cursor: z.infer<typeof Cursor>) => Buffer.from(JSON.stringify(cursor)).toString('base64url');

function readCursor(text: string): z.infer<typeof Cursor> {
  try {
    return Cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch {
    throw refusal(ErrorCode.InvalidParams, 'This cursor is none that this list has given.');
  }
}

/**
 * A refusal by a code of the protocol. The message of the SDK's own error begins with the code, which clients then show
 * twice.
 */
const refusal = (code: number, message: string) => Object.assign(new Error(message), { code });
