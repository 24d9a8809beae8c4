import { AppError, isTooLongForModel } from '../errors.ts';
import { createDocuments } from './documents.ts';
import { openToRead } from './open-to-read.ts';
import type { DocumentSummary, StoredPassage } from './port.ts';
import { isOfRemoved } from './remains.ts';

const passagesAtOnce = 16;
/** After so many documents with texts that are too long, it is the model that doesn't suit. */
const mostTooLong = 20;

/** Makes the vectors of each passage's windows, one after another. */
export type Embed = (passages: StoredPassage[]) => Promise<Float32Array[]>;

/** Where new vectors are kept, by the ids of passages. */
type Made = { has(passageId: string): boolean; write(vectors: Map<string, Float32Array>): void };

/**
 * Makes the missing vectors, in the order of the passages' keys: what is written meanwhile gets higher keys, so one walk covers it all.
 * The store is opened anew for every few passages, so that its log can be emptied in between.
 * @returns how many passages there are
 * @throws what `embed` does; but where texts are too long for the model it goes on, and names their documents at the end
 */
export async function makeMissing(
  made: Made,
  options: {
    dataDir: string;
    embeddingModel: string;
    embed: Embed;
    onProgress?: (done: number, total: number) => void;
  },
): Promise<number> {
  const { dataDir, embeddingModel, embed, onProgress } = options;
  const tooLong = new Map<string, number>();
  let refusal: AppError | undefined;

  /** Embeds passages together, or one by one where a text is too long for the model, and keeps the vectors of those that it takes. */
  async function embedSome(passages: StoredPassage[]): Promise<void> {
    try {
      const vectors = await embed(passages);
      made.write(new Map(passages.map(({ id }, at) => [id, vectors[at]!])));
    } catch (error) {
      if (!(error instanceof AppError && isTooLongForModel(error))) throw error;
      if (passages.length > 1) for (const passage of passages) await embedSome([passage]);
      else {
        refusal = error;
        tooLong.set(passages[0]!.documentId, passages[0]!.key);
      }
    }
  }

  let last = 0;
  for (let done = 0; ; ) {
    const { passages, seen, total } = readMissing(dataDir, last, made.has);
    done += seen.length;
    last = seen.at(-1) ?? last;
    if (passages.length > 0) await embedSome(passages);
    onProgress?.(done, total);
    if (seen.length > 0 && tooLong.size < mostTooLong) continue;
    const named = documentsOf(dataDir, tooLong);
    if (named.length > 0) throw refused(named, { embeddingModel, isAll: seen.length === 0, cause: refusal?.cause });
    if (seen.length === 0) return total;
    tooLong.clear();
  }
}

/** The next few passages without new vectors, and the keys of all passages looked at on the way. */
function readMissing(dataDir: string, after: number, has: (passageId: string) => boolean) {
  const database = openToRead(dataDir);
  try {
    const documents = createDocuments(database);
    const keys = database.prepare(`SELECT key, id FROM passages WHERE key > ? AND NOT ${isOfRemoved} ORDER BY key`);
    const seen: number[] = [];
    const passages: StoredPassage[] = [];
    for (const { key, id } of keys.iterate(after)) {
      seen.push(Number(key));
      if (!has(String(id))) passages.push(documents.passage(Number(key)));
      if (passages.length === passagesAtOnce) break;
    }
    return { passages, seen, total: documents.counts().passages };
  } finally {
    database.close();
  }
}

/** The documents of these ids that still have the passages of these keys. */
function documentsOf(dataDir: string, passageKeys: Map<string, number>): DocumentSummary[] {
  if (passageKeys.size === 0) return [];
  const database = openToRead(dataDir);
  try {
    const documents = createDocuments(database);
    return [...passageKeys].flatMap(([id, key]) => (documents.shownPassage(key) && documents.get(id)) || []);
  } finally {
    database.close();
  }
}

function refused(
  documents: DocumentSummary[],
  { embeddingModel, isAll, cause }: { embeddingModel: string; isAll: boolean; cause: unknown },
): AppError {
  const names = documents.map(({ source, collection }) => `${source} of the collection ${collection}`).join(', ');
  return new AppError(
    'MODEL_REJECTED',
    `There are texts that are too long for ${embeddingModel} in ${names}${isAll ? '' : ', and in others'}. The store keeps ` +
      'its old vectors. With the settings for these, remove such documents or ingest them with a smaller CHUNK_SIZE_TOKENS, then ' +
      're-embed again, which goes on from here; or choose another model.',
    { cause },
  );
}
