import assert from 'node:assert/strict';
import { cpSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { backUpStore } from '../../src/knowledge/backup.ts';
import { startKnowledge } from '../../src/knowledge/client.ts';
import { isDamageError, translateStoreError } from '../../src/knowledge/database.ts';
import { restoreStore } from '../../src/knowledge/restore.ts';
import { openStore } from '../../src/knowledge/store.ts';
import { defaultTuning } from '../../src/knowledge/upkeep.ts';
import { verifyStore } from '../../src/knowledge/verify.ts';
import { hashedEmbedding } from '../doubles/hashed-embedding.ts';
import { overwritePage } from '../doubles/overwrite-page.ts';
import { smallDimension, smallDocument } from '../doubles/small-document.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';

const told = { code: 'NOT_READY', message: /damaged: .* can't be read\. npx assay doctor --verify/ };

test("a file that the disk can't read is a damaged one, and no failure for which the host would have to end", () => {
  const error = Object.assign(new Error('disk I/O error'), { errcode: 266 }); // SQLITE_IOERR_READ
  assert.equal(isDamageError(error), true);
  assert.equal(translateStoreError(error).code, 'NOT_READY');
});

async function open(t: Test, dataDir: string) {
  const causes: string[] = [];
  const onRestart = (cause: string) => causes.push(cause);
  const knowledge = await startKnowledge({ dataDir, embeddingModel: 'hashed', onRestart });
  t.after(() => knowledge.close());
  return { knowledge, causes };
}

/** A store of two documents whose database was then changed from outside by this SQL. */
async function damaged(t: Test, sql: string) {
  const dataDir = await temporaryFolder(t);
  const { knowledge } = await open(t, dataDir);
  await knowledge.createCollection('default');
  await knowledge.put([smallDocument('alder.md', 'Alder wood is light.'), smallDocument('oak.md', 'Oaks are tall.')]);
  await knowledge.close();
  const database = new DatabaseSync(join(dataDir, 'assay.db'), { defensive: false });
  database.exec(sql);
  database.close();
  return dataDir;
}

for (const [what, vectors] of Object.entries({
  'with a NaN': "cast(x'ffffffff' || substr(vectors, 5) AS BLOB)",
  'that is cut off': 'substr(vectors, 1, 8)',
  'of half a number': 'substr(vectors, 1, 6)',
}))
  test(`a store with a vector ${what} does not open, and the error says what to do`, async (t) => {
    const dataDir = await damaged(t, `UPDATE passages SET vectors = ${vectors} WHERE key = 1`);
    await assert.rejects(open(t, dataDir), told);
  });

test('a document whose vector was cut off meanwhile can be removed, and the others are ranked as before', async (t) => {
  const dataDir = await temporaryFolder(t);
  const { knowledge } = await open(t, dataDir);
  await knowledge.createCollection('default');
  const trees = ['Alder trees stand in water.', 'Oak trees stand alone.', 'Birch trees stand by a lake.'];
  const many = Array.from({ length: 40 }, (_, at) => `Tree ${at} is tall.`);
  await knowledge.put([smallDocument('trees.md', [...trees, ...many].join('\n'))]);
  const question = 'Oaks stand';
  const vector = Float32Array.from(hashedEmbedding(question, smallDimension));
  const scores = async (): Promise<number[]> => {
    const found = await knowledge.search({ collection: 'default', question, vector, topK: 9 });
    return found.map(({ score }) => score);
  };
  const before = await scores();
  const gone = await knowledge.put([smallDocument('gone.md', 'Willows are light.')]);
  const database = new DatabaseSync(join(dataDir, 'assay.db'));
  database.exec('UPDATE passages SET vectors = substr(vectors, 1, 8) WHERE key = 44');
  database.close();
  await knowledge.remove(gone[0]!.id);
  const after = await scores();
  assert.equal(after.length, before.length);
  for (const [at, score] of after.entries()) assert.ok(Math.abs(score - before[at]!) < 0.05, `${after}, not ${before}`);
});

test('a store whose tables were altered does not open, and the error says what to do', async (t) => {
  const dataDir = await damaged(t, 'ALTER TABLE documents RENAME COLUMN created_at TO zreated_at');
  await assert.rejects(open(t, dataDir), { code: 'NOT_READY', message: /npx assay doctor --verify/ });
});

for (const size of [0, 1])
  test(`a database cut off to ${size} bytes is not taken for a new store`, async (t) => {
    const dataDir = await damaged(t, 'SELECT 1');
    truncateSync(join(dataDir, 'assay.db'), size);
    await assert.rejects(open(t, dataDir), { code: 'NOT_READY', message: /npx assay doctor --verify/ });
    assert.equal(statSync(join(dataDir, 'assay.db')).size, size);
  });

test('unreadable metadata fails the requests that need it, and replacing its document mends it', async (t) => {
  const dataDir = await damaged(t, `UPDATE documents SET metadata = '{"from:"a"}' WHERE source = 'alder.md'`);
  const { knowledge, causes } = await open(t, dataDir);
  const list = () => knowledge.documents({ collection: 'default', after: null, limit: 10 });
  await assert.rejects(list(), told);
  await assert.rejects(knowledge.findSource('default', 'alder.md'), told);
  assert.equal((await knowledge.findSource('default', 'oak.md'))?.source, 'oak.md');
  await knowledge.put([smallDocument('alder.md', 'Alder wood is light.')]);
  assert.equal((await list()).length, 2);
  assert.deepEqual(causes, []);
});

test('unreadable windows fail only the searches that find them, not others answered together with them', async (t) => {
  const dataDir = await damaged(t, "UPDATE passages SET windows = x'000000' WHERE key = 1");
  const { knowledge, causes } = await open(t, dataDir);
  const search = (question: string) => {
    const vector = Float32Array.from(hashedEmbedding(question, smallDimension));
    return knowledge.search({ collection: 'default', question, vector, topK: 1 });
  };
  const questions = ['Oaks are tall.', 'Alder wood is light.', 'Oaks are tall.'];
  const [oak, alder, again] = questions.map(search);
  await assert.rejects(alder!, told);
  for (const found of [oak, again]) assert.equal((await found)?.[0]?.source, 'oak.md');
  assert.deepEqual(causes, []);
});

test('a damaged full-text index fails what needs it, and the other collections are served', async (t) => {
  const dataDir = await damaged(t, 'DELETE FROM words_1_config');
  const { knowledge, causes } = await open(t, dataDir);
  await knowledge.createCollection('other');
  await knowledge.put([smallDocument('oak.md', 'Oaks are tall.', 'other')]);
  const question = 'Oaks are tall.';
  const vector = Float32Array.from(hashedEmbedding(question, smallDimension));
  const search = (collection: string) => knowledge.search({ collection, question, vector, topK: 1 });
  await assert.rejects(search('default'), told);
  assert.equal((await search('other'))[0]?.source, 'oak.md');
  assert.equal((await knowledge.documents({ collection: 'default', after: null, limit: 10 })).length, 2);
  assert.deepEqual(causes, []);
});

const fullTextDamages: [what: string, damage: (dataDir: string) => void][] = [
  ...['words_1_data', 'words_1_idx', 'words_1_docsize', 'words_1_config'].map(
    (table): [string, (dir: string) => void] => [
      `has a bad page in ${table}`,
      (dataDir) => overwritePage(join(dataDir, 'assay.db'), table),
    ],
  ),
  [
    'lacks its settings',
    (dataDir) => {
      const database = new DatabaseSync(join(dataDir, 'assay.db'), { defensive: false });
      database.exec('DELETE FROM words_1_config');
      database.close();
    },
  ],
];
for (const [what, damage] of fullTextDamages)
  test(`a collection whose full text ${what} can be removed and ingested anew, and a backup then mends the store`, async (t) => {
    const dataDir = await damaged(t, 'SELECT 1');
    const before = await open(t, dataDir);
    await before.knowledge.createCollection('other');
    await before.knowledge.put([smallDocument('oak.md', 'Oaks are tall.', 'other')]);
    await before.knowledge.close();
    damage(dataDir);

    const { knowledge, causes } = await open(t, dataDir);
    assert.equal(await knowledge.emptyCollection('default'), true);
    const killed = await temporaryFolder(t);
    cpSync(dataDir, killed, { recursive: true }); // what a kill at this moment would leave to the next start
    assert.equal(await knowledge.removeCollection('default'), true);
    await knowledge.createCollection('default');
    const isWhole = async (each: typeof knowledge) => {
      await each.put([smallDocument('alder.md', 'Alder wood is light.'), smallDocument('oak.md', 'Oaks are tall.')]);
      const question = 'Oaks are tall.';
      const vector = Float32Array.from(hashedEmbedding(question, smallDimension));
      for (const collection of ['default', 'other'])
        assert.equal((await each.search({ collection, question, vector, topK: 1 }))[0]?.source, 'oak.md');
      assert.equal((await each.stats()).documents, 3);
    };
    await isWhole(knowledge);
    await isWhole((await open(t, killed)).knowledge);
    assert.deepEqual(causes, []);
    await knowledge.close();
    assert.match(JSON.stringify(await verifyStore({ dataDir })), /words_1 belongs to no collection\. Make a backup/);

    const file = join(await temporaryFolder(t), 'backup.assay');
    await backUpStore({ dataDir, file, assayVersion: '0' });
    restoreStore({ dataDir, file, force: true });
    await isWhole((await open(t, dataDir)).knowledge);
    assert.deepEqual(
      (await verifyStore({ dataDir, embeddingModel: 'hashed' })).filter(({ ok }) => !ok),
      [],
    );
  });

test('a damaged full-text index does not keep those of later collections from being merged', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const dataDir = await damaged(t, 'DELETE FROM words_1_config');
  const store = openStore({ dataDir, embeddingModel: 'hashed', askRetentionMs: 86_400_000, tuning: defaultTuning });
  await store.createCollection('other');
  for (let at = 0; at < 15; at += 1) await store.put([smallDocument(`${at}.md`, `Oak ${at} is tall.`, 'other')]);
  for (let minute = 0; minute < 3; minute += 1) t.mock.timers.tick(60_000);
  await store.close();
  const database = new DatabaseSync(join(dataDir, 'assay.db'), { readOnly: true });
  const { n } = database.prepare('SELECT count(DISTINCT segid) AS n FROM words_2_idx').get()!;
  database.close();
  assert.ok(Number(n) < 4, `${n} pieces`);
});
