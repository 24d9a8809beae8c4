import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openStore } from '../../src/knowledge/store.ts';
import { defaultTuning } from '../../src/knowledge/upkeep.ts';
import { between, createRandom, oneOf } from '../doubles/seeded-random.ts';
import { smallDocument } from '../doubles/small-document.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

const open = (dataDir: string) =>
  openStore({ dataDir, embeddingModel: 'hashed', askRetentionMs: 86_400_000, tuning: defaultTuning });

test('a collection is counted once, not for every request that asks whether it is there', async (t) => {
  const dataDir = await temporaryFolder(t);
  const store = open(dataDir);
  await store.createCollection('trees');
  await store.put([smallDocument('oak.md', 'Oaks are tall.\nThey grow old.', 'trees')]);
  const counted = store.collection('trees');
  assert.deepEqual([counted?.documents, counted?.passages], [1, 2]);
  const beside = new DatabaseSync(join(dataDir, 'assay.db'));
  beside.exec('DELETE FROM passages'); // which the next count would notice
  beside.close();
  assert.deepEqual(store.collection('trees'), counted);
  assert.deepEqual(store.collections(), [counted]);
  await store.close();
});

test('whatever is written, replaced, removed or fails, the counts are those of a store that counts anew', async (t) => {
  const dataDir = await temporaryFolder(t);
  let store = open(dataDir);
  const random = createRandom(7);
  const names = ['one', 'two'];
  for (const name of names) await store.createCollection(name);
  const some = (collection: string) =>
    smallDocument(`${between(random, 1, 5)}.md`, 'A tree.\n'.repeat(between(random, 1, 4)), collection);
  const acts = [
    (name: string) => store.put([some(name), some(name), some(name)]),
    (name: string) => assert.rejects(store.put([some(name), some('none')]), { code: 'COLLECTION_NOT_FOUND' }),
    (name: string) => store.remove(store.documents({ collection: name, after: null, limit: 1 })[0]?.id ?? 'none'),
    (name: string) => between(random, 1, 4) === 1 && store.emptyCollection(name),
    (name: string) =>
      between(random, 1, 4) === 1 && Promise.all([store.removeCollection(name), store.createCollection(name)]),
  ];
  for (let act = 1; act <= 120; act += 1) {
    await oneOf(random, acts)(oneOf(random, names));
    if (act % 10 > 0) continue;
    const kept = store.collections();
    await store.close();
    store = open(dataDir);
    assert.deepEqual(kept, store.collections());
  }
  await store.close();
});

test('what is asked for together with a write is counted once', async (t) => {
  const dataDir = await temporaryFolder(t);
  let store = open(dataDir);
  await store.createCollection('one');
  const [{ id } = { id: '' }] = await store.put([smallDocument('1.md', 'A tree.', 'one')]);
  for (const write of [() => store.put([smallDocument('2.md', 'Two\ntrees.', 'one')]), () => store.remove(id)]) {
    await store.close();
    store = open(dataDir);
    const written = write();
    store.collections();
    await written;
    const kept = store.collections();
    await store.close();
    store = open(dataDir);
    assert.deepEqual(kept, store.collections());
  }
  await store.close();
});
