import { createHash } from 'node:crypto';
import { collectionNamePattern } from '../../collection-name.ts';
import type { DocumentSummary, StoredDocument } from '../port.ts';
import { type Select, uuidOf, whereIds } from './classes.ts';
import type { Engine } from './engine.ts';

const digest = (...parts: (string | number)[]) =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 20);

/** A document's id: the same for every version of it. It begins with its collection, which says where to look for it. */
export const documentIdOf = (collection: string, source: string) => `${collection}.${digest(collection, source)}`;
/** A passage's id: the same for the same words at the same place of the same content. */
export const passageIdOf = (documentId: string, contentHash: string, start: number, end: number) =>
  digest(documentId, contentHash, start, end);
export const documentObjectId = (documentId: string) => uuidOf('document', documentId);

/** The collection that a document's id names, or null for what is no such id. */
export function collectionOf(documentId: string): string | null {
  const name = documentId.slice(0, documentId.lastIndexOf('.'));
  return collectionNamePattern.test(name) ? name : null;
}

/**
 * Where a document stands among those of its collection: the engine sorts without regard to case and trims what it compares, so
 * the bytes of its source are spelt out.
 */
export const placeOf = (source: string) => Buffer.from(source).toString('hex');

/** What the engine keeps of a document. */
export type DocumentProperties = Omit<DocumentSummary, 'id' | 'metadata'> & {
  documentId: string;
  place: string;
  version: string;
  metadata: string;
  text: string;
  windows: number;
};

const summaryFields = [
  ...['documentId', 'collection', 'source', 'title', 'format', 'metadata', 'contentHash'],
  ...['characters', 'passages', 'createdAt', 'updatedAt'],
].join(' ');

const toSummary = (row: DocumentProperties): DocumentSummary => ({
  id: row.documentId,
  collection: row.collection,
  source: row.source,
  title: row.title,
  format: row.format,
  metadata: JSON.parse(row.metadata),
  contentHash: row.contentHash,
  characters: row.characters,
  passages: row.passages,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
});

/** Reads documents, each in its current version. */
export function createDocuments(engine: Engine, select: Select) {
  async function stored(collection: string, documentId: string): Promise<DocumentProperties | null> {
    const path = `/v1/objects/AssayDocument/${documentObjectId(documentId)}`;
    const query = `?tenant=${collection}&consistency_level=QUORUM`;
    const found = await engine.request<{ properties: DocumentProperties }>('GET', path + query);
    return found?.properties ?? null;
  }

  return {
    stored,
    async get(collection: string, documentId: string): Promise<StoredDocument | null> {
      const found = await stored(collection, documentId);
      return found && { ...toSummary(found), text: found.text ?? '' };
    },
    async findSource(collection: string, source: string): Promise<DocumentSummary | null> {
      const where = whereIds([documentObjectId(documentIdOf(collection, source))]);
      const { found } = await engine.query<{ found: DocumentProperties[] }>(
        'Get',
        select('found', 'AssayDocument', collection, where, summaryFields),
      );
      return found[0] ? toSummary(found[0]) : null;
    },
    async page(query: { collection: string; after: string | null; limit: number }): Promise<DocumentSummary[]> {
      const { collection, after, limit } = query;
      const where = after
        ? `where:{path:["place"] operator:GreaterThan valueText:${JSON.stringify(placeOf(after))}}`
        : '';
      const rest = `limit:${limit} sort:[{path:["place"] order:asc}] ${where}`;
      const { found } = await engine.query<{ found: DocumentProperties[] }>(
        'Get',
        select('found', 'AssayDocument', collection, rest, summaryFields),
      );
      return found.map(toSummary);
    },
    /** The current versions of documents, with what their passages are shown with; those that are gone are left out. */
    async current(collection: string, documentIds: string[]) {
      type Current = Pick<DocumentProperties, 'documentId' | 'version' | 'source' | 'title'>;
      if (documentIds.length === 0) return new Map<string, Current>();
      const { found } = await engine.query<{ found: Current[] }>(
        'Get',
        select(
          'found',
          'AssayDocument',
          collection,
          whereIds(documentIds.map(documentObjectId)),
          'documentId version source title',
        ),
      );
      return new Map(found.map((each) => [each.documentId, each]));
    },
  };
}

export type Documents = ReturnType<typeof createDocuments>;
