import { createHash, webcrypto } from 'node:crypto';
import { AppError } from '../errors.ts';
import type { DocumentSummary, Knowledge, NewDocument, StoredPassage } from '../knowledge/port.ts';
import { formatOfName, isTextFormat } from './format.ts';
import type { FileToLoad, TextToLoad } from './load.ts';
import type { Parser } from './parser.ts';
import { shownEncoding } from './text-encoding.ts';
import type { Embedder } from './wait-at-limits.ts';

/** A document as it came in, not read yet, and where it goes. */
export type Incoming = {
  collection: string;
  source: string;
  /** A file without a name gets its format from the source's extension. */
  content: TextToLoad | (Omit<FileToLoad, 'name'> & { name?: string });
  /** Overrides the title found in the document; where there is neither, the source is the title. */
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

/** A document that is stored already, or one that has been read and split. */
type Read = { known: DocumentSummary } | { document: Omit<NewDocument, 'vectors'> };

/** How many windows one call to the embedding model takes, and how many such calls a document makes at once. */
const windowsPerCall = 64;
const callsAtOnce = 4;

/**
 * How many windows the documents of one call may have together, how long the headings above each of these may be in all
 * (UTF-16 code units), and how many numbers their vectors have (1 GiB). All are in memory until they are stored, in this
 * process and in the store's, and go there in one message.
 */
const mostWindows = 700_000;
const longestHeadings = 2 ** 27;
const mostNumbers = 2 ** 28;
const tooMuch = () =>
  new AppError(
    'TOO_LARGE',
    'There are too many sentences or rows to be stored at once: divide the document, or send fewer of them together.',
  );

/** Raised whenever reading, splitting or embedding changes, so that documents ingested before don't pass for unchanged. */
export const recipeVersion = 13;

export type Ingest = ReturnType<typeof createIngest>;

/**
 * Ingests documents: has the parser read and split them, embeds their windows, and puts them into the knowledge base. A document that is
 * stored already with the same content is not even parsed.
 * @returns a function that stores documents of one collection, all or none. It throws TOO_LARGE where they have too many windows,
 * AppErrors of the parser, the embedding model or the store, and the reason of `signal` once that is aborted, unless the documents are being stored by then.
 */
export function createIngest(options: {
  knowledge: Pick<Knowledge, 'findSource' | 'put'>;
  parser: Pick<Parser, 'parse'>;
  embeddings: Embedder;
  chunkSizeTokens: number;
  chunkOverlapTokens: number;
}) {
  const { knowledge, parser, embeddings, chunkSizeTokens, chunkOverlapTokens } = options;

  async function read(incoming: Incoming, signal: AbortSignal): Promise<Read> {
    const { collection, source, title, metadata = {} } = incoming;
    const content = 'text' in incoming.content ? incoming.content : { name: source, ...incoming.content };
    const format = content.format ?? formatOfName('name' in content ? content.name : source);
    const settings = [recipeVersion, chunkSizeTokens, chunkOverlapTokens];
    const hashed = [settings, title ?? null, format, metadata, await hashOfContent(content)];
    const needsCharset = 'bytes' in content && isTextFormat(format) && shownEncoding(content.bytes) === null;
    const contentHash = hash(needsCharset && content.charset ? [...hashed, content.charset] : hashed);
    const known = await knowledge.findSource(collection, source);
    if (known?.contentHash === contentHash) return { known };
    const { loaded, passages } = await parser.parse({ ...content, chunkSizeTokens, chunkOverlapTokens }, { signal });
    const about = { collection, source, title: title ?? loaded.title ?? source, format, metadata };
    return { document: { ...about, text: loaded.text, contentHash, passages } };
  }

  return async (incoming: Incoming[], { signal }: { signal?: AbortSignal | undefined } = {}): Promise<Ingested[]> => {
    const failure = new AbortController();
    const stop = signal ? AbortSignal.any([signal, failure.signal]) : failure.signal;
    let windows = 0;
    let headings = 0;
    let numbers = 0;
    async function readOne(each: Incoming, at: number): Promise<Read> {
      const found = await read(each, stop).catch((error) => Promise.reject(withPlace(error, at, incoming)));
      for (const passage of 'document' in found ? found.document.passages : []) {
        windows += passage.windows.length;
        for (const { headingPath } of passage.windows) for (const { length } of headingPath) headings += length;
      }
      if (windows > mostWindows || headings > longestHeadings) throw tooMuch();
      return found;
    }
    try {
      const all = await Promise.all(incoming.map(readOne));
      const documents: NewDocument[] = [];
      for (const each of all) {
        if (!('document' in each)) continue;
        const vectors = await embedWindows(embeddings, each.document, { signal: stop, room: mostNumbers - numbers });
        numbers += vectors.length;
        documents.push({ ...each.document, vectors });
      }
      stop.throwIfAborted();
      const put = await knowledge.put(documents);
      return all.map((each) => {
        if ('document' in each) {
          const { source, collection } = each.document;
          return { source, collection, unchanged: false, ...put.shift()! };
        }
        const { id, source, passages, collection } = each.known;
        return { id, source, passages, unchanged: true, replaced: false, collection };
      });
    } finally {
      // After a failure, what is still being read is of no use.
      failure.abort();
    }
  };
}

/** Says which of several documents can't be read. */
function withPlace(error: unknown, at: number, { length }: Incoming[]): unknown {
  const isItsFault = error instanceof AppError && ['BAD_DOCUMENT', 'UNSUPPORTED_FORMAT'].includes(error.code);
  if (length === 1 || !isItsFault) return error;
  return new AppError(error.code, `File ${at + 1} of ${length}: ${error.message}`, { cause: error.cause });
}

/**
 * The text that is embedded for a window: its words, preceded by the document's title and the headings above it, which tell what "it"
 * is about. Headings that repeat the title are left out.
 */
export function embeddedText(title: string, headingPath: string[], window: string): string {
  const headings = [title, ...headingPath.filter((heading) => heading !== title)];
  return `${headings.join(' > ')}: ${window.replace(/\s+/g, ' ')}`;
}

/** Embeds stored passages as when they were ingested: for each, the vectors of its windows, one after another. */
export const embedAgain = (embeddings: Embedder) => async (passages: StoredPassage[]) => {
  const texts = passages.map(({ title, text, start: origin, windows }) =>
    windows.map(({ start, end, headingPath }) =>
      embeddedText(title, headingPath, text.slice(start - origin, end - origin)),
    ),
  );
  const vectors = await embeddings.embedDocuments(texts.flat());
  return texts.map(({ length }) => Float32Array.from(vectors.splice(0, length).flat()));
};

/**
 * The vectors of all windows, one after another; made by calls of bounded size, a few at a time.
 * @param options.room how many numbers they may have together
 * @throws AppError TOO_LARGE beyond that
 */
async function embedWindows(
  embeddings: Embedder,
  { title, text, passages }: Omit<NewDocument, 'vectors'>,
  { signal, room }: { signal: AbortSignal; room: number },
): Promise<Float32Array> {
  const windows = passages.flatMap((passage) => passage.windows);
  let vectors: Float32Array | undefined;
  let next = 0;

  async function worker(): Promise<void> {
    while (next < windows.length) {
      signal.throwIfAborted();
      const first = next;
      next += windowsPerCall;
      const some = windows.slice(first, next);
      const found = await embeddings.embedDocuments(
        some.map(({ start, end, headingPath }) => embeddedText(title, headingPath, text.slice(start, end))),
        { signal },
      );
      const dimension = vectors ? vectors.length / windows.length : (found[0]?.length ?? 0);
      if (windows.length * dimension > room) throw tooMuch();
      vectors ??= new Float32Array(windows.length * dimension);
      if (found.length !== some.length || found.some((vector) => vector.length !== dimension))
        throw new AppError(
          'MODEL_BAD_OUTPUT',
          'The embedding model returned vectors of an unexpected number or length.',
        );
      for (const [index, vector] of found.entries()) vectors.set(vector, (first + index) * dimension);
    }
  }

  try {
    await Promise.all(Array.from({ length: callsAtOnce }, worker));
  } catch (error) {
    next = windows.length; // the other workers end after the call they are in
    throw error;
  }
  return vectors ?? new Float32Array();
}

/** The hash of the bytes as they came, made off the main thread, because a large file takes long. */
async function hashOfContent(content: { text: string } | { bytes: Uint8Array }): Promise<string> {
  const bytes = 'text' in content ? Buffer.from(content.text) : content.bytes;
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)).toString('base64url');
}

const hash = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('base64url');
