import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { backUpStore } from '../../src/knowledge/backup.ts';
import { exportPassages } from '../../src/knowledge/export.ts';
import { eraseFullText } from '../../src/knowledge/full-text.ts';
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

/** How many rows the tables have, those of removed collections included. */
function rows(dataDir: string) {
  const database = new DatabaseSync(join(dataDir, 'assay.db'), { readOnly: true });
  const count = (table: string) => Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n);
  const counts = { collections: count('collections'), documents: count('documents'), passages: count('passages') };
  database.close();
  return counts;
}

/** A store that erases by the test's mocked clock, with a collection that takes more than one step to erase. */
async function storeWithLarge(t: TestContext, dataDir: string) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const store = open(dataDir);
  await store.createCollection('large');
  await store.put(manyDocuments(600, 'large'));
  return store;
}

/** Lets the store erase step by step until only so many documents are left. */
function eraseUntil(t: TestContext, dataDir: string, documents: number) {
  for (let piece = 0; rows(dataDir).documents > documents; piece += 1) {
    assert.ok(piece < 100, `after so many pieces there are ${rows(dataDir).documents} documents`);
    t.mock.timers.tick(1_000);
  }
}

const wrong = async (dataDir: string) => (await verifyStore({ dataDir })).filter(({ ok }) => !ok);

test('a removed collection is gone at once and its contents are erased step by step; a kill between steps brings nothing back', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const folder = await temporaryFolder(t);
  const dataDir = join(folder, 'data');
  const store = open(dataDir);
  for (const name of ['kept', 'large']) await store.createCollection(name);
  await store.put([smallDocument('kept.md', 'Alder wood is red.', 'kept')]);
  const many = manyDocuments(600, 'large');
  const [{ id } = { id: '' }] = await store.put(many);
  assert.equal(await store.removeCollection('large'), true);

  const left = [rows(dataDir)];
  for (let piece = 0; left.at(-1)!.passages !== 1 || left.at(-1)!.collections !== 1; piece += 1) {
    assert.ok(piece < 100, `after so many pieces there are ${JSON.stringify(left.at(-1))}`);
    const killed = join(folder, `killed-${piece}`);
    cpSync(dataDir, killed, { recursive: true }); // what a kill at this moment would leave to the next start
    const next = open(killed);
    assert.deepEqual(
      next.collections().map(({ name }) => name),
      ['kept'],
    );
    assert.equal(next.stats().documents, 1);
    assert.equal(next.stats().passages, 1);
    assert.equal(next.document(id), null);
    assert.equal(await next.remove(id), false);
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

test('the full text of a removed collection is erased in pieces, and the store is sound between them', async (t) => {
  const dataDir = await temporaryFolder(t);
  const store = await storeWithLarge(t, dataDir);
  for (let at = 0; at < 4; at += 1) await store.put(manyDocuments(300 + at, 'large'));
  await store.createCollection('kept');
  await store.put([smallDocument('kept.md', 'Alder wood is red.', 'kept')]);
  await store.removeCollection('large');
  await store.close();

  const database = new DatabaseSync(join(dataDir, 'assay.db'));
  const left = () =>
    Number(database.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name GLOB 'words_1*'").get()!.n);
  let pieces = 0;
  for (let more = true; more; pieces += 1) {
    assert.ok(pieces < 50 && left() > 0);
    more = eraseFullText(database, 1);
    assert.equal(left() > 0, more, 'its tables go last');
    assert.deepEqual(await wrong(dataDir), []);
  }
  assert.equal(eraseFullText(database, 1), false);
  database.close();
  assert.ok(pieces >= 2, `${pieces}`);
  const next = open(dataDir);
  assert.deepEqual(find(next, 'kept', 'What colour is alder wood?'), ['Alder wood is red.']);
  await next.close();
});

test('a collection is erased at once also where documents of another were removed just before', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const dataDir = await temporaryFolder(t);
  const store = open(dataDir);
  for (const name of ['kept', 'gone']) await store.createCollection(name);
  const kept = await store.put(manyDocuments(100, 'kept'));
  await store.put(manyDocuments(5, 'gone'));
  // SQLite's last row id is beyond 2^53 after this.
  for (const { id } of kept.slice(0, 3)) await store.remove(id);
  await store.removeCollection('gone');
  for (let step = 0; step < 10; step += 1) t.mock.timers.tick(1_000);
  assert.deepEqual(rows(dataDir), { collections: 1, documents: 97, passages: 194 });
  assert.deepEqual(await wrong(dataDir), []);
  await store.close();
});

test('the name of a removed collection can be used again at once, even for documents with the same sources', async (t) => {
  const dataDir = await temporaryFolder(t);
  const store = await storeWithLarge(t, dataDir);
  await store.removeCollection('large');
  assert.equal((await store.createCollection('large')).made, true);
  const again = manyDocuments(5, 'large');
  const unlike = smallDocument('5.md', 'Alder wood is red.', 'large');
  assert.deepEqual(
    (await store.put([...again, unlike])).map(({ passages, replaced }) => ({ passages, replaced })),
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
  assert.equal(await store.emptyCollection('large'), true);
  await store.put([...again, unlike]);
  whole();
  eraseUntil(t, dataDir, 6);
  whole();
  assert.deepEqual(await wrong(dataDir), []);
  await store.close();
});

test('the remains of a removed collection are not counted in a backup, exported or migrated, and are erased after a restore', async (t) => {
  const folder = await temporaryFolder(t);
  const dataDir = join(folder, 'data');
  const store = await storeWithLarge(t, dataDir);
  await store.removeCollection('large');
  await store.createCollection('kept');
  await store.put([smallDocument('kept.md', 'Alder wood is red.', 'kept')]);

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

test('hundreds of removed collections are erased in steps too, not all at once', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const dataDir = await temporaryFolder(t);
  const store = open(dataDir);
  const names = Array.from({ length: 200 }, (_, at) => `c${at}`);
  for (const name of names) await store.createCollection(name);
  for (const name of names) await store.removeCollection(name);
  t.mock.timers.tick(1_000);
  const { collections } = rows(dataDir);
  assert.equal(collections, names.length - 1, 'no more than one full text is dropped at once');
  for (let piece = 0; rows(dataDir).collections > 0; piece += 1) {
    assert.ok(piece < 600, `${rows(dataDir).collections} are left`);
    t.mock.timers.tick(1_000);
  }
  await store.close();
});

test('the remains of removed collections are erased even while others are removed all the time', async (t) => {
  const dataDir = await temporaryFolder(t);
  const store = await storeWithLarge(t, dataDir);
  await store.removeCollection('large');
  for (let at = 0; at < 20; at += 1) {
    await store.createCollection('brief');
    await store.removeCollection('brief');
    t.mock.timers.tick(500);
  }
  assert.equal(rows(dataDir).documents, 0);
  await store.close();
});

test('re-embedding skips the remains of a removed collection, and completes without them', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const dataDir = await temporaryFolder(t);
  const store = open(dataDir);
  for (const name of ['kept', 'large']) await store.createCollection(name);
  await store.put([smallDocument('kept.md', 'Alder wood is red.', 'kept')]);
  await store.put(manyDocuments(600, 'large'));
  await store.removeCollection('large');
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

test('a backup is restored without --force over a store that holds only the remains of removed collections', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const folder = await temporaryFolder(t);
  const dataDir = join(folder, 'data');
  const store = open(dataDir);
  await store.createCollection('large');
  await store.put(manyDocuments(10, 'large'));
  const file = join(folder, 'backup.assay');
  await backUpStore({ dataDir, file, assayVersion: '0' });
  await store.removeCollection('large');
  await store.close();
  assert.equal(restoreStore({ dataDir, file }).documents, 10);
});
