import { AppError, type ErrorCode } from '../errors.ts';
import type { FoundPassage } from '../passage.ts';
import { translateStoreError } from './database.ts';
import type { Knowledge, storeOperations } from './port.ts';
import { openStore, type Store } from './store.ts';
import { recycled } from './upkeep.ts';

/** What the host is started with. */
export type HostOptions = Parameters<typeof openStore>[0];

/** What the host is asked, and what it answers; an error without an id says that the store can't be opened. */
export type HostRequest = { id: number; operation: (typeof storeOperations)[number] | 'search'; input: unknown[] };
export type HostReply =
  | { ready: true }
  | { id: number; value: unknown }
  | { id: number | null; error: { code: ErrorCode; message: string } };

type Search = Parameters<Knowledge['search']>[0];
type Waiting = { id: number; search: Search };

/** A reply that can't be sent has nobody to go to any more: the channel's end is what gets handled. */
const send = (reply: HostReply) => process.send?.(reply, () => {});

function sendError(id: number | null, error: unknown) {
  const { code, message } = translateStoreError(error);
  // What nobody foresaw may have left an index behind its database: a new host makes it anew, and is asked again.
  if (code === 'INTERNAL') throw error;
  send({ id, error: { code, message } });
}

/** Answers all searches that have come in meanwhile, those of one collection with one pass over its index. */
function answerTogether(store: Store, waiting: Waiting[]) {
  for (const [collection, group] of Map.groupBy(waiting, ({ search }) => search.collection)) {
    const fitting = group.filter(({ search }) => store.fits(search.vector));
    const misfit = new AppError('MODEL_BAD_OUTPUT', 'The embedding model returned a vector of an unexpected length.');
    for (const { id, search } of group) if (!store.fits(search.vector)) sendError(id, misfit);
    if (fitting.length === 0) continue;
    let found: FoundPassage[][];
    try {
      found = store.searchTogether(
        collection,
        fitting.map(({ search }) => search),
      );
    } catch (error) {
      for (const { id } of fitting) sendError(id, error);
      continue;
    }
    for (const [at, { id }] of fitting.entries()) send({ id, value: found[at]! });
  }
}

/**
 * Watches what FAISS leaks: a little with every search, and with some builds of it more. What is held when watching begins, and
 * what vectors have come since, is not counted.
 */
function watchMemory(spareMiB: number, stats: Store['stats']) {
  const bytesOfVectors = () => {
    const { windows, dimension } = stats();
    return windows * (dimension ?? 0) * 4;
  };
  const before = { resident: process.memoryUsage.rss(), vectors: bytesOfVectors() };
  let searches = 0;
  return {
    isSpent() {
      searches += 1;
      if (searches % 1000 !== 0) return false;
      // A growing index holds up to twice what is in it.
      const explained = Math.max(0, bytesOfVectors() - before.vectors) * 2;
      return process.memoryUsage.rss() - before.resident - explained > spareMiB * 2 ** 20;
    },
  };
}

/**
 * The knowledge host: a child process that alone owns the data folder. SQLite and FAISS are synchronous, and FAISS may end
 * its process; here that blocks nobody and costs a restart. Its options come as JSON in its first argument.
 */
function run(options: HostOptions) {
  let store: Store;
  try {
    store = openStore(options);
  } catch (error) {
    sendError(null, error);
    process.exitCode = 1;
    process.disconnect?.();
    return;
  }
  let waiting: Waiting[] = [];
  const memory = watchMemory(options.tuning.spareMemoryMiB, () => store.stats());
  process.on('message', ({ id, operation, input }: HostRequest) => {
    if (operation === 'search') {
      if (waiting.length === 0)
        setImmediate(() => {
          const together = waiting;
          waiting = [];
          answerTogether(store, together);
          if (memory.isSpent()) process.exit(recycled);
        });
      waiting.push({ id, search: input[0] as Search });
      return;
    }
    try {
      const carryOut = store[operation] as (...input: unknown[]) => unknown;
      send({ id, value: carryOut(...input) });
    } catch (error) {
      sendError(id, error);
    }
  });
  // The parent closes the channel to end the host; it also closes when the parent dies, so no host outlives its server.
  process.on('disconnect', () => {
    store.close();
    process.exit();
  });
  // Ctrl-C reaches the whole group of processes; when to stop is the parent's decision.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  send({ ready: true });
}

run(JSON.parse(process.argv[2]!) as HostOptions);
