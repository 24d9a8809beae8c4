import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { serialize } from 'node:v8';
import { zstdCompressSync } from 'node:zlib';
import { openAsks } from '../../src/knowledge/asks.ts';
import { startKnowledge } from '../../src/knowledge/client.ts';
import { failToRead } from '../doubles/failing-disk.ts';
import { startService } from '../doubles/service.ts';
import { smallDocument } from '../doubles/small-document.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

const hour = 3_600_000;
const recordOf = (id: string, ageMs: number) => ({
  id,
  collection: 'default',
  keyName: null,
  createdAt: new Date(Date.now() - ageMs).toISOString(),
  reply: { answer: id },
});

const kept = (record: ReturnType<typeof recordOf>) => ({ ...record, reply: () => record.reply });

function storedIn(dataDir: string): string[] {
  const database = new DatabaseSync(join(dataDir, 'asks.db'), { readOnly: true });
  try {
    return database
      .prepare('SELECT id FROM asks ORDER BY id')
      .all()
      .map(({ id }) => String(id));
  } finally {
    database.close();
  }
}

test('an ask record past its retention is not found even before it is deleted, and the next start deletes it', async (t) => {
  const dataDir = await temporaryFolder(t);
  const options = { dataDir, embeddingModel: 'm', askRetentionMs: 12 * hour };
  const knowledge = await startKnowledge(options);
  t.after(() => knowledge.close());
  const old = Array.from({ length: 600 }, (_, at) => kept(recordOf(`old-${at}`, 13 * hour)));
  await Promise.all(old.map(knowledge.saveAsk));
  await knowledge.saveAsk(kept(recordOf('young', 11 * hour)));
  assert.equal(await knowledge.ask('old-0'), null);
  assert.equal((await knowledge.ask('young'))?.id, 'young');
  assert.equal(storedIn(dataDir).length, 601);
  await knowledge.close();

  const again = await startKnowledge(options);
  t.after(() => again.close());
  // One round does not delete them all: further rounds follow by themselves until only the young record is left.
  while (storedIn(dataDir).length > 1) await delay(5);
  assert.deepEqual(storedIn(dataDir), ['young']);
  assert.equal((await again.ask('young'))?.id, 'young');
});

test('old records are erased, bytes and all, though others were kept before them while the clock was ahead', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const dataDir = await temporaryFolder(t);
  const open = () => openAsks(dataDir, { retentionMs: 12 * hour });
  const first = open();
  const save = (id: string, ageMs: number) => {
    const { reply, ...header } = recordOf(id, ageMs);
    first.save([header], serialize([reply]));
  };
  // More than are looked at in one go.
  for (let at = 0; at < 600; at += 1) save(`ahead-${at}`, -365 * 24 * hour);
  for (let at = 0; at < 300; at += 1) save(`old-${at}`, 13 * hour);
  save('young', hour);
  first.close();

  const again = open();
  for (let round = 0; round < 10; round += 1) t.mock.timers.tick(60_000);
  const size = statSync(join(dataDir, 'asks.db-wal')).size;
  again.close();
  const database = new DatabaseSync(join(dataDir, 'asks.db'), { readOnly: true });
  const count = (query: string) => Number(database.prepare(`SELECT count(*) AS n FROM ${query}`).get()!.n);
  assert.equal(count("asks WHERE id LIKE 'old-%'"), 0);
  assert.deepEqual([count('asks'), count('packs'), size], [601, 601, 0]);
  database.close();
});

test('records that a host saves twice, as it was killed before it could say so, are kept once', async (t) => {
  const dataDir = await temporaryFolder(t);
  const asks = openAsks(dataDir, { retentionMs: 12 * hour });
  const records = ['one', 'two'].map((id) => recordOf(id, 0));
  const save = () =>
    asks.save(
      records.map(({ reply, ...header }) => header),
      serialize(records.map(({ reply }) => reply)),
    );
  save();
  save();
  assert.equal(asks.get('two')?.header.id, 'two');
  asks.close();
  const database = new DatabaseSync(join(dataDir, 'asks.db'), { readOnly: true });
  assert.equal(database.prepare('SELECT count(*) AS n FROM packs').get()!.n, 1);
  database.close();
});

test('a shorter retention also applies to records that were kept under a longer one', async (t) => {
  const dataDir = await temporaryFolder(t);
  const long = await startKnowledge({ dataDir, embeddingModel: 'm', askRetentionMs: 48 * hour });
  await long.saveAsk(kept(recordOf('yesterday', 24 * hour)));
  assert.equal((await long.ask('yesterday'))?.id, 'yesterday');
  await long.close();
  const short = await startKnowledge({ dataDir, embeddingModel: 'm', askRetentionMs: 12 * hour });
  t.after(() => short.close());
  assert.equal(await short.ask('yesterday'), null);
});

test('ASKS_RETENTION: an ask is found within that time; with 0 no ask is kept', async (t) => {
  const asked = async (settings: Record<string, string>) => {
    const service = await startService(t, { embedded: true, settings });
    await service.add('a.md', 'Alder wood is light. It does not rot under water.');
    const { json } = await service.call('POST', '/ask', { question: 'How is alder wood?' });
    const { status } = await service.call('GET', `/asks/${json.id}`);
    await service.close();
    return { status, stored: storedIn(service.dataDir).length };
  };
  assert.deepEqual(await asked({ ASKS_RETENTION: '1m' }), { status: 200, stored: 1 });
  assert.deepEqual(await asked({ ASKS_RETENTION: '0' }), { status: 404, stored: 0 });
});

test('records that were packed together are found one by one, and a pack is deleted once all its records are too old', async (t) => {
  const dataDir = await temporaryFolder(t);
  const options = { dataDir, embeddingModel: 'm', askRetentionMs: 12 * hour };
  const knowledge = await startKnowledge(options);
  t.after(() => knowledge.close());
  const old = Array.from({ length: 70 }, (_, at) => recordOf(`old-${at}`, 13 * hour));
  const young = Array.from({ length: 70 }, (_, at) => recordOf(`young-${at}`, at * 1000));
  await Promise.all([...old, ...young].map((record) => knowledge.saveAsk(kept(record))));
  for (const record of young) assert.deepEqual(await knowledge.ask(record.id), record);
  await knowledge.close();

  const again = await startKnowledge(options);
  t.after(() => again.close());
  while (storedIn(dataDir).length > 70) await delay(5);
  for (const record of young) assert.deepEqual(await again.ask(record.id), record);
  const packs = () => {
    const database = new DatabaseSync(join(dataDir, 'asks.db'), { readOnly: true });
    try {
      return Number(database.prepare('SELECT count(*) AS n FROM packs').get()!.n);
    } finally {
      database.close();
    }
  };
  while (packs() > 2) await delay(5); // the 140 records made three packs, the first of which held only old ones
});

test('a record that can’t be serialized is refused, and those saved together with it are kept', async (t) => {
  const knowledge = await startKnowledge({ dataDir: await temporaryFolder(t), embeddingModel: 'm' });
  t.after(() => knowledge.close());
  const [one, other] = [recordOf('one', 0), recordOf('other', 0)];
  const unpackable = { ...recordOf('unpackable', 0), reply: () => ({ answer: () => 'a function' }) };
  const [saved] = [kept(one), unpackable, kept(other)].map(knowledge.saveAsk);
  await assert.rejects(saved!, { ids: ['unpackable'] });
  assert.deepEqual(await knowledge.ask('one'), one);
  assert.deepEqual(await knowledge.ask('other'), other);
  assert.equal(await knowledge.ask('unpackable'), null);
});

test('records that an older version of Assay packed one by one are still found', async (t) => {
  const dataDir = await temporaryFolder(t);
  const database = new DatabaseSync(join(dataDir, 'asks.db'));
  database.exec(`CREATE TABLE asks (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, collection TEXT NOT NULL,
    key_name TEXT, created_at TEXT NOT NULL, reply BLOB NOT NULL) STRICT; PRAGMA user_version = 2`);
  const { id, collection, keyName, createdAt, reply } = recordOf('before', hour);
  database
    .prepare('INSERT INTO asks (id, collection, key_name, created_at, reply) VALUES (?, ?, ?, ?, ?)')
    .run(id, collection, keyName, createdAt, zstdCompressSync(serialize(reply)));
  database.close();
  const knowledge = await startKnowledge({ dataDir, embeddingModel: 'm', askRetentionMs: 12 * hour });
  t.after(() => knowledge.close());
  assert.deepEqual(await knowledge.ask('before'), { id, collection, keyName, createdAt, reply });
});

test('records that an older version of Assay packed as concatenated bytes are still found', async (t) => {
  const dataDir = await temporaryFolder(t);
  const before = ['one', 'two'].map((id) => recordOf(id, hour));
  const options = { dataDir, embeddingModel: 'm', askRetentionMs: 12 * hour };
  await (await startKnowledge(options)).close();
  const database = new DatabaseSync(join(dataDir, 'asks.db'));
  const bytes = before.map(({ reply }) => serialize(reply));
  database.exec('DROP INDEX asks_by_time; DROP INDEX asks_of_pack');
  database.exec('ALTER TABLE asks DROP COLUMN place; PRAGMA user_version = 3');
  database.prepare('INSERT INTO packs VALUES (7, ?)').run(zstdCompressSync(Buffer.concat(bytes)));
  let begins = 0;
  for (const [at, { id, collection, keyName, createdAt }] of before.entries()) {
    const ends = begins + bytes[at]!.length;
    database
      .prepare(
        'INSERT INTO asks (id, collection, key_name, created_at, pack, begins, ends) VALUES (?, ?, ?, ?, 7, ?, ?)',
      )
      .run(id, collection, keyName, createdAt, begins, ends);
    begins = ends;
  }
  database.close();
  const knowledge = await startKnowledge(options);
  t.after(() => knowledge.close());
  for (const record of before) assert.deepEqual(await knowledge.ask(record.id), record);
});

test('a damaged asks.db is set aside and reported, new records are kept in a new one, and the documents are untouched', async (t) => {
  const dataDir = await temporaryFolder(t);
  const open = async (told: string[]) => {
    const onAsksSetAside = (name: string) => told.push(name);
    const knowledge = await startKnowledge({ dataDir, embeddingModel: 'm', onAsksSetAside });
    t.after(() => knowledge.close());
    return knowledge;
  };
  const first = await open([]);
  await first.createCollection('default');
  await first.put([smallDocument('a.md', 'Alder wood is light.')]);
  await first.saveAsk(kept(recordOf('before', 0)));
  await first.close();
  const file = join(dataDir, 'asks.db');
  const whole = readFileSync(file);
  const damages: Record<string, Buffer> = {
    'no database': Buffer.from('no database at all, whatever its name'.repeat(300)),
    'cut off': whole.subarray(0, 5000),
    'overwritten, but for its first page': Buffer.from(whole).fill(0xff, 4096),
  };
  for (const [how, bytes] of Object.entries(damages)) {
    writeFileSync(file, bytes);
    const told: string[] = [];
    const knowledge = await open(told);
    assert.equal(await knowledge.ask('before'), null, how);
    assert.deepEqual(told, ['asks.db.damaged'], how);
    assert.equal((await knowledge.stats()).documents, 1);
    await knowledge.saveAsk(kept(recordOf('after', 0)));
    assert.equal((await knowledge.ask('after'))?.id, 'after', how);
    assert.ok(existsSync(join(dataDir, 'asks.db.damaged')));
    await knowledge.close();
    const again = await open(told);
    assert.equal((await again.ask('after'))?.id, 'after', how);
    assert.equal(told.length, 1, how);
    await again.close();
    rmSync(file);
  }
});

test('an asks.db that the disk fails to read for a moment stays in its place', async (t) => {
  const dataDir = await temporaryFolder(t);
  const told: string[] = [];
  const open = () => openAsks(dataDir, { retentionMs: hour, onSetAside: (name) => told.push(name) });
  const { reply, ...header } = recordOf('before', 0);
  const before = open();
  before.save([header], serialize([reply]));
  before.close();
  failToRead(t, 'SELECT id, collection');
  const asks = open();
  t.after(asks.close);
  assert.equal(asks.get('before')?.header.id, 'before');
  assert.deepEqual(told, []);
});

test('a record whose pack has a flipped bit is returned unharmed or not at all', async (t) => {
  const dataDir = await temporaryFolder(t);
  const causes: string[] = [];
  const open = async () => {
    const onRestart = (cause: string) => causes.push(cause);
    const knowledge = await startKnowledge({ dataDir, embeddingModel: 'm', onRestart });
    t.after(() => knowledge.close());
    return knowledge;
  };
  const first = await open();
  const records = Array.from({ length: 30 }, (_, at) => recordOf(`ask-${at}`, 0));
  for (const record of records) await first.saveAsk(kept(record));
  await first.close();
  const database = new DatabaseSync(join(dataDir, 'asks.db'));
  const write = database.prepare('UPDATE packs SET replies = ? WHERE number = ?');
  for (const [at, { number, replies }] of database.prepare('SELECT number, replies FROM packs').all().entries()) {
    const bytes = Buffer.from(replies as Uint8Array);
    bytes[at % bytes.length]! ^= 1 << (at % 8);
    write.run(bytes, number!);
  }
  database.close();
  const again = await open();
  let lost = 0;
  for (const record of records) {
    const found = await again.ask(record.id);
    if (found)
      assert.deepEqual(found, record); // not every bit matters
    else lost += 1;
  }
  assert.ok(lost > 20, `${lost}`);
  assert.deepEqual(causes, []);
});
