import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** One call, as the diary records it. */
export interface DiaryEntry<Body = unknown> {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** The parsed JSON; undefined when there was none or it was broken. */
  body: Body;
  /** When the call had arrived whole, by `performance.now()`. */
  at: number;
  /** When its connection was done with it; undefined while it is under way. */
  endedAt: number | undefined;
  /** The client left before its reply was whole. */
  aborted: boolean;
}

interface Waiter {
  predicate: (entry: DiaryEntry) => boolean;
  resolve: (entry: DiaryEntry) => void;
  reject: (error: Error) => void;
}

/** What a scripted server remembers of its callers, in the order of arrival, and a way to wait for one of them. */
export function createDiary() {
  const entries: DiaryEntry[] = [];
  const waiters = new Set<Waiter>();
  const dropped = new WeakSet<ServerResponse>();
  let closed = false;

  function tellWaiters(entry: DiaryEntry): void {
    for (const waiter of waiters) {
      if (!waiter.predicate(entry)) continue;
      waiters.delete(waiter);
      waiter.resolve(entry);
    }
  }

  return {
    entries: entries as readonly DiaryEntry[],
    /** Reads the whole call and writes it down. */
    async record(request: IncomingMessage, response: ServerResponse): Promise<DiaryEntry> {
      const { method = '', url: path = '', headers } = request;
      const body = parseJson(await text(request));
      const at = performance.now();
      const entry: DiaryEntry = { method, path, headers, body, at, endedAt: undefined, aborted: false };
      entries.push(entry);
      response.once('close', () => {
        entry.endedAt = performance.now();
        entry.aborted = !response.writableFinished && !dropped.has(response) && !closed;
        tellWaiters(entry);
      });
      tellWaiters(entry);
      return entry;
    },
    /** The server itself ends this connection: the client is not to blame. */
    noteDropped(response: ServerResponse): void {
      dropped.add(response);
    },
    /** The first entry that satisfies the predicate, now or later. Entries are shown on arrival and when they end. */
    waitFor(predicate: (entry: DiaryEntry) => boolean): Promise<DiaryEntry> {
      const known = entries.find(predicate);
      if (known) return Promise.resolve(known);
      if (closed) return Promise.reject(new Error('The server is closed, and no such call has come'));
      return new Promise((resolve, reject) => waiters.add({ predicate, resolve, reject }));
    },
    /** No more calls will come: whoever waits for one gets an error. */
    close(): void {
      closed = true;
      for (const waiter of waiters) waiter.reject(new Error('The server closed before such a call came'));
      waiters.clear();
    },
  };
}

function parseJson(sent: string): unknown {
  try {
    return JSON.parse(sent);
  } catch {
    return undefined;
  }
}
