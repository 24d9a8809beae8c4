import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { before, test } from 'node:test';
import { startKnowledge } from '../../src/knowledge/client.ts';
import { inspectStore, verifyStore } from '../../src/knowledge/verify.ts';
import { runCommand } from '../doubles/command-line.ts';
import { startService } from '../doubles/service.ts';
import { smallDocument } from '../doubles/small-document.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';

let madeIn: string;

before(async (context) => {
  madeIn = await temporaryFolder(context as unknown as Test);
  const knowledge = await startKnowledge({ dataDir: madeIn, embeddingModel: 'hashed' });
  for (const collection of ['default', 'other']) await knowledge.createCollection(collection);
  const documents = Array.from({ length: 30 }, (_, at) =>
    smallDocument(`${at}.md`, `Tree ${at} is old.\nIt stands near pond ${at}.`),
  );
  await knowledge.put(documents);
  await knowledge.put([smallDocument('other.md', 'An oak — of another collection.', 'other')]);
  await knowledge.saveAsk({ id: 'ask_1', collection: 'default', keyName: null, createdAt: 'now', reply: () => ({}) });
  await knowledge.close();
});

/** A copy of the store, changed from outside. */
async function changed(t: Test, change: (database: DatabaseSync, dataDir: string) => void) {
  const dataDir = await temporaryFolder(t);
  cpSync(madeIn, dataDir, { recursive: true });
  const database = new DatabaseSync(join(dataDir, 'assay.db'), {
    enableForeignKeyConstraints: false,
    defensive: false,
  });
  change(database, dataDir);
  database.close();
  return dataDir;
}

const wrongIn = async (dataDir: string) =>
  (await verifyStore({ dataDir, embeddingModel: 'hashed' })).filter(({ ok }) => !ok);

test('a sound store passes every check, with its progress reported', async () => {
  const told: [number, number][] = [];
  const findings = await verifyStore({
    dataDir: madeIn,
    embeddingModel: 'hashed',
    onProgress: (done, total) => told.push([done, total]),
  });
  assert.deepEqual(
    findings.map(({ name, ok, detail }) => `${ok ? 'ok' : 'WRONG'} ${name}: ${detail}`),
    [
      'ok store: database: whole, and every row has what it refers to',
      'ok store: embedding model: hashed, vectors of 64 numbers',
      'ok store: documents: 31 with all their characters',
      'ok store: passages: 61 word for word as in their documents',
      'ok store: windows: 61 inside their passages',
      'ok store: vectors: 61 of unit length',
      'ok store: full text: holds the 61 passages and no others',
      'ok store: asks: 1 kept',
      'ok store: snapshots: 0 as their manifests say',
    ],
  );
  assert.deepEqual(
    [told[0], told.at(-1)],
    [
      [0, 61],
      [61, 61],
    ],
  );
});

const key = '(SELECT key FROM passages ORDER BY key LIMIT 1 OFFSET 3)';
const damages: [what: string, change: string, finding: string, says: RegExp][] = [
  [
    'a changed passage',
    `UPDATE passages SET text = 'It stood' WHERE key = ${key}`,
    'passages',
    /1\.md, passage \S+ differs/,
  ],
  [
    'a changed document',
    "UPDATE documents SET text = replace(text, 'old', 'new') WHERE source = '7.md'",
    'passages',
    /7\.md.*ingest them again/,
  ],
  [
    'a passage out of bounds',
    `UPDATE passages SET "end" = 5000 WHERE key = ${key}`,
    'passages',
    /outside its document/,
  ],
  [
    'a passage out of order',
    `UPDATE passages SET start = 0, "end" = 17, text = 'Tree 1 is old.
It' WHERE key = ${key}`,
    'passages',
    /behind the one before/,
  ],
  [
    'a count of characters',
    "UPDATE documents SET characters = 7 WHERE source = '2.md'",
    'documents',
    /2\.md has 37 characters instead of 7/,
  ],
  ['metadata', "UPDATE documents SET metadata = '[' WHERE source = '2.md'", 'documents', /metadata that can't be read/],
  [
    'a window out of its passage',
    `UPDATE passages SET windows = x'0000000001000000' WHERE key = ${key}`,
    'windows',
    /window 1 lies outside/,
  ],
  [
    'half a window',
    `UPDATE passages SET windows = x'00000000' WHERE key = ${key}`,
    'windows',
    /no windows that can be read/,
  ],
  ['headings', `UPDATE passages SET heading_paths = '[]' WHERE key = ${key}`, 'windows', /not as many paths/],
  [
    'a short vector',
    `UPDATE passages SET vectors = substr(vectors, 1, 252) WHERE key = ${key}`,
    'vectors',
    /252 bytes instead of 256.*reembed/,
  ],
  ['a vector of nothing', `UPDATE passages SET vectors = zeroblob(256) WHERE key = ${key}`, 'vectors', /length 0\.000/],
  ['many vectors', 'UPDATE passages SET vectors = zeroblob(256)', 'vectors', /; and 58 more\./],
  [
    'a vector with NaN',
    `UPDATE passages SET vectors = unhex('0000c07f' || substr(hex(vectors), 9)) WHERE key = ${key}`,
    'vectors',
    /not finite/,
  ],
  [
    'words that are missing',
    `DELETE FROM words_1 WHERE rowid = ${key}`,
    'full text',
    /it lacks 1 of the passages of the collection default/,
  ],
  [
    'words of nothing',
    "INSERT INTO words_1 (rowid, headings, text) VALUES (9999, '', 'oak')",
    'full text',
    /it holds 1 that the collection default does not have/,
  ],
  ['no full text', 'DROP TABLE words_2', 'full text', /the collection other has none/],
  [
    'full text of no collection',
    'CREATE VIRTUAL TABLE words_99 USING fts5(text)',
    'full text',
    /words_99 belongs to no collection/,
  ],
  [
    'a damaged full text',
    'DELETE FROM words_1_idx; DELETE FROM words_1_data WHERE id > 10',
    'database',
    /SQLite finds it damaged/,
  ],
  [
    'the collection of a damaged full text',
    'DELETE FROM words_1_idx; DELETE FROM words_1_data WHERE id > 10',
    'full text',
    /the collection default has a damaged one.*delete these collections and ingest/,
  ],
  ['no dimension', "DELETE FROM meta WHERE name = 'dimension'", 'embedding model', /how long the vectors are/],
  ['no model', "DELETE FROM meta WHERE name = 'embedding_model'", 'embedding model', /which model/],
  [
    'another model',
    "UPDATE meta SET value = 'x' WHERE name = 'embedding_model'",
    'embedding model',
    /the settings say hashed/,
  ],
  [
    'a passage of no document',
    "DELETE FROM documents WHERE source = '2.md'",
    'database',
    /passages without their documents/,
  ],
];
for (const [what, change, finding, says] of damages)
  test(`verify finds ${what}`, async (t) => {
    const wrong = await wrongIn(await changed(t, (database) => database.exec(change)));
    const found = wrong.find(({ name }) => name === `store: ${finding}`);
    assert.ok(found, JSON.stringify(wrong));
    assert.match(found.detail, says);
  });

test('verify finds damaged files, and says for each what to do', async (t) => {
  const inFile = async (name: string, damage: (file: string) => void) => {
    const dataDir = await changed(t, () => {});
    damage(join(dataDir, name));
    return wrongIn(dataDir);
  };
  const overwrite = (file: string) => {
    const bytes = readFileSync(file);
    bytes.fill(0xa5, bytes.length / 2, bytes.length / 2 + 4096);
    writeFileSync(file, bytes);
  };
  assert.match(JSON.stringify(await inFile('assay.db', overwrite)), /assay restore FILE --force/);
  assert.match(JSON.stringify(await inFile('assay.db', (file) => truncateSync(file, 8192))), /assay restore/);
  const foreign = await inFile('assay.db', (file) => writeFileSync(file, 'no database at all, whatever its name'));
  assert.deepEqual(
    foreign.map(({ name }) => name),
    ['store'],
  );
  for (const size of [0, 1]) {
    const emptied = await inFile('assay.db', (file) => truncateSync(file, size));
    assert.match(JSON.stringify(emptied), /assay\.db is empty.*assay restore FILE --force/);
  }
  const asks = await inFile('asks.db', (file) => writeFileSync(file, 'no database at all, whatever its name'));
  assert.match(asks[0]!.detail, /remove .*asks\.db/);
  assert.equal(asks.length, 1);
});

test('ask records of a newer version of Assay are reported as such, without the advice to remove them', async (t) => {
  const dataDir = await changed(t, (_, folder) => {
    const asks = new DatabaseSync(join(folder, 'asks.db'));
    asks.exec('PRAGMA user_version = 1000');
    asks.close();
  });
  const [finding, ...others] = await wrongIn(dataDir);
  assert.deepEqual(others, []);
  assert.match(finding!.detail, /newer version of Assay/);
  assert.doesNotMatch(finding!.detail, /remove/);
});

test('verify finds nothing wrong with a data folder that is empty or missing', async (t) => {
  const dataDir = await temporaryFolder(t);
  assert.deepEqual(await wrongIn(dataDir), []);
  writeFileSync(join(dataDir, 'assay.db'), ''); // what a first start leaves that found no room
  assert.deepEqual(await wrongIn(dataDir), []);
  rmSync(dataDir, { recursive: true });
  assert.deepEqual(await wrongIn(dataDir), []);
});

test('a data folder that cannot even be looked into is a finding that names DATA_DIR', async (t) => {
  const dataDir = join(await temporaryFolder(t), 'leads-to-itself');
  symlinkSync(dataDir, dataDir); // what a user without rights to a folder gets, root gets too from such a link
  const { code, stdout, stderr } = await runCommand(['doctor', '--verify'], { DATA_DIR: dataDir });
  assert.equal(code, 1);
  assert.match(stdout, /WRONG {2}store .*The data folder can't be written: DATA_DIR must name/);
  assert.equal(stderr, '');
});

test('a quick look says what a store holds, of which model its vectors are, and why a start would be refused', async (t) => {
  const toText = (held: object) => JSON.stringify(Object.values(held));
  const lookAt = (dataDir: string, embeddingModel = 'hashed') =>
    inspectStore({ dataDir, embeddingModel, toText }).map(({ ok, detail }) => `${ok}: ${detail}`);
  assert.deepEqual(lookAt(madeIn), ['true: [31,61,2]', 'true: hashed, vectors of 64 numbers']);
  assert.match(lookAt(madeIn, 'another')[1]!, /^false: .*settings say another\. Run npx assay reembed/);
  const empty = await temporaryFolder(t);
  assert.deepEqual(lookAt(join(empty, 'to-be-made')), ['true: nothing is stored yet']);
  const [file, link] = [join(empty, 'file'), join(empty, 'link')];
  writeFileSync(file, '');
  symlinkSync('nowhere', link);
  for (const inTheWay of [file, join(file, 'data'), link, join(link, 'data')])
    assert.match(lookAt(inTheWay).join(), /^true: nothing is stored yet,false: The data folder can't be written/);
  const broken = await changed(t, () => {});
  truncateSync(join(broken, 'assay.db'), 5000);
  assert.match(lookAt(broken).join(), /^false: .*damaged.*Restore a backup/);
});

test('assay doctor checks the store beside a running service, thoroughly with --verify, and its exit code says if all is well', async (t) => {
  const service = await startService(t, { embedded: true });
  await service.add(
    'alder.md',
    '# Alder\n\nAlder wood is light. It grows near water.\n\n## Use\n\nClogs are made of it.',
  );
  const settings = { DATA_DIR: service.dataDir };
  const quick = await runCommand(['doctor'], settings);
  assert.equal(quick.code, 0, quick.stdout + quick.stderr);
  assert.match(quick.stdout, /ok +store +1 document, 1 passage, 1 collection\n/);
  const well = await runCommand(['doctor', '--verify'], settings);
  assert.equal(well.code, 0, well.stdout + well.stderr);
  assert.match(well.stdout, /ok +store: passages +[1-9]\d* word for word/);

  await service.close();
  const database = new DatabaseSync(join(service.dataDir, 'assay.db'));
  database.exec('UPDATE documents SET characters = 1');
  database.close();
  const ill = await runCommand(['doctor', '--verify', '--json'], settings);
  assert.equal(ill.code, 1);
  const wrong = (JSON.parse(ill.stdout) as { name: string; ok: boolean; detail: string }[]).filter(({ ok }) => !ok);
  assert.deepEqual(
    wrong.map(({ name }) => name),
    ['store: documents'],
  );
});
