import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { ErrorCode } from '../errors.ts';
import { connect, inTransaction, translateStoreError } from './database.ts';
import { createDocuments } from './documents.ts';
import { openFullText } from './full-text.ts';
import type { NewDocument } from './port.ts';
import { joinVectors } from './vectors.ts';
import { type Change, createRowWriter } from './write-rows.ts';

/** What the thread is to write; or that it is to fold what it wrote into the database's file. */
export type WriteOrder = { put: NewDocument[]; dimension: number } | { remove: string } | 'fold';

/** A change as it is passed between threads: keys, and erased vectors one after another, without a copy of each. */
export type PackedChange = Pick<Change, 'id' | 'collection' | 'replaced'> & {
  added: Float64Array;
  erased: { keys: Float64Array; lengths: Uint32Array; vectors: Float32Array<ArrayBuffer> };
};

/** What the thread says: what it has written, why it hasn't, that it has folded, or, now and then, that it is at work. */
export type WriteReply =
  | { written: PackedChange[] }
  | { failed: { code: ErrorCode; message: string } }
  | 'folded'
  | 'working';

/** How often, at most, the thread says that it is at work, in milliseconds. */
const workingEveryMs = 100;

function pack({ id, collection, replaced, added, erased }: Change): PackedChange {
  const vectors = [...erased.values()];
  return {
    id,
    collection,
    replaced,
    added: Float64Array.from(added, ({ key }) => key),
    erased: {
      keys: Float64Array.from(erased.keys()),
      lengths: Uint32Array.from(vectors, ({ length }) => length),
      vectors: joinVectors(vectors.map((own) => ({ vectors: own }))),
    },
  };
}

/**
 * The thread for long writes: carries them out over a connection of its own, so that the host goes on answering from what was there
 * before. Where a failure is not foreseen, it ends. It must not load faiss-node, which serves one thread of a process only: loaded twice, it
 * ends the process.
 */
function serve(dataDir: string) {
  const port = parentPort!;
  const say = (reply: WriteReply, transfer: ArrayBuffer[] = []) => port.postMessage(reply, transfer);
  const database = connect(join(dataDir, 'assay.db'), 'FULL');
  database.exec('PRAGMA wal_autocheckpoint = 0'); // the host still reads what was there before: only later can the log be folded in
  const documents = createDocuments(database);
  const keyOf = (collection: string) => documents.collectionKeys().find(({ name }) => name === collection)!.key;
  const fullTextOf = (collection: string) => openFullText(database, keyOf(collection));
  let said = performance.now();
  const onStep = () => {
    if (performance.now() - said < workingEveryMs) return;
    said = performance.now();
    say('working');
  };
  const rows = createRowWriter({ documents, fullTextOf, onStep });

  port.on('message', (order: WriteOrder) => {
    if (order === 'fold') {
      database.exec('PRAGMA wal_checkpoint(PASSIVE)');
      return say('folded');
    }
    try {
      const changes = inTransaction(database, () =>
        'put' in order ? rows.put(order.put, order.dimension) : rows.remove(order.remove),
      );
      const written = changes.map(pack);
      say(
        { written },
        written.map(({ erased }) => erased.vectors.buffer),
      );
    } catch (error) {
      const { code, message } = translateStoreError(error);
      if (code === 'INTERNAL') throw error;
      say({ failed: { code, message } });
    }
  });
}

serve(workerData as string);
