import { AppError, type ErrorCode } from '../errors.ts';
import { translateStoreError } from './database.ts';
import type { SearchQuery, storeOperations } from './port.ts';
import { packRanking } from './rank-passages.ts';
import { openStore, type Store, type StoreOptions } from './store.ts';
import { recycledCode } from './upkeep.ts';
import { createHeldVectors, type SentDocument } from './vectors-in-pieces.ts';

/** What the host is started with: its first argument, as JSON. */
export type HostOptions = StoreOptions;

/** A request to the host; a message holds several. */
export type HostRequest = {
  id: number;
  operation: (typeof storeOperations)[number] | 'search' | 'passages' | 'saveAsks' | 'holdVectors';
  input: unknown[];
};
type HostReply = { id: number; value: unknown } | { id: number; error: { code: ErrorCode; message: string } };
/**
 * A message from the host: that it is ready, why it can't open the store, the new name of damaged records of asks, a sign of life
 * during long work, or replies.
 */
export type HostMessage =
  | { ready: true; storeId: string }
  | { failed: { code: ErrorCode; message: string } }
  | { asksSetAside: string }
  | { working: true }
  | HostReply[];

/** How many replies to searches go in one message: each message costs a system call, but a reply that waits for others is late. */
const repliesTogether = 4;

/** How often the host gives a sign of life during long work: a silent one is taken for hung. */
const workingEveryMs = 250;

const cannotBeOpened = "The store can't be opened: npx assay doctor --verify says whether it is damaged, and where.";

type Waiting = { id: number; search: SearchQuery };

/** A message that can't be sent has no receiver any more, and the end of the channel is handled. */
const send = (message: HostMessage) => process.send?.(message, () => {});

function toError(id: number, error: unknown, operation: HostRequest['operation'] = 'search'): HostReply {
  const { code, message } = translateStoreError(error);
  // An unforeseen failure may have left an index out of step with the database: a new host rebuilds it, and is asked again. Records of
  // asks have no index.
  if (code === 'INTERNAL' && operation !== 'saveAsks' && operation !== 'ask') throw error;
  return { id, error: { code, message } };
}

const misfit = () => new AppError('MODEL_BAD_OUTPUT', 'The embedding model returned a vector of an unexpected length.');

/**
 * Answers the searches that have come in, those of one collection with one pass over its index. Each reply is yielded before the next
 * is worked on, so that it can be sent.
 */
function* answerTogether(store: Store, waiting: Waiting[]): Generator<HostReply> {
  for (const [collection, group] of Map.groupBy(waiting, ({ search }) => search.collection)) {
    const fitting: Waiting[] = [];
    for (const each of group)
      if (store.fits(each.search.vector)) fitting.push(each);
      else yield toError(each.id, misfit());
    if (fitting.length === 0) continue;
    let answered = 0;
    try {
      const searches = fitting.map(({ search }) => search);
      for (const ranked of store.searchTogether(collection, searches)) {
        yield { id: fitting[answered]!.id, value: packRanking(ranked) };
        answered += 1;
      }
    } catch (error) {
      const unanswered = fitting.slice(answered);
      if (unanswered.length === 1) yield toError(unanswered[0]!.id, error);
      else for (const alone of unanswered) yield* answerTogether(store, [alone]); // only one of them may meet damage
    }
  }
}

/**
 * Watches what FAISS leaks: a little with every search, more in some builds. The memory in use when watching begins, and that of
 * vectors added since, is not counted.
 */
function watchMemory(spareMiB: number, stats: Store['stats']) {
  const bytesOfVectors = () => {
    const { windows, dimension } = stats();
    return windows * (dimension ?? 0) * 4;
  };
  const atFirst = { resident: process.memoryUsage.rss(), vectors: bytesOfVectors() };
  let searches = 0;
  return {
    /** Counts `more` searches. @returns whether too much has leaked, which is looked up every thousand searches */
    isSpent(more: number) {
      const before = searches;
      searches += more;
      if (Math.floor(searches / 1000) === Math.floor(before / 1000)) return false;
      // A growing index may take up twice the room of what is in it.
      const explained = Math.max(0, bytesOfVectors() - atFirst.vectors) * 2;
      const isTooMuch = () => process.memoryUsage.rss() - atFirst.resident - explained > spareMiB * 2 ** 20;
      if (!isTooMuch()) return false;
      globalThis.gc?.(); // messages with large documents may still be in memory
      return isTooMuch();
    },
  };
}

/** @returns a function that sends a sign of life, unless one was sent just now */
function createHeartbeat() {
  let last = 0;
  return () => {
    if (performance.now() - last < workingEveryMs) return;
    last = performance.now();
    send({ working: true });
  };
}

/**
 * The knowledge host: a child process that alone owns the data folder. SQLite and FAISS are synchronous, and FAISS may crash its
 * process; here neither blocks anybody, and a crash costs a restart.
 */
function run(options: HostOptions) {
  let store: Store;
  try {
    store = openStore(options, { onAsksSetAside: (asksSetAside) => send({ asksSetAside }), onStep: createHeartbeat() });
  } catch (error) {
    const { code, message } = translateStoreError(error);
    // Of all unforeseen failures, damage that SQLite doesn't notice is the likeliest.
    const failed = code === 'INTERNAL' ? { code: 'NOT_READY' as const, message: cannotBeOpened } : { code, message };
    send({ failed });
    process.exitCode = 1;
    process.disconnect?.();
    return;
  }
  let waiting: Waiting[] = [];
  const memory = watchMemory(options.tuning.spareMemoryMiB, () => store.stats());

  const held = createHeldVectors();
  const operations = {
    ...store,
    holdVectors: held.hold,
    put(documents: SentDocument[]) {
      const whole = held.take(documents);
      return whole && store.put(whole);
    },
  };

  async function carryOut({ id, operation, input }: HostRequest): Promise<HostReply> {
    try {
      const work = operations[operation as Exclude<typeof operation, 'search'>] as (...input: unknown[]) => unknown;
      return { id, value: await work(...input) };
    } catch (error) {
      return toError(id, error, operation);
    }
  }

  process.on('message', (requests: HostRequest[]) => {
    for (const request of requests) {
      if (request.operation !== 'search') {
        carryOut(request).then((reply) => send([reply]));
        continue;
      }
      if (waiting.length === 0)
        setImmediate(() => {
          const together = waiting;
          waiting = [];
          const ready: HostReply[] = [];
          for (const reply of answerTogether(store, together)) {
            ready.push(reply);
            if (ready.length === repliesTogether) send(ready.splice(0));
          }
          if (ready.length > 0) send(ready);
          if (memory.isSpent(together.length) && !store.isChanging() && !held.any()) process.exit(recycledCode);
        });
      waiting.push({ id: request.id, search: request.input[0] as SearchQuery });
    }
  });
  // The parent closes the channel to end the host; it also closes when the parent dies, so no host outlives its server.
  process.on('disconnect', async () => {
    await store.close();
    process.exit();
  });
  // Ctrl-C, and a terminal that is closed, reach the whole group of processes; when to stop is the parent's decision.
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.on(signal, () => {});
  send({ ready: true, storeId: store.storeId });
}

run(JSON.parse(process.argv[2]!) as HostOptions);
