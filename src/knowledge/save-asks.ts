import { deserialize, serialize } from 'node:v8';
import type { AskHeader, PackedAsk } from './asks.ts';
import type { NewAskRecord } from './port.ts';

/** How long a record may wait for others, in milliseconds; it is lost if the process dies meanwhile. */
const togetherMs = 50;
/** How many records are packed together, at most: reading one means unpacking all of them. */
const mostTogether = 64;

/** Records of one moment, with a shared promise: a promise each would be a dozen objects that outlive their ask. */
type Batch = { records: NewAskRecord[] } & PromiseWithResolvers<void>;

/** The records with these ids were not saved; the others of the same moment were. */
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
 * Saves records of asks. No ask waits for its record, so the records of a moment are packed together and saved by one message and one
 * transaction. An object that several steps of a trace or several asks share is in the bytes once; JSON would repeat it (decision 0016).
 * @param send takes headers and the packed list of their replies, in the same order
 */
export function createAskSaver(send: (headers: AskHeader[], replies: Uint8Array) => Promise<unknown>) {
  let batch: Batch | undefined;
  let soon: NodeJS.Timeout | undefined;

  /** Sends the waiting records now. */
  function flush() {
    clearTimeout(soon);
    if (!batch) return;
    const { records, resolve, reject } = batch;
    batch = undefined;
    saveTogether(records).then(resolve, reject);
  }

  /** Not an async function: that would hold on to its records until it ends, while they can be freed as soon as they are packed. */
  function saveTogether(records: NewAskRecord[]): Promise<void> {
    let replies: Uint8Array;
    try {
      replies = serialize(records.map(({ reply }) => reply()));
    } catch (error) {
      // One record that can't be packed must not cost the others.
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
    /** @throws AsksNotKept with the ids of records that couldn't be packed, or of all of that moment if `send` failed */
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

/** The reply of a packed record. @returns undefined where its bytes are damaged */
export function unpackReply({ replies, place }: PackedAsk): unknown {
  try {
    const unpacked = deserialize(replies);
    return place === null ? unpacked : unpacked[place];
  } catch {
    return undefined;
  }
}
