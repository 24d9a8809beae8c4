import { AppError } from '../../errors.ts';
import type { NewDocument } from '../port.ts';
import type { StoreReader } from '../store-reader.ts';
import { equal, makeClasses } from './classes.ts';
import { createCollections } from './collections.ts';
import { createDocuments, type DocumentProperties, documentIdOf } from './documents.ts';
import { openEngine } from './engine.ts';
import { createFacts } from './facts.ts';
import type { EngineAddress } from './nodes.ts';
import { toFloats } from './passages.ts';

const documentsAtOnce = 100;
const passagesAtOnce = 250;
/** How often a document is read, at most, when it is replaced in the middle. */
const mostTries = 5;

/**
 * Reads the store in Weaviate. While others write to it, each document is consistent in itself, but not all are of one instant.
 * @throws AppError NOT_READY where the engine does not reply, or keeps changing a document while it is read
 */
export async function readWeaviate(address: EngineAddress): Promise<StoreReader> {
  const engine = openEngine(address);
  try {
    const select = await makeClasses(engine, address.endpoints.length);
    const facts = createFacts(engine);
    const documents = createDocuments(engine, select);

    type Row = { start: number; end: number; spans: string; headings: string; vectors: string };
    /** The passages of one version, in the order of the text; no two begin at the same place. */
    async function passagesOf(collection: string, { documentId, version }: DocumentProperties): Promise<Row[]> {
      const rows: Row[] = [];
      for (let from = 0; ; from = rows.at(-1)!.start + 1) {
        const place = { path: ['start'], operator: 'GreaterThanEqual', valueInt: from };
        const operands = [equal('documentId', documentId), equal('version', version), place].map(toGraphQl).join();
        const rest = `where:{operator:And operands:[${operands}]} sort:[{path:["start"] order:asc}] limit:${passagesAtOnce}`;
        const { found } = await engine.query<{ found: Row[] }>(
          'Get',
          select('found', 'AssayPassage', collection, rest, ['start', 'end', 'spans', 'headings', 'vectors']),
        );
        rows.push(...found);
        if (found.length < passagesAtOnce) return rows;
      }
    }

    async function readWhole(collection: string, source: string): Promise<NewDocument | null> {
      const documentId = documentIdOf(collection, source);
      for (let attempt = 1; attempt <= mostTries; attempt += 1) {
        const stored = await documents.stored(collection, documentId);
        if (!stored) return null;
        const text = await documents.textOf(stored);
        const rows = await passagesOf(collection, stored);
        if (text === null || rows.length !== stored.passages) continue; // replaced meanwhile
        const { title, format, metadata, contentHash } = stored;
        const passages = rows.map(({ start, end, spans, headings }) => {
          const [headingPath, ...paths] = JSON.parse(headings) as string[][];
          const windows = (JSON.parse(spans) as [number, number][]).map(([from, to], at) => ({
            ...{ start: from, end: to },
            headingPath: paths[at]!,
          }));
          return { start, end, headingPath: headingPath!, windows };
        });
        const vectors = toFloats(...rows.map((row) => row.vectors));
        return {
          collection,
          source,
          title,
          format,
          metadata: JSON.parse(metadata),
          text,
          contentHash,
          passages,
          vectors,
        };
      }
      throw new AppError(
        'NOT_READY',
        `Weaviate lacks a part of the document ${source} of the collection ${collection}.`,
      );
    }

    return {
      embeddingModel: await facts.get('embedding_model'),
      collections: createCollections(engine, facts).names,
      async *documents(collection) {
        for (let after: string | null = null; ; ) {
          const page = await documents.page({ collection, after, limit: documentsAtOnce });
          for (const { source, contentHash, passages } of page)
            yield { source, contentHash, passages, read: () => readWhole(collection, source) };
          if (page.length < documentsAtOnce) return;
          after = page.at(-1)!.source;
        }
      },
      close: engine.close,
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** A condition in GraphQL's syntax, in which names and operators are not quoted. */
const toGraphQl = ({ path, operator, ...value }: { path: string[]; operator: string }) => {
  const given = Object.entries(value).map(([name, each]) => `${name}:${JSON.stringify(each)}`);
  return `{path:${JSON.stringify(path)} operator:${operator} ${given.join(' ')}}`;
};
