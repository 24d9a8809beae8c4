import { createHash } from 'node:crypto';
import { collectionNamePattern } from '../../collection-name.ts';
import type { DocumentSummary, DocumentVersion, TextPart } from '../port.ts';
import { type Select, uuidOf } from './classes.ts';
import type { Engine } from './engine.ts';
import { whereIds } from './find.ts';

const digest = (...parts: (string | number)[]) =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 20);

/** A document's id, the same for every version of it. It begins with the collection's name, which tells where to look for it. */
export const documentIdOf = (collection: string, source: string) => `${collection}.${digest(collection, source)}`;
/** A passage's id, the same for the same place in the same content. */
export const passageIdOf = (documentId: string, contentHash: string, start: number, end: number) =>
  digest(documentId, contentHash, start, end);
export const documentObjectId = (documentId: string) => uuidOf('document', documentId);
export const textObjectId = (documentId: string, version: string) => uuidOf('text', documentId, version);

/** The collection that a document's id names, or null where it is no such id. */
export function collectionOf(documentId: string): string | null {
  const name = documentId.slice(0, documentId.lastIndexOf('.'));
  return collectionNamePattern.test(name) ? name : null;
}

/**
 * A document's sort key in its collection: the bytes of its source in hexadecimal, because the engine ignores case and outer white space
 * when it compares.
 */
export const placeOf = (source: string) => Buffer.from(source).toString('hex');

/** What the engine stores of a document besides its text. */
export type DocumentProperties = Omit<DocumentSummary, 'id' | 'metadata'> & {
  documentId: string;
  place: string;
  version: string;
  mark: number;
  metadata: string;
  windows: number;
  /** The number of words in all its passages, and the sum of all its vectors in base64: searches weigh by these. */
  words: number;
  vectorSum: string;
};

const summaryFields = [
  ...['documentId', 'collection', 'source', 'title', 'format', 'metadata', 'contentHash'],
  ...['characters', 'passages', 'createdAt', 'updatedAt'],
];

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
  /** An object's properties, read from a majority of replicas; null where there is none. */
  async function read<Properties>(className: string, id: string, collection: string): Promise<Properties | null> {
    const path = `/v1/objects/${className}/${id}?tenant=${collection}&consistency_level=QUORUM`;
    return (await engine.request<{ properties: Properties }>('GET', path))?.properties ?? null;
  }

  const stored = (collection: string, documentId: string) =>
    read<DocumentProperties>('AssayDocument', documentObjectId(documentId), collection);

  /** The text of this version of a document; null where it has been replaced. */
  async function textOf({ collection, documentId, version }: DocumentProperties): Promise<string | null> {
    const found = await read<{ text?: string }>('AssayText', textObjectId(documentId, version), collection);
    return found && (found.text ?? '');
  }

  return {
    stored,
    textOf,
    async get(collection: string, documentId: string): Promise<DocumentSummary | null> {
      const found = await stored(collection, documentId);
      return found && toSummary(found);
    },
    /** The whole text, however long: the engine doesn't read parts. */
    async text(collection: string, { id, contentHash }: DocumentVersion): Promise<TextPart | null> {
      const found = await stored(collection, id);
      const text = found?.contentHash === contentHash ? await textOf(found) : null;
      return text === null ? null : { text, next: null };
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
    /** The current versions of documents, by id, with what a passage shows of its document; those that are gone are left out. */
    async current(collection: string, documentIds: string[]) {
      type Current = Pick<DocumentProperties, 'documentId' | 'version' | 'source' | 'title'>;
      if (documentIds.length === 0) return new Map<string, Current>();
      const ids = documentIds.map(documentObjectId);
      const [found] = await engine.find<Current>([
        {
          ...{ className: 'AssayDocument', tenant: collection, ids, limit: ids.length },
          ...select.reading('AssayDocument', ['documentId', 'version', 'source', 'title']),
        },
      ]);
      return new Map(found!.map((each) => [each.documentId, each]));
    },
  };
}

export type Documents = ReturnType<typeof createDocuments>;
