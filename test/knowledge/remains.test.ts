import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { backUpStore } from '../../src/knowledge/backup.ts';
import { exportPassages } from '../../src/knowledge/export.ts';
import { readEmbedded } from '../../src/knowledge/read-embedded.ts';
import { reembed } from '../../src/knowledge/reembed.ts';
import { restoreStore } from '../../src/knowledge/restore.ts';
import { openStore, type Store } from '../../src/knowledge/store.ts';
import { defaultTuning } from '../../src/knowledge/upkeep.ts';
import { verifyStore } from '../../src/knowledge/verify.ts';
import { hashedEmbedding } from '../doubles/hashed-embedding.ts';
import { smallDimension, smallDocument } from '../doubles/small-document.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

const open = (dataDir: string) =>
  openStore({ dataDir, embeddingModel: 'hashed', askRetentionMs: 86_400_000, tuning: defaultTuning });

const manyDocuments = (count: number, collection: string) =>
  Array.from({ length: count }, (_, at) =>
    smallDocument(`${at}.md`, `Tree ${at} stands alone.\nPond ${at} is deep.`, collection),
  );

function find(store: Store, collection: string, question: string) {
  const vector = Float32Array.from(hashedEmbedding(question, smallDimension));
  const [ranked = []] = store.searchTogether(collection, [{ question, vector, topK: 3 }]);
  return store.passages(ranked.map(({ key }) => key)).map((passage) => passage?.text);
}

/** How many rows there are, whoever they belong to. */
function rows(dataDir: string) {
  const database = new DatabaseSync(join(dataDir, 'assay.db'), { readOnly: true });
  const count = (table: string) => Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n);
  const counts = { collections: count('collections'), documents: count('documents'), passages: count('passages') };
  database.close();
  return counts;
}

/** A store that erases when the test's clock says so, with a collection that takes more than one piece of erasing. */
function storeWithLarge(t: TestContext, dataDir: string) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const store = open(dataDir);
  store.createCollection('large');
  store.put(manyDocuments(600, 'large'));
  return store;
}

/** Has the pieces that are left erased, one after another, until so many documents are there. */
function eraseUntil(t: TestContext, dataDir: string, documents: number) {
  for (let piece = 0; rows(dataDir).documents > documents; piece += 1) {
    assert.ok(piece < 100, `after so many pieces there are ${rows(dataDir).documents} documents`);
    t.mock.timers.tick(1_000);
  }
}

const wrong = async (dataDir: string) => (await verifyStore({ dataDir })).filter(({ ok }) => !ok);

test('a collection is gone as soon as it is removed, and what it held is erased in pieces; a kill between them brings nothing back', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const folder = await temporaryFolder(t);
  const dataDir = join(folder, 'data');
  const store = open(dataDir);
  for (const name of ['kept', 'large']) store.createCollection(name);
  store.put([smallDocument('kept.md', 'Alder wood is red.', 'kept')]);
  const many = manyDocuments(600, 'large');
  const [{ id } = { id: '' }] = store.put(many);
  assert.equal(store.removeCollection('large'), true);

  const left = [rows(dataDir)];
  for (let piece = 0; left.at(-1)!.passages !== 1 || left.at(-1)!.collections !== 1; piece += 1) {
    assert.ok(piece < 100, `after so many pieces there are ${JSON.stringify(left.at(-1))}`);
    const killed = join(folder, `killed-${piece}`);
    cpSync(dataDir, killed, { recursive: true }); // what a kill leaves, and whoever starts after it finds
    const next = open(killed);
    assert.deepEqual(
      next.collections().map(({ name }) => name),
      ['kept'],
    );
    assert.equal(next.stats().documents, 1);
    assert.equal(next.stats().passages, 1);
    assert.equal(next.document(id), null);
    assert.equal(next.remove(id), false);
    assert.deepEqual(await wrong(killed), []);
    await next.close();
    t.mock.timers.tick(1_000);
    left.push(rows(dataDir));
  }
  assert.ok(left.length > 3, 'it was more than one piece');
  assert.deepEqual(find(store, 'kept', 'What colour is alder wood?'), ['Alder wood is red.']);
  assert.deepEqual(await wrong(dataDir), []);
  await store.close();
});

test('the name of a removed collection is used anew at once, for documents of the same names too', async (t) => {
  const dataDir = await temporaryFolder(t);
  const store = storeWithLarge(t, dataDir);
  store.removeCollection('large');
  assert.equal(store.createCollection('large').made, true);
  const again = manyDocuments(5, 'large');
  const unlike = smallDocument('5.md', 'Alder wood is red.', 'large');
  assert.deepEqual(
    store.put([...again, unlike]).map(({ passages, replaced }) => ({ passages, replaced })),
    [...again.map(() => ({ passages: 2, replaced: false })), { passages: 1, replaced: false }],
  );
  const whole = () => {
    assert.deepEqual(
      store.collections().map(({ name, documents, passages }) => ({ name, documents, passages })),
      [{ name: 'large', documents: 6, passages: 11 }],
    );
    assert.equal(find(store, 'large', 'How deep is pond 3?')[0], 'Pond 3 is deep.');
    assert.deepEqual(find(store, 'large', 'Where does tree 400 stand?').includes('Tree 400 stands alone.'), false);
  };
  whole();
  assert.equal(store.emptyCollection('large'), true);
  store.put([...again, unlike]);
  whole();
  eraseUntil(t, dataDir, 6);
  whole();
  assert.deepEqual(await wrong(dataDir), []);
  await store.close();
});

test('what is left of a removed collection is in no backup’s count, export or migration, and is erased where it was restored', async (t) => {
  const folder = await temporaryFolder(t);
  const dataDir = join(folder, 'data');
  const store = storeWithLarge(t, dataDir);
  store.removeCollection('large');
  store.createCollection('kept');
  store.put([smallDocument('kept.md', 'Alder wood is red.', 'kept')]);

  const file = join(folder, 'backup.assay');
  const { documents, passages, collections } = await backUpStore({ dataDir, file, assayVersion: '0' });
  assert.deepEqual({ documents, passages, collections }, { documents: 1, passages: 1, collections: 1 });
  assert.equal([...exportPassages({ dataDir })].join('').split('\n').length, 2);
  assert.throws(() => [...exportPassages({ dataDir, collection: 'removed 1' })], { code: 'COLLECTION_NOT_FOUND' });
  const reader = readEmbedded(dataDir);
  assert.deepEqual(await reader.collections(), ['kept']);
  await reader.close();
  await store.close();

  const restored = join(folder, 'restored');
  restoreStore({ dataDir: restored, file });
  const next = open(restored);
  assert.deepEqual(
    next.collections().map(({ name }) => name),
    ['kept'],
  );
  eraseUntil(t, restored, 1);
  await next.close();
});

test('of many collections that were removed, each is erased by itself, however many there are', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const dataDir = await temporaryFolder(t);
  const store = open(dataDir);
  const names = Array.from({ length: 600 }, (_, at) => `c${at}`);
  for (const name of names) store.createCollection(name);
  for (const name of names) store.removeCollection(name);
  t.mock.timers.tick(1_000);
  const { collections } = rows(dataDir);
  assert.ok(collections > 0 && collections < names.length, `${collections} are left after the first piece`);
  t.mock.timers.tick(1_000);
  assert.equal(rows(dataDir).collections, 0);
  await store.close();
});

test('what is left of removed collections is erased too where others are removed all the time', async (t) => {
  const dataDir = await temporaryFolder(t);
  const store = storeWithLarge(t, dataDir);
  store.removeCollection('large');
  for (let at = 0; at < 20; at += 1) {
    store.createCollection('brief');
    store.removeCollection('brief');
    t.mock.timers.tick(500);
  }
  assert.equal(rows(dataDir).documents, 0);
  await store.close();
});

test('what is left of a removed collection gets no new vectors, and keeps no store from getting its own', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const dataDir = await temporaryFolder(t);
  const store = open(dataDir);
  for (const name of ['kept', 'large']) store.createCollection(name);
  store.put([smallDocument('kept.md', 'Alder wood is red.', 'kept')]);
  store.put(manyDocuments(600, 'large'));
  store.removeCollection('large');
  await store.close();

  const embedded: string[] = [];
  const done = await reembed({
    dataDir,
    embeddingModel: 'other',
    async embed(passages) {
      embedded.push(...passages.map(({ text }) => text));
      return passages.map(({ text }) => Float32Array.from(hashedEmbedding(text, 16)));
    },
  });
  assert.deepEqual(done, { passages: 1, taken: true });
  assert.deepEqual(embedded, ['Alder wood is red.']);
  assert.deepEqual(await wrong(dataDir), []);
});

test('a store of which nothing but remains is left takes a backup without being forced', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const folder = await temporaryFolder(t);
  const dataDir = join(folder, 'data');
  const store = open(dataDir);
  store.createCollection('large');
  store.put(manyDocuments(10, 'large'));
  const file = join(folder, 'backup.assay');
  await backUpStore({ dataDir, file, assayVersion: '0' });
  store.removeCollection('large');
  await store.close();
  assert.equal(restoreStore({ dataDir, file }).documents, 10);
});
