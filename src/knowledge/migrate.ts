import { createHash } from 'node:crypto';
import { AppError } from '../errors.ts';
import type { Knowledge, NewDocument } from './port.ts';
import type { ListedDocument, StoreReader } from './store-reader.ts';

/** Documents are put together until they have so many passages; so many puts are under way at once. */
const passagesTogether = 100;
const putsAtOnce = 4;

/** A collection as both stores hold it, as far as the source has it: one checksum over all its documents, read back. */
export type MigratedCollection = {
  name: string;
  documents: number;
  passages: number;
  checksum: string;
  /** What the target holds beside it. */
  othersInTarget: number;
};

/** What came of a migration; `collections` is null where it was stopped before its end. */
export type Migrated = { copied: number; unchanged: number; collections: MigratedCollection[] | null };

type OnProgress = (done: number, total: number) => void;

/**
 * Copies all documents of a store into another with the vectors that they have, and compares what is there then with what was to
 * come. A document that the target holds with the same content is left alone, so a run that was broken off is simply repeated.
 * @param options.openTarget reads the target once all is written
 * @param options.signal stops after what is under way
 * @throws AppError INTERNAL where a document in the target isn't what the source has
 */
export async function migrate(options: {
  source: StoreReader;
  target: Pick<Knowledge, 'createCollection' | 'findSource' | 'put'>;
  openTarget: () => Promise<StoreReader>;
  signal: AbortSignal;
  onCopy?: OnProgress;
  onCompare?: OnProgress;
}): Promise<Migrated> {
  const { source, target, openTarget, signal, onCopy = () => {}, onCompare = () => {} } = options;
  const names = await source.collections();
  let total = 0;
  for (const name of names) for await (const _ of source.documents(name)) total += 1;
  const done = { copied: 0, unchanged: 0 };
  const underWay = new Set<Promise<void>>();

  async function putAll(documents: NewDocument[]) {
    await target.put(documents);
    done.copied += documents.length;
    onCopy(done.copied + done.unchanged, total);
  }

  /** Begins to put documents, once there is room for it. */
  async function begin(documents: NewDocument[]) {
    while (underWay.size >= putsAtOnce) await Promise.race(underWay);
    const put = putAll(documents).finally(() => underWay.delete(put));
    put.catch(() => {}); // is told by whoever waits for it, or at the end
    underWay.add(put);
  }

  async function copy(name: string) {
    await target.createCollection(name);
    let together: NewDocument[] = [];
    let passages = 0;
    for await (const listed of source.documents(name)) {
      if (signal.aborted) return;
      const known = await target.findSource(name, listed.source);
      const document = known?.contentHash === listed.contentHash ? null : await listed.read();
      if (document) {
        together.push(document);
        passages += document.passages.length;
      } else {
        done.unchanged += 1;
        onCopy(done.copied + done.unchanged, total);
      }
      if (passages < passagesTogether) continue;
      await begin(together);
      together = [];
      passages = 0;
    }
    if (together.length > 0) await begin(together);
    await Promise.all(underWay);
  }

  try {
    for (const name of names) await copy(name);
  } finally {
    await Promise.allSettled(underWay);
  }
  if (signal.aborted) return { ...done, collections: null };

  const written = await openTarget();
  try {
    const collections: MigratedCollection[] = [];
    let compared = 0;
    for (const name of names) {
      const both = compare(source.documents(name), written.documents(name), () => {
        compared += 1;
        onCompare(compared, total);
      });
      collections.push({ name, ...(await both) });
    }
    return { ...done, collections };
  } finally {
    await written.close();
  }
}

/** Reads two collections side by side; both are in the order of their sources' bytes. */
async function compare(own: AsyncIterable<ListedDocument>, other: AsyncIterable<ListedDocument>, onEach: () => void) {
  const checksum = createHash('sha256');
  const counts = { documents: 0, passages: 0, othersInTarget: 0 };
  const others = other[Symbol.asyncIterator]();
  let next = await others.next();
  for await (const { source, read } of own) {
    for (; !next.done && before(next.value.source, source); next = await others.next()) counts.othersInTarget += 1;
    const found = !next.done && next.value.source === source ? await next.value.read() : null;
    const document = await read();
    if (!document) continue; // removed meanwhile
    const digest = digestOf(document);
    if (!found || digestOf(found) !== digest)
      throw new AppError(
        'INTERNAL',
        `The document ${source} of the collection ${document.collection} is not in the target as it is in the source. If it was ` +
          'changed meanwhile, run this again; else remove it from the target first.',
      );
    checksum.update(digest);
    counts.documents += 1;
    counts.passages += document.passages.length;
    next = await others.next();
    onEach();
  }
  for (; !next.done; next = await others.next()) counts.othersInTarget += 1;
  return { ...counts, checksum: checksum.digest('base64url') };
}

const before = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other)) < 0;

/** Tells documents apart by all that is kept of them: what they say of themselves, text, passages, windows, and vectors bit by bit. */
function digestOf(document: NewDocument): string {
  const { source, title, format, metadata, text, contentHash, vectors } = document;
  const passages = document.passages.map(({ start, end, windows }) => [
    start,
    end,
    windows.map((window) => [window.start, window.end, window.headingPath]),
  ]);
  return createHash('sha256')
    .update(JSON.stringify([source, title, format, metadata, text, contentHash, passages]))
    .update(new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength))
    .digest('base64url');
}
