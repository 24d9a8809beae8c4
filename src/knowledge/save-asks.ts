import { deserialize, serialize } from 'node:v8';
import type { AskHeader, PackedAsk } from './asks.ts';
import type { NewAskRecord } from './port.ts';

/** How long a record of an ask may wait for others, in milliseconds; it is lost where the process dies meanwhile. */
const togetherMs = 50;
/** How many records are kept together at most: whoever wants one unpacks them all. */
const mostTogether = 64;

/** Records of a moment and the promise that they share: one for each would be a dozen objects that outlive their ask. */
type Batch = { records: NewAskRecord[] } & PromiseWithResolvers<void>;

/** Some records were not kept; the others of the same moment were. */
class AsksNotKept extends Error {
  readonly ids: string[];
  readonly code: unknown;

  constructor(ids: string[], cause: unknown) {
    super('Records of asks were not kept.', { cause });
    this.ids = ids;
    this.code = (cause as { code?: unknown } | null)?.code;
  }
}

/**
 * Nobody waits for the record of an ask: those of a moment are made and packed together, one message and one transaction. What several
 * steps of a trace saw, and several asks, is in the bytes once, as it is in memory; JSON would tell it again each time (decision 0016).
 * @param send hands on headers and, in one list in the same order, the packed replies
 */
export function createAskSaver(send: (headers: AskHeader[], replies: Uint8Array) => Promise<unknown>) {
  let batch: Batch | undefined;
  let soon: NodeJS.Timeout | undefined;

  /** Sends at once what waits for others. */
  function flush() {
    clearTimeout(soon);
    if (!batch) return;
    const { records, resolve, reject } = batch;
    batch = undefined;
    saveTogether(records).then(resolve, reject);
  }

  /** Not an async function: one holds what it was given until it ends, and what asks saw can go as soon as it is packed. */
  function saveTogether(records: NewAskRecord[]): Promise<void> {
    let replies: Uint8Array;
    try {
      replies = serialize(records.map(({ reply }) => reply()));
    } catch (error) {
      // One that can't be packed is no reason to lose the others.
      return records.length === 1 ? Promise.reject(new AsksNotKept([records[0]!.id], error)) : saveEach(records);
    }
    return sendPacked(
      records.map(({ reply, ...header }) => header),
      replies,
    );
  }

  async function sendPacked(headers: AskHeader[], replies: Uint8Array): Promise<void> {
    try {
      await send(headers, replies);
    } catch (error) {
      throw new AsksNotKept(
        headers.map(({ id }) => id),
        error,
      );
    }
  }

  async function saveEach(records: NewAskRecord[]): Promise<void> {
    const saved = await Promise.allSettled(records.map((record) => saveTogether([record])));
    const lost = saved.flatMap((each) => (each.status === 'rejected' ? [each.reason as AsksNotKept] : []));
    if (lost.length > 0)
      throw new AsksNotKept(
        lost.flatMap(({ ids }) => ids),
        lost[0]!.cause,
      );
  }

  return {
    flush,
    /** @throws AsksNotKept names those that can't be packed, or all of a moment where `send` throws */
    save(record: NewAskRecord): Promise<void> {
      if (!batch) {
        batch = { records: [], ...Promise.withResolvers<void>() };
        soon = setTimeout(flush, togetherMs);
      }
      const { records, promise } = batch;
      records.push(record);
      if (records.length === mostTogether) flush();
      return promise;
    },
  };
}

/** The reply of a record, as it was packed. @returns undefined where its bytes are damaged */
export function unpackReply({ replies, place }: PackedAsk): unknown {
  try {
    const unpacked = deserialize(replies);
    return place === null ? unpacked : unpacked[place];
  } catch {
    return undefined;
  }
}
