import { deserialize, serialize } from 'node:v8';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { AskRecord, NewAskRecord } from '../port.ts';
import { uuidOf } from './classes.ts';
import type { Engine } from './engine.ts';

const objectId = (id: string) => uuidOf('ask', id);

/**
 * The records of past asks, packed, in a class shared by all collections: a record outlives its collection, and is read by its id alone.
 * @param retentionMs how long a record can be read; after that it is not found, whether or not it has been removed yet
 */
export function createAsks(engine: Engine, retentionMs: number) {
  /** Records that are being written: an ask is answered before its record is written, and the record may be wanted at once. */
  const beingWritten = new Map<string, Promise<void>>();

  async function write({ id, collection, keyName, createdAt, reply }: NewAskRecord): Promise<void> {
    const packed = zstdCompressSync(serialize(reply())).toString('base64');
    const properties = {
      collection,
      createdAt,
      reply: packed,
      keptAt: Date.now(),
      ...(keyName !== null && { keyName }),
    };
    await engine.write([{ class: 'AssayAsk', id: objectId(id), properties }]);
  }

  return {
    save(record: NewAskRecord): Promise<void> {
      const written = write(record).finally(() => beingWritten.delete(record.id));
      beingWritten.set(record.id, written);
      return written;
    },
    async get(id: string): Promise<AskRecord | null> {
      await beingWritten.get(id)?.catch(() => {}); // a failure is reported to whoever saves it
      type Kept = { collection: string; keyName?: string; createdAt: string; reply: string; keptAt: number };
      const path = `/v1/objects/AssayAsk/${objectId(id)}?consistency_level=QUORUM`;
      const found = (await engine.request<{ properties: Kept }>('GET', path))?.properties;
      if (!found || found.keptAt <= Date.now() - retentionMs) return null;
      const { collection, keyName = null, createdAt } = found;
      return {
        id,
        collection,
        keyName,
        createdAt,
        reply: deserialize(zstdDecompressSync(Buffer.from(found.reply, 'base64'))),
      };
    },
    /** Removes records that are too old. */
    async sweep(): Promise<void> {
      const where = { path: ['keptAt'], operator: 'LessThanEqual', valueInt: Date.now() - retentionMs };
      await engine.erase('AssayAsk', where);
    },
  };
}
