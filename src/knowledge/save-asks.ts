import { serialize } from 'node:v8';
import type { AskHeader } from './asks.ts';
import type { NewAskRecord } from './port.ts';

/** How long a record of an ask may wait for others, in milliseconds; it is lost where the process dies meanwhile. */
const togetherMs = 50;
/** How many records are kept together at most: whoever wants one unpacks them all. */
const mostTogether = 64;

type Saving = { record: NewAskRecord; resolve: () => void; reject: (error: unknown) => void };

/**
 * Nobody waits for the record of an ask: those of a moment are made and packed together, one message and one transaction. What several
 * steps of a trace saw, and several asks, is in the bytes once, as it is in memory; JSON would tell it again each time (decision 0016).
 * @param send hands on headers and, in one list in the same order, the packed replies
 */
export function createAskSaver(send: (headers: AskHeader[], replies: Uint8Array) => Promise<unknown>) {
  let waiting: Saving[] = [];
  let soon: NodeJS.Timeout | undefined;

  /** Sends at once what waits for others. */
  function flush() {
    clearTimeout(soon);
    if (waiting.length === 0) return;
    const together = waiting;
    waiting = [];
    saveTogether(together);
  }

  function saveTogether(records: Saving[]) {
    let replies: Uint8Array;
    try {
      replies = serialize(records.map(({ record }) => record.reply()));
    } catch (error) {
      // One that can't be packed is no reason to lose the others.
      if (records.length === 1) records[0]!.reject(error);
      else for (const each of records) saveTogether([each]);
      return;
    }
    const headers = records.map(({ record: { reply, ...header } }) => header);
    const saved = send(headers, replies);
    for (const { resolve, reject } of records) saved.then(() => resolve(), reject);
  }

  return {
    flush,
    /** @throws what `send` throws, for all that were sent together; DataCloneError for one that can't be packed */
    save(record: NewAskRecord): Promise<void> {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      if (waiting.length === 0) soon = setTimeout(flush, togetherMs);
      waiting.push({ record, resolve, reject });
      if (waiting.length === mostTogether) flush();
      return promise;
    },
  };
}
