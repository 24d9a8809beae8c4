import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { AppError } from '../errors.ts';
import type { FoundPassage } from '../passage.ts';
import { createRecent } from '../recent.ts';
import type { PackedAsk } from './asks.ts';
import type { HostMessage, HostOptions, HostRequest } from './host.ts';
import { holdOpen } from './lock.ts';
import { type Knowledge, type SearchQuery, type ShownPassage, storeOperations } from './port.ts';
import { unpackRanking } from './rank-passages.ts';
import { createAskSaver, unpackReply } from './save-asks.ts';
import { defaultTuning, recycled, type Tuning } from './upkeep.ts';

type Pending = {
  request: HostRequest;
  attempts: number;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
};

const hostFile = fileURLToPath(new URL('./host.ts', import.meta.url));
/**
 * How many hosts may die under one request before it is given up: one that was dead already when it was sent, one that was
 * killed, and one to show that it is the request itself.
 */
const mostAttempts = 3;
/**
 * FAISS reads vectors as fast as memory gives them, with a few threads. These sleep while they have nothing to do: OpenMP lets
 * them spin otherwise, and take the processor from the HTTP process when it is needed most.
 */
const threads = {
  OMP_NUM_THREADS: String(Math.min(4, availableParallelism())),
  OMP_WAIT_POLICY: 'PASSIVE',
  OPENBLAS_NUM_THREADS: '1',
};
/** How many requests go in one message: a turn of the event loop may be a long one, and the host could work meanwhile. */
const requestsTogether = 4;
/** How many passages are kept here to be shown again; a passage's key never comes twice, so what is kept is never out of date. */
const recentPassages = 4_096;
/** How often a search is made whose passages are replaced before they are read. */
const mostSearches = 3;
/** What `onRestart` is told of a host that ended to give its memory back. */
export const recycledCause = 'spent memory';
const stopping = () => new AppError('NOT_READY', 'The service is stopping.');

/**
 * The knowledge base of one machine: starts the knowledge host over `dataDir` and speaks to it. A host that dies is started
 * anew, and what it had not answered is asked again; every operation may safely be done twice.
 * @param options.askRetentionMs how long records of asks are kept, in milliseconds; 30 days where it isn't said
 * @param options.onRestart is told when the host died, with the signal or exit code it died of
 * @param options.onAsksSetAside is told when records of asks were damaged and others begun, with the name of what is kept of them
 * @throws AppError NOT_READY where the store can't be opened
 */
export async function startKnowledge(options: {
  dataDir: string;
  embeddingModel: string;
  askRetentionMs?: number;
  tuning?: Partial<Tuning>;
  /** A host that has work and is silent for so long is taken for hung, and killed. */
  hangTimeoutMs?: number;
  onRestart?: (cause: string) => void;
  onAsksSetAside?: (name: string) => void;
}): Promise<Knowledge & { hostPid: () => number | undefined }> {
  const { dataDir, embeddingModel, askRetentionMs = 30 * 86_400_000, tuning, hangTimeoutMs = 30_000 } = options;
  const hostOptions: HostOptions = { dataDir, embeddingModel, askRetentionMs, tuning: { ...defaultTuning, ...tuning } };
  const pending = new Map<number, Pending>();
  const recent = createRecent<number, ShownPassage>(recentPassages);
  let unsent: HostRequest[] = [];
  const asks = createAskSaver((headers, replies) => call('saveAsks', [headers, replies]));
  let nextId = 0;
  let lastHeardOf = 0;
  let closing = false;
  let host: ChildProcess | null = null; // null while one is being started, and after a start that failed
  let starting: Promise<void> | null = null;

  /** Starts a host, anew where one dies before it is ready; one that says why it can't open the store is believed. */
  async function start() {
    try {
      for (let attempt = 1; host === null; attempt += 1) {
        const child = fork(hostFile, [JSON.stringify(hostOptions)], {
          serialization: 'advanced',
          env: { ...process.env, ...threads },
          execArgv: ['--disable-warning=ExperimentalWarning', '--expose-gc'],
        });
        const reply = await firstReply(child);
        if (reply && 'ready' in reply) {
          hostOptions.storeId = reply.storeId; // no other one may come in its place
          takeOn(child);
        } else if (reply && 'failed' in reply) throw new AppError(reply.failed.code, reply.failed.message);
        else if (attempt === mostAttempts) throw new AppError('NOT_READY', 'The knowledge host does not start.');
        else options.onRestart?.('death at its start');
      }
    } catch (error) {
      rejectAll(error);
      throw error;
    } finally {
      starting = null;
    }
  }

  /** What a new host says first, or null where it ends without a word; to open a large store may take its time. */
  async function firstReply(child: ChildProcess): Promise<HostMessage | null> {
    const stuck = setTimeout(() => child.kill('SIGKILL'), hangTimeoutMs * 20);
    const { promise: first, resolve } = Promise.withResolvers<HostMessage | null>();
    child.on('message', (message: HostMessage) => {
      if ('asksSetAside' in message) options.onAsksSetAside?.(message.asksSetAside);
      else resolve(message);
    });
    child.once('exit', () => resolve(null));
    child.on('error', () => resolve(null)); // the system has no process or descriptor left for it
    return first.finally(() => clearTimeout(stuck));
  }

  function takeOn(child: ChildProcess) {
    child.on('message', settle);
    child.once('exit', (code, signal) => restart(signal ?? (code === recycled ? recycledCause : `exit code ${code}`)));
    host = child;
    lastHeardOf = performance.now();
    unsent = [];
    const again = [...pending.values()].map(({ request }) => request);
    if (again.length > 0) child.send(again, ignoreFailure);
  }

  /** A message that can't be sent means that the host is gone; its exit is what gets handled. */
  function ignoreFailure() {}

  function settle(message: HostMessage) {
    lastHeardOf = performance.now();
    if (!Array.isArray(message)) return;
    for (const reply of message) {
      const call = pending.get(reply.id);
      pending.delete(reply.id);
      if ('error' in reply) call?.reject(new AppError(reply.error.code, reply.error.message));
      else call?.resolve(reply.value);
    }
  }

  function rejectAll(error: unknown) {
    for (const call of pending.values()) call.reject(error);
    pending.clear();
  }

  function restart(cause: string) {
    host = null;
    if (closing) return;
    options.onRestart?.(cause);
    // The host works in the order of the requests, but gathers searches: the first of the others was its work, if there was one.
    const calls = [...pending.values()];
    const blamed = calls.find(({ request }) => request.operation !== 'search') ?? calls[0];
    if (blamed && blamed.attempts < mostAttempts) blamed.attempts += 1;
    else if (blamed) {
      pending.delete(blamed.request.id);
      blamed.reject(new AppError('NOT_READY', 'The knowledge host stopped each time it worked on this.'));
    }
    starting = start();
    starting.catch(() => {}); // those who wait have been told
  }

  const watch = setInterval(() => {
    if (pending.size > 0 && performance.now() - lastHeardOf > hangTimeoutMs) host?.kill('SIGKILL');
  }, hangTimeoutMs / 4).unref();

  function call(operation: HostRequest['operation'], input: unknown[]): Promise<unknown> {
    if (closing) return Promise.reject(stopping());
    if (pending.size === 0) lastHeardOf = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const request: HostRequest = { id: nextId++, operation, input };
    pending.set(request.id, { request, attempts: 1, resolve, reject });
    if (host) sendSoon(request);
    else {
      starting ??= start();
      starting.catch(() => {});
    }
    return promise;
  }

  /** What is asked in the same turn of the event loop goes in one message: each costs a system call and a wake-up. */
  function sendSoon(request: HostRequest) {
    if (unsent.length === 0) setImmediate(flush);
    unsent.push(request);
    if (unsent.length === requestsTogether) flush();
  }

  function flush() {
    const together = unsent;
    unsent = [];
    if (together.length > 0) host?.send(together, ignoreFailure);
  }

  /** A search's ranking comes from the host; of the passages only those that weren't here a short while ago. */
  async function search(query: SearchQuery): Promise<FoundPassage[]> {
    for (let attempt = 1; ; attempt += 1) {
      const ranked = unpackRanking((await call('search', [query])) as Float64Array);
      const unknown = ranked.flatMap(({ key }) => (recent.get(key) ? [] : [key]));
      if (unknown.length > 0) {
        const shown = (await call('passages', [unknown])) as (ShownPassage | null)[];
        for (const [at, passage] of shown.entries()) if (passage) recent.set(unknown[at]!, passage);
      }
      const found: FoundPassage[] = [];
      for (const { key, score, similarities } of ranked) {
        const passage = recent.get(key);
        if (!passage) continue; // removed meanwhile
        found.push({ ...passage, score, rank: found.length + 1, similarities });
      }
      // Where one was removed its document may have been replaced: what replaces it is there already.
      if (found.length === ranked.length || attempt === mostSearches) return found;
    }
  }

  const letGo = holdOpen(dataDir);
  starting = start();
  await starting.catch((error) => {
    letGo();
    throw error;
  });
  return {
    ...(Object.fromEntries(
      storeOperations.map((operation) => [operation, (...input: unknown[]) => call(operation, input)]),
    ) as unknown as Pick<Knowledge, (typeof storeOperations)[number]>),
    search,
    saveAsk: asks.save,
    async ask(id) {
      asks.flush(); // it may be among them
      const packed = (await call('ask', [id])) as PackedAsk | null;
      if (!packed) return null;
      const reply = unpackReply(packed);
      return reply === undefined ? null : { ...packed.header, reply };
    },
    hostPid: () => host?.pid,
    async close() {
      asks.flush();
      closing = true;
      clearInterval(watch);
      await starting?.catch(() => {});
      flush();
      if (host?.connected) {
        const exited = once(host, 'exit');
        host.disconnect();
        const stuck = setTimeout(() => host?.kill('SIGKILL'), hangTimeoutMs);
        await exited;
        clearTimeout(stuck);
      }
      rejectAll(stopping());
      letGo();
    },
  };
}
