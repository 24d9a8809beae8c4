import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { createDocuments } from '../../src/knowledge/documents.ts';
import { fullTextTable, openFullText } from '../../src/knowledge/full-text.ts';
import { createWordRenewal } from '../../src/knowledge/renew-words.ts';
import { openStore } from '../../src/knowledge/store.ts';
import { defaultTuning } from '../../src/knowledge/upkeep.ts';
import { verifyStore } from '../../src/knowledge/verify.ts';
import { smallDocument } from '../doubles/small-document.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

const open = (dataDir: string) =>
  openStore({ dataDir, embeddingModel: 'hashed', askRetentionMs: 86_400_000, tuning: defaultTuning });

const texts = [
  ...[
    '最高允许压力为六巴。',
    '過濾器每四十小時清洗一次。',
    'フィルターは４０時間ごとに清掃してください。',
    'แรงดันสูงสุดที่อนุญาตคือ 6 บาร์',
  ],
  ...[
    '필터는 청소해야 합니다.',
    'يجب تنظيفُ المُرشِّح.',
    'Die Straße ist gesperrt.',
    'Isı pompası',
    'Насос засорён',
    'Alder wood.',
    'Sonnen\u00adblumen',
    '펌프'.normalize('NFD'),
  ],
];
const questions = [
  ...['最高压力是多少', '多久清洗過濾器', '40時間のフィルター', 'แรงดันสูงสุดคือเท่าไร'],
  ...['필터가 막혔습니까', 'مرشح', 'strasse', 'ısı', 'засорен', 'alder', 'sonnenblumen', '펌프'],
];

/** For each question, whether it shares a word with the passage that was written for it. */
function search(dataDir: string) {
  const database = new DatabaseSync(join(dataDir, 'assay.db'));
  const fullText = openFullText(database, 1);
  const found = questions.map((question, at) => fullText.search(question).has(at + 1));
  database.close();
  return found;
}

async function fill(dataDir: string) {
  const store = open(dataDir);
  await store.createCollection('default');
  await store.put([smallDocument('a.md', texts.join('\n')), smallDocument('b.md', 'Birch\n'.repeat(450))]);
  await store.close();
}

test('words of every script are found, and those that an earlier version stored are renewed step by step', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const dataDir = await temporaryFolder(t);
  await fill(dataDir);
  assert.deepEqual(
    search(dataDir),
    questions.map(() => true),
  );

  // As versions up to 3 left it: words as they stand, and nothing to renew.
  const database = new DatabaseSync(join(dataDir, 'assay.db'));
  for (const [at, text] of texts.entries()) {
    database.exec(`DELETE FROM ${fullTextTable(1)} WHERE rowid = ${at + 1}`);
    database
      .prepare(`INSERT INTO ${fullTextTable(1)} (rowid, headings, text) VALUES (?, ?, ?)`)
      .run(at + 1, 'a.md Trees', text);
  }
  database.exec("DELETE FROM meta WHERE name = 'words_to_renew'; PRAGMA user_version = 3");
  database.close();
  assert.ok(search(dataDir).filter(Boolean).length < 3);

  // The newest passages first, some at each step; a later start goes on from there.
  const first = open(dataDir);
  t.mock.timers.tick(1_000);
  await first.close();
  assert.ok(search(dataDir).filter(Boolean).length < 3);
  const second = open(dataDir);
  for (let step = 0; step < 5; step += 1) t.mock.timers.tick(1_000);
  await second.close();
  assert.deepEqual(
    search(dataDir),
    questions.map(() => true),
  );
  assert.deepEqual(
    (await verifyStore({ dataDir })).filter(({ ok }) => !ok),
    [],
  );
});

test('damaged passages are passed over when words are renewed', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const dataDir = await temporaryFolder(t);
  await fill(dataDir);
  const database = new DatabaseSync(join(dataDir, 'assay.db'));
  database.exec(`DELETE FROM ${fullTextTable(1)}`);
  database.exec("UPDATE passages SET heading_paths = '[' WHERE key IN (4, 5, 200, 460)");
  database.exec('PRAGMA user_version = 3');
  database.close();

  const renewed = open(dataDir);
  for (let step = 0; step < 100; step += 1) t.mock.timers.tick(1_000);
  await renewed.close();
  const isEnglishOrDamaged = (at: number) => [3, 4, 9].includes(at);
  assert.deepEqual(
    search(dataDir),
    questions.map((_, at) => !isEnglishOrDamaged(at)),
  );
});

test('a step of the renewal writes forty passages at most, and what is not written otherwise by now is left alone', async (t) => {
  const dataDir = await temporaryFolder(t);
  const store = open(dataDir);
  await store.createCollection('default');
  await store.put([smallDocument('a.md', `${'最高压力。\n'.repeat(100)}${'Alder.\n'.repeat(50)}`)]);
  await store.close();
  const database = new DatabaseSync(join(dataDir, 'assay.db'));
  const documents = createDocuments(database);
  documents.setMeta('words_to_renew', String(documents.lastPassageKey()));
  let written = 0;
  const removed = new Set<number>();
  const remove = (key: number) => void removed.add(key);
  const add = (key: number, headings: string) => {
    assert.equal(headings, 'a.md Trees');
    assert.ok(removed.delete(key), 'the words of before are taken out first');
    written += 1;
  };
  const fullText = { ...openFullText(database, 1), remove, add };
  const changing = (work: () => void) => work();
  const renewal = createWordRenewal({ database, documents, changing, collections: () => [{ key: 1, fullText }] });
  const steps = [];
  for (; renewal.tidy(); written = 0) steps.push(written);
  assert.deepEqual(steps, [40, 40, 20]);
  database.close();
});
