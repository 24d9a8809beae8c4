import type { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { AppError } from '../errors.ts';
import type { Documents } from './documents.ts';
import type { NewDocument } from './port.ts';
import { type Change, createRowWriter } from './write-rows.ts';
import type { PackedChange, WriteOrder, WriteReply } from './write-thread.ts';

/** From so many passages on, written or removed, a write is long: it takes some fifty milliseconds, and more passages take longer. */
const longFrom = 200;

const threadFile = new URL('./write-thread.ts', import.meta.url);

/**
 * The thread for long writes, started when it is first needed: it takes tens of milliseconds to start.
 * @param onStep is called at each sign of life
 */
function createWriteThread(dataDir: string, onStep: () => void) {
  let worker: Worker | undefined;
  let current: PromiseWithResolvers<PackedChange[]> | undefined;
  let folding: PromiseWithResolvers<void> | undefined;

  function endFolding() {
    folding?.resolve();
    folding = undefined;
  }

  function start(): Worker {
    const started = new Worker(threadFile, {
      workerData: dataDir,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    let cause: unknown;
    started.on('message', (reply: WriteReply) => {
      onStep();
      if (reply === 'working') return;
      if (reply === 'folded') endFolding();
      else if ('written' in reply) current?.resolve(reply.written);
      else current?.reject(new AppError(reply.failed.code, reply.failed.message));
    });
    started.on('error', (error) => {
      cause = error;
    });
    started.on('exit', () => {
      worker = undefined;
      endFolding();
      current?.reject(cause ?? new AppError('INTERNAL', 'The thread for long writes ended.'));
    });
    return started;
  }

  return {
    /** @throws AppError as the store's writes; what the thread ended of */
    write(order: Exclude<WriteOrder, 'fold'>): Promise<PackedChange[]> {
      worker ??= start();
      current = Promise.withResolvers();
      worker.postMessage(order);
      return current.promise;
    },
    fold() {
      if (!worker) return;
      folding = Promise.withResolvers();
      worker.postMessage('fold' satisfies WriteOrder);
    },
    /** Resolves when the folding that is under way, if any, has ended. */
    folding: () => folding?.promise,
    close: async () => void (await worker?.terminate()),
  };
}

/** Moves a document's vectors to memory that threads share, or each of them would have a copy. */
function share(document: NewDocument): NewDocument {
  if (document.vectors.buffer instanceof SharedArrayBuffer) return document;
  const vectors = new Float32Array(new SharedArrayBuffer(document.vectors.byteLength));
  vectors.set(document.vectors);
  return Object.assign(document, { vectors });
}

/** Gives each key the next of the `vectors`, as many numbers as its length says. */
function divide(keys: Float64Array, vectors: Float32Array, lengths: ArrayLike<number>) {
  let offset = 0;
  return Array.from(keys, (key, at) => {
    const own = vectors.subarray(offset, offset + lengths[at]!);
    offset += own.length;
    return { key, vectors: own };
  });
}

function unpack({ added, erased, ...about }: PackedChange, document?: NewDocument, dimension = 0): Change {
  const gone = divide(erased.keys, erased.vectors, erased.lengths);
  const lengths = document?.passages.map(({ windows }) => windows.length * dimension) ?? [];
  return {
    ...about,
    added: document ? divide(added, document.vectors, lengths) : [],
    erased: new Map(gone.map(({ key, vectors }) => [key, vectors])),
  };
}

/**
 * Writes documents. SQLite carries out one write at a time, so all that changes the database takes turns. A long write, which would hold
 * up every search for seconds, is carried out by a thread. Meanwhile this thread's connection stays at what was there before: whoever
 * reads finds all of a change or nothing, as when it is carried out at once.
 * @param options.changing carries out a change as one transaction
 * @param options.check throws where nothing may be written
 */
export function createWriting(
  options: {
    dataDir: string;
    database: DatabaseSync;
    documents: Documents;
    check: () => void;
    changing: <T>(work: () => T) => T;
  } & Parameters<typeof createRowWriter>[0],
) {
  const { dataDir, database, documents, check, changing, fullTextOf, onStep } = options;
  const rows = createRowWriter(options);
  const thread = createWriteThread(dataDir, onStep);
  let last: Promise<void> | undefined;
  let isClosed = false;

  /** Has the thread write while reads stay where they are. */
  async function inThread(order: Exclude<WriteOrder, 'fold'>): Promise<PackedChange[]> {
    await thread.folding(); // or what is read now would be in the log, which would grow with each write: it begins anew only unread
    check();
    database.exec('BEGIN');
    try {
      documents.meta('store_id'); // a transaction begins with its first look at the database
      const written = await thread.write(order);
      for (const { collection, erased } of written)
        fullTextOf(collection).wasChanged({ hasRemoved: erased.keys.length > 0 });
      return written;
    } finally {
      database.exec('COMMIT');
      thread.fold();
    }
  }

  const isLong = (passages: number) => passages >= longFrom;
  /** How many passages are written for a document, and removed with the one that it replaces. */
  const changedBy = ({ collection, source, passages }: NewDocument) =>
    passages.length + documents.passagesOf(documents.idOf(collection, source));

  /**
   * Carries out a change when all that were asked for before have been carried out: at once, if there are none.
   * @throws AppError NOT_READY where its turn comes after `close`
   */
  async function inTurn<T>(change: () => T | Promise<T>): Promise<T> {
    const before = last;
    const { promise, resolve } = Promise.withResolvers<void>();
    last = promise;
    try {
      if (before) await before;
      if (isClosed) throw new AppError('NOT_READY', 'The service is stopping.');
      return await change();
    } finally {
      if (last === promise) last = undefined;
      resolve();
    }
  }

  return {
    inTurn,
    /** Carries out a step of what the store does by itself, in turn as well, and not while the log is folded in: it may empty that. */
    stepInTurn(step: () => void) {
      if (!last) return step();
      const inItsTurn = inTurn(() => Promise.resolve(thread.folding()).then(step));
      inItsTurn.catch(() => {}); // the store was closed
    },
    isUnderWay: () => last !== undefined,

    /**
     * To be called in turn.
     * @param takeIn takes in what the database now holds, before anybody can read that
     */
    async put<T>(newDocuments: NewDocument[], dimension: number, takeIn: (changes: Change[]) => T): Promise<T> {
      if (!isLong(newDocuments.reduce((sum, document) => sum + changedBy(document), 0)))
        return takeIn(changing(() => rows.put(newDocuments, dimension)));
      const shared = newDocuments.map(share);
      const changes = await inThread({ put: shared, dimension });
      return takeIn(changes.map((change, at) => unpack(change, shared[at], dimension)));
    },
    /** To be called in turn. @param takeIn as above */
    async remove<T>(id: string, takeIn: (changes: Change[]) => T): Promise<T> {
      if (!isLong(documents.passagesOf(id))) return takeIn(changing(() => rows.remove(id)));
      return takeIn((await inThread({ remove: id })).map((change) => unpack(change)));
    },
    /** Completes the change that is under way; those that wait are refused, as nobody waits for them any more. */
    async close() {
      isClosed = true;
      await last;
      await thread.close();
    },
  };
}
