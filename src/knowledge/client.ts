import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { AppError } from '../errors.ts';
import type { FoundPassage } from '../passage.ts';
import { createRecent } from '../recent.ts';
import type { PackedAsk } from './asks.ts';
import { forkHost } from './fork-host.ts';
import type { HostMessage, HostOptions, HostRequest } from './host.ts';
import { holdOpen } from './lock.ts';
import { type Knowledge, type SearchQuery, type ShownPassage, storeOperations } from './port.ts';
import { unpackRanking } from './rank-passages.ts';
import { createAskSaver, unpackReply } from './save-asks.ts';
import { defaultTuning, recycledCode, type Tuning } from './upkeep.ts';
import { putInPieces } from './vectors-in-pieces.ts';

type Pending = {
  request: HostRequest;
  attempts: number;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
};

/**
 * How many hosts may die under one request before it is given up: one may have been dead already when the request was sent, one may
 * have been killed; the third shows that the request itself is to blame.
 */
const mostAttempts = 3;
/** How many requests go in one message: not more, since a turn of the event loop may be long and the host could be working already. */
const requestsTogether = 4;
/** How many passages are cached in this process. Keys are never used twice, so what is cached is never out of date. */
const recentPassages = 4_096;
/** How often a search is made, at most, when its passages are replaced before they can be read. */
const mostSearches = 3;
/** What `onRestart` is told when a host ended to give its memory back. */
export const recycledCause = 'spent memory';
const stopping = () => new AppError('NOT_READY', 'The service is stopping.');

/**
 * The knowledge base of one machine: starts the knowledge host for `dataDir` and speaks to it. A host that dies is started anew and
 * asked again for what it had not answered; every operation may safely be carried out twice.
 * @param options.askRetentionMs how long records of asks are kept, in milliseconds; 30 days by default
 * @param options.onRestart is told when the host died, with the signal or exit code it died of
 * @param options.onAsksSetAside is told when the records of asks were found damaged and begun anew, with the name of the damaged file
 * @throws AppError NOT_READY where the store can't be opened, STORAGE_FULL where the disk has no room for it
 */
export async function startKnowledge(options: {
  dataDir: string;
  embeddingModel: string;
  askRetentionMs?: number;
  tuning?: Partial<Tuning>;
  /** A host that has work but has been silent for this long is taken for hung, and killed. */
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
  let silentLooks = 0;
  let closing = false;
  let host: ChildProcess | null = null; // null while one is being started, and after a failed start
  let starting: Promise<void> | null = null;

  /** Starts a host, again where it dies before it is ready; but not where it says why it can't open the store. */
  async function start() {
    try {
      for (let attempt = 1; host === null; attempt += 1) {
        const child = forkHost(hostOptions);
        const reply = await firstReply(child);
        if (reply && 'ready' in reply) {
          hostOptions.storeId = reply.storeId; // later hosts must find the same store
          adopt(child);
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

  /** A new host's first message, or null where it ends without one. Opening a large store may take long. */
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

  function adopt(child: ChildProcess) {
    child.on('message', receive);
    child.once('exit', (code, signal) =>
      restart(signal ?? (code === recycledCode ? recycledCause : `exit code ${code}`)),
    );
    host = child;
    silentLooks = 0;
    unsent = [];
    const again = [...pending.values()].map(({ request }) => request);
    if (again.length > 0) child.send(again, ignoreFailure);
  }

  /** A message that can't be sent means that the host is gone, and its exit is handled. */
  function ignoreFailure() {}

  function receive(message: HostMessage) {
    silentLooks = 0;
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
    // The host works through requests in order but gathers searches, so it most likely died over the first other request, or else over a
    // search. A long write that runs beside the others may be blamed for one of them.
    const calls = [...pending.values()];
    const blamed = calls.find(({ request }) => request.operation !== 'search') ?? calls[0];
    if (blamed && blamed.attempts < mostAttempts) blamed.attempts += 1;
    else if (blamed) {
      pending.delete(blamed.request.id);
      blamed.reject(new AppError('NOT_READY', 'The knowledge host stopped each time it worked on this.'));
    }
    starting = start();
    starting.catch(() => {}); // whoever waits has been told
  }

  // Looks are counted, not time: while all processes stood still, as in a paused container, the host couldn't be heard of.
  const watch = setInterval(() => {
    silentLooks += 1;
    if (pending.size > 0 && silentLooks > 4) host?.kill('SIGKILL');
  }, hangTimeoutMs / 4).unref();

  function call(operation: HostRequest['operation'], input: unknown[]): Promise<unknown> {
    if (closing) return Promise.reject(stopping());
    if (pending.size === 0) silentLooks = 0;
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

  /** A function that has the host carry out this operation. */
  const via =
    <Output>(operation: HostRequest['operation']) =>
    (...input: unknown[]) =>
      call(operation, input) as Promise<Output>;

  /** Requests of the same turn of the event loop share a message: each message costs a system call and a wake-up. */
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

  /** Has the host rank passages, and fetches only those that aren't cached here. */
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
      // A passage that is gone may be of a document that was replaced, whose new passages a new search finds.
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
    ...(Object.fromEntries(storeOperations.map((name) => [name, via(name)])) as unknown as Pick<
      Knowledge,
      (typeof storeOperations)[number]
    >),
    put: (documents) => putInPieces(documents, { holdVectors: via('holdVectors'), put: via('put') }),
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
