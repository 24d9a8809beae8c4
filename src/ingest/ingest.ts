import { createHash } from 'node:crypto';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { Knowledge, NewDocument } from '../knowledge/port.ts';
import type { LoadedDocument } from './loaded-document.ts';
import { splitDocument } from './split.ts';
import { createTokenCounter } from './tokens.ts';

/** A document that has been loaded, and where it goes. */
export type Incoming = {
  collection: string;
  source: string;
  loaded: LoadedDocument;
  /** Overrides the title found in the document; without any, the source serves. */
  title?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
};

export type Ingested = {
  id: string;
  source: string;
  passages: number;
  unchanged: boolean;
  replaced: boolean;
  collection: string;
};

/** How many windows one call to the embedding model holds, and how many such calls a document makes at once. */
const windowsPerCall = 64;
const callsAtOnce = 4;

/** Counts up when splitting or embedding changes, so that documents ingested before it are not taken for unchanged. */
const recipe = 1;

export type Ingest = ReturnType<typeof createIngest>;

/**
 * Ingests documents: splits them, embeds their windows, puts them into the knowledge base. What is there already, from the
 * same source and with the same content, is left alone.
 * @returns a function that takes documents of one collection and stores all of them or none
 * @throws AppError of the embedding model or the store
 */
export function createIngest(options: {
  knowledge: Pick<Knowledge, 'findSource' | 'put'>;
  embeddings: EmbeddingsInterface;
  chunkSizeTokens: number;
  chunkOverlapTokens: number;
}) {
  const { knowledge, embeddings, chunkSizeTokens, chunkOverlapTokens } = options;
  const countTokens = createTokenCounter();

  async function prepare({ collection, source, loaded, title, metadata = {} }: Incoming) {
    const about = { collection, source, title: title ?? loaded.title ?? source, format: loaded.format, metadata };
    const settings = [recipe, chunkSizeTokens, chunkOverlapTokens];
    const contentHash = hash([settings, about.title, about.format, metadata, loaded.text]);
    const known = await knowledge.findSource(collection, source);
    if (known?.contentHash === contentHash) return { known };
    const passages = splitDocument(loaded, { chunkSizeTokens, chunkOverlapTokens, countTokens });
    const texts = passages.flatMap(({ windows }) =>
      windows.map(({ start, end, headingPath }) =>
        embeddedText(about.title, headingPath, loaded.text.slice(start, end)),
      ),
    );
    const vectors = await embedAll(embeddings, texts);
    return { document: { ...about, text: loaded.text, contentHash, passages, vectors } satisfies NewDocument };
  }

  return async (incoming: Incoming[]): Promise<Ingested[]> => {
    const prepared = [];
    for (const each of incoming) prepared.push(await prepare(each));
    const put = await knowledge.put(prepared.flatMap(({ document }) => document ?? []));
    return prepared.map(({ known, document }) => {
      if (known) {
        const { id, source, passages, collection } = known;
        return { id, source, passages, unchanged: true, replaced: false, collection };
      }
      const { source, collection } = document;
      return { source, collection, unchanged: false, ...put.shift()! };
    });
  };
}

/**
 * What is embedded for a window: its own words behind the document's title and the headings above it, which say what
 * "it" is about. The title that a heading repeats is said once.
 */
export function embeddedText(title: string, headingPath: string[], window: string): string {
  const headings = [title, ...headingPath.filter((heading) => heading !== title)];
  return `${headings.join(' > ')}: ${window.replace(/\s+/g, ' ')}`;
}

/** The texts' vectors one after another, at unit length, by bounded calls of bounded size. */
async function embedAll(embeddings: EmbeddingsInterface, texts: string[]): Promise<Float32Array> {
  const calls = Array.from({ length: Math.ceil(texts.length / windowsPerCall) }, (_, call) => call);
  const results: number[][][] = [];
  const worker = async () => {
    for (let call = calls.shift(); call !== undefined; call = calls.shift())
      results[call] = await embeddings.embedDocuments(texts.slice(call * windowsPerCall, (call + 1) * windowsPerCall));
  };
  await Promise.all(Array.from({ length: callsAtOnce }, worker));
  return Float32Array.from(results.flat(2));
}

const hash = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('base64url');
