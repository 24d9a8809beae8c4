import { createHash } from 'node:crypto';
import { AppError } from '../errors.ts';
import type { Knowledge, NewDocument } from './port.ts';
import type { ListedDocument, StoreReader } from './store-reader.ts';

/** Documents are put in batches of at least this many passages, and this many puts are under way at once. */
const passagesTogether = 100;
const putsAtOnce = 4;

/** A migrated collection, counted and read back, with one checksum over the documents that came from the source. */
export type MigratedCollection = {
  name: string;
  documents: number;
  passages: number;
  checksum: string;
  /** How many documents of this collection only the target holds. */
  othersInTarget: number;
};

/** The outcome of a migration; `collections` is null where it was stopped before its end. */
export type Migrated = { copied: number; unchanged: number; collections: MigratedCollection[] | null };

type OnProgress = (done: number, total: number) => void;
type Target = Pick<Knowledge, 'createCollection' | 'findSource' | 'put'>;

/**
 * Copies all documents of one store into another, with their vectors, then reads both and compares them. Documents that the target
 * already holds with the same content are skipped, so an interrupted run is simply repeated.
 * @param options.openTarget opens the target for reading once everything is written
 * @param options.signal stops the migration, once the puts under way are done
 * @throws AppError INTERNAL where a document differs between target and source
 */
export async function migrate(options: {
  source: StoreReader;
  target: Target;
  openTarget: () => Promise<StoreReader>;
  signal: AbortSignal;
  onCopy?: OnProgress;
  onCompare?: OnProgress;
}): Promise<Migrated> {
  const { source, target, openTarget, signal, onCopy = () => {}, onCompare = () => {} } = options;
  const names = await source.collections();
  let total = 0;
  for (const name of names)
    for await (const _ of source.documents(name)) {
      if (signal.aborted) return { copied: 0, unchanged: 0, collections: null };
      total += 1;
    }
  const copied = await copyAll(names, { source, target, signal, onCopy: (done) => onCopy(done, total) });
  if (signal.aborted) return { ...copied, collections: null };
  const written = await openTarget();
  try {
    return {
      ...copied,
      collections: await compareAll(names, { source, written, signal, onCompare: (done) => onCompare(done, total) }),
    };
  } finally {
    await written.close();
  }
}

/** Copies what the target lacks, several puts at a time; once `signal` fires, only the puts under way are completed. */
async function copyAll(
  names: string[],
  options: { source: StoreReader; target: Target; signal: AbortSignal; onCopy: (done: number) => void },
): Promise<{ copied: number; unchanged: number }> {
  const { source, target, signal, onCopy } = options;
  const done = { copied: 0, unchanged: 0 };
  const underWay = new Set<Promise<void>>();
  /** The first put that has failed: it may do so while nobody waits for those under way. */
  let failed: Promise<void> | undefined;

  function count(what: 'copied' | 'unchanged', documents: number) {
    done[what] += documents;
    onCopy(done.copied + done.unchanged);
  }

  /**
   * Starts putting documents, as soon as fewer than `putsAtOnce` puts are under way.
   * @throws what an earlier put has failed of
   */
  async function begin(documents: NewDocument[]) {
    while (underWay.size >= putsAtOnce) await Promise.race(underWay);
    await failed;
    const put = target.put(documents).then(() => count('copied', documents.length));
    underWay.add(put);
    const leave = () => underWay.delete(put);
    put.then(leave, () => {
      failed ??= put;
      leave();
    });
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
      } else count('unchanged', 1);
      if (passages < passagesTogether) continue;
      await begin(together);
      together = [];
      passages = 0;
    }
    if (together.length > 0) await begin(together);
    await Promise.all(underWay);
    await failed;
  }

  try {
    for (const name of names) await copy(name);
  } finally {
    await Promise.allSettled(underWay);
  }
  await failed;
  return done;
}

/** @returns null where `signal` has stopped it */
async function compareAll(
  names: string[],
  options: { source: StoreReader; written: StoreReader; signal: AbortSignal; onCompare: (done: number) => void },
): Promise<MigratedCollection[] | null> {
  const { source, written, signal, onCompare } = options;
  const collections: MigratedCollection[] = [];
  let compared = 0;
  for (const name of names) {
    const result = await compare(source.documents(name), written.documents(name), {
      signal,
      onEach() {
        compared += 1;
        onCompare(compared);
      },
    });
    if (!result) return null;
    collections.push({ name, ...result });
  }
  return collections;
}

/**
 * Compares two collections, read side by side in the order of their sources' bytes.
 * @returns null where `signal` has stopped it
 */
async function compare(
  own: AsyncIterable<ListedDocument>,
  other: AsyncIterable<ListedDocument>,
  { signal, onEach }: { signal: AbortSignal; onEach: () => void },
) {
  const checksum = createHash('sha256');
  const counts = { documents: 0, passages: 0, othersInTarget: 0 };
  const others = other[Symbol.asyncIterator]();
  let next = await others.next();
  for await (const { source, read } of own) {
    if (signal.aborted) return null;
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
  for (; !next.done; next = await others.next()) {
    if (signal.aborted) return null;
    counts.othersInTarget += 1;
  }
  return { ...counts, checksum: checksum.digest('base64url') };
}

const before = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other)) < 0;

/** A digest of everything stored of a document: its fields, text, passages and windows, and its vectors bit by bit. */
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
