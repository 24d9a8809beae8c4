import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { backUpStore } from '../../src/knowledge/backup.ts';
import { openStore } from '../../src/knowledge/store.ts';
import { defaultTuning } from '../../src/knowledge/upkeep.ts';
import { smallDocument } from '../doubles/small-document.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

const open = (dataDir: string) =>
  openStore({ dataDir, embeddingModel: 'hashed', askRetentionMs: 86_400_000, tuning: defaultTuning });

/** A text in many passages, whose words begin as no others do: what is stored of a word may lack what it shares with its neighbours. */
const secret = (word: string, passages = 40) =>
  Array.from({ length: passages }, (_, at) => `${word}${at} walks over the hill.`).join('\n');
const plain = (at: number) => smallDocument(`plain-${at}.md`, `Pond ${at} is deep.\nAlder ${at} is light.`);
const secrets = /qremoved|xreplaced|zdropped/;

/** The files of a folder that hold words of the secrets. */
const filesWithSecrets = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const file = join(folder, name);
    return statSync(file).isFile() && secrets.test(readFileSync(file, 'latin1'));
  });

function waitFor(t: TestContext, ms: number) {
  for (let passed = 0; passed < ms; passed += 1_000) t.mock.timers.tick(1_000);
}

test('what was removed or replaced leaves the data folder and later backups: texts within seconds, words within an hour and a bit', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const folder = await temporaryFolder(t);
  const dataDir = join(folder, 'data');
  const store = open(dataDir);
  for (const name of ['default', 'dropped']) await store.createCollection(name);
  for (let at = 0; at < 20; at += 1) await store.put([plain(at)]);
  const [removed] = await store.put([smallDocument('removed.md', secret('qremoved'))]);
  await store.put([smallDocument('replaced.md', secret('xreplaced'))]);
  await store.put([smallDocument('dropped.md', secret('zdropped'), 'dropped')]);
  for (let at = 20; at < 40; at += 1) await store.put([plain(at)]);
  waitFor(t, 60_000);
  assert.notDeepEqual(filesWithSecrets(dataDir), []);

  await store.remove(removed!.id);
  await store.put([smallDocument('replaced.md', 'Nothing is here any more.')]);
  await store.removeCollection('dropped');
  waitFor(t, 10_000);
  const database = new DatabaseSync(join(dataDir, 'assay.db'), { readOnly: true });
  assert.equal(database.prepare("SELECT count(*) AS n FROM documents WHERE source = 'dropped.md'").get()!.n, 0);
  database.close();
  // Whole sentences are gone; of words, the full text still has those of passages that it only marks as removed.
  for (const name of ['assay.db', 'assay.db-wal'])
    assert.doesNotMatch(readFileSync(join(dataDir, name), 'latin1'), /(qremoved|xreplaced|zdropped)\d+ walks/, name);

  waitFor(t, 3_700_000);
  assert.deepEqual(filesWithSecrets(dataDir), []);
  const file = join(folder, 'backup.assay');
  await backUpStore({ dataDir, file, assayVersion: '0' });
  assert.doesNotMatch(readFileSync(file, 'latin1'), secrets);
  await store.close();
  assert.deepEqual(filesWithSecrets(dataDir), []);
});

test('the words of a large document that was removed are erased too, though all removed before it had been', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const dataDir = await temporaryFolder(t);
  const store = open(dataDir);
  t.after(() => store.close());
  await store.createCollection('default');
  // FTS5 itself erases where a tenth or more was removed.
  await store.put([smallDocument('larger.md', secret('reed', 4_000))]);
  const [large] = await store.put([smallDocument('large.md', secret('qremoved', 200))]);
  await store.put([plain(0)]);
  await store.put([smallDocument('plain-0.md', 'Pond 0 is dry.')]);
  waitFor(t, 3_700_000);
  await store.remove(large!.id);
  waitFor(t, 3_700_000);
  assert.deepEqual(filesWithSecrets(dataDir), []);
});

test('what a killed process had not yet erased is erased after the next start', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const dataDir = await temporaryFolder(t);
  const first = open(dataDir);
  await first.createCollection('default');
  for (let at = 0; at < 20; at += 1) await first.put([plain(at)]);
  const [removed] = await first.put([smallDocument('removed.md', secret('qremoved'))]);
  await first.put([plain(20)]);
  await first.remove(removed!.id);
  await first.close(); // without a moment for any further work, as a kill would have it
  assert.deepEqual(filesWithSecrets(dataDir), ['assay.db']);

  const second = open(dataDir);
  waitFor(t, 60_000);
  assert.deepEqual(filesWithSecrets(dataDir), []);
  await second.close();
});

test('erasing waits for whoever reads the store, and keeps nobody waiting', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const dataDir = await temporaryFolder(t);
  const store = open(dataDir);
  await store.createCollection('default');
  const [removed] = await store.put([smallDocument('removed.md', secret('qremoved'))]);
  const reader = new DatabaseSync(join(dataDir, 'assay.db'), { readOnly: true });
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM documents').get();
  await store.remove(removed!.id);
  waitFor(t, 10_000);
  assert.ok(filesWithSecrets(dataDir).includes('assay.db-wal'));
  reader.close();
  waitFor(t, 3_800_000);
  assert.deepEqual(filesWithSecrets(dataDir), []);
  await store.close();
});
