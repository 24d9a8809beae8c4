import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '../../src/errors.ts';
import { migrate } from '../../src/knowledge/migrate.ts';
import type { NewDocument } from '../../src/knowledge/port.ts';
import type { StoreReader } from '../../src/knowledge/store-reader.ts';

/** A store with this many documents of a hundred passages each, which takes its time to read them. */
function storeOf(count: number): StoreReader {
  const sources = Array.from({ length: count }, (_, at) => `${at}.md`);
  const span = { start: 0, end: 1, headingPath: [] };
  const about = { collection: 'default', title: 'A', format: 'text', metadata: {}, text: 'A', contentHash: 'a' };
  const passages = Array.from({ length: 100 }, () => ({ ...span, windows: [span] }));
  return {
    embeddingModel: 'a',
    collections: async () => ['default'],
    async *documents() {
      for (const source of sources) {
        await nextTurn();
        const read = async (): Promise<NewDocument> => ({ ...about, source, passages, vectors: new Float32Array(100) });
        yield { source, contentHash: 'a', passages: 100, read };
      }
    },
    close: async () => {},
  };
}

/** An empty store that calls `onPut` before it stores anything. */
const emptyStore = (onPut: () => void): Parameters<typeof migrate>[0]['target'] => ({
  createCollection: async (name) => ({ made: true, collection: { name, documents: 0, passages: 0, createdAt: '' } }),
  findSource: async () => null,
  async put(documents) {
    onPut();
    return documents.map(() => ({ id: 'd', passages: 100, replaced: false }));
  },
});

test('a put that fails while nothing waits for it ends the migration with its own failure, and soon', async () => {
  let puts = 0;
  const migrated = migrate({
    source: storeOf(50),
    target: emptyStore(() => {
      puts += 1;
      if (puts === 1) throw new AppError('STORAGE_FULL', 'There is no room.');
    }),
    openTarget: async () => storeOf(49),
    signal: new AbortController().signal,
  });
  await assert.rejects(migrated, { code: 'STORAGE_FULL' });
  assert.ok(puts < 5, `${puts} puts`);
});

test('a migration that is stopped while a put fails says what has failed', async () => {
  const stop = new AbortController();
  const migrated = migrate({
    source: storeOf(50),
    target: emptyStore(() => {
      stop.abort();
      throw new AppError('STORAGE_FULL', 'There is no room.');
    }),
    openTarget: async () => storeOf(49),
    signal: stop.signal,
  });
  await assert.rejects(migrated, { code: 'STORAGE_FULL' });
});

test('a migration that is stopped while it counts or compares ends soon, and says that it was stopped', async () => {
  for (const during of ['counting', 'comparing']) {
    const stop = new AbortController();
    const source = storeOf(50);
    let compared = 0;
    const migrated = await migrate({
      source: {
        ...source,
        async collections() {
          if (during === 'counting') stop.abort();
          return source.collections();
        },
      },
      target: emptyStore(() => {}),
      openTarget: async () => storeOf(60),
      signal: stop.signal,
      onCompare(done) {
        compared = done;
        stop.abort();
      },
    });
    assert.equal(migrated.collections, null, during);
    assert.equal(migrated.copied, during === 'counting' ? 0 : 50);
    assert.equal(compared, during === 'counting' ? 0 : 1);
  }
});
