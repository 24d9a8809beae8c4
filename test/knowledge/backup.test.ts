import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { before, test } from 'node:test';
import { backUpStore } from '../../src/knowledge/backup.ts';
import { startKnowledge } from '../../src/knowledge/client.ts';
import { type RestoreStep, restoreStore } from '../../src/knowledge/restore.ts';
import { verifyStore } from '../../src/knowledge/verify.ts';
import { runCommand } from '../doubles/command-line.ts';
import { hashedEmbedding } from '../doubles/hashed-embedding.ts';
import { startService } from '../doubles/service.ts';
import { smallDimension, smallDocument } from '../doubles/small-document.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';

/** Made once for all tests: a store of old documents, and a backup of a store of new ones. */
let made: { old: string; backup: string };

async function makeStore(dataDir: string, name: string, documents: number) {
  const knowledge = await startKnowledge({ dataDir, embeddingModel: 'hashed' });
  await knowledge.createCollection('default');
  await knowledge.put(
    Array.from({ length: documents }, (_, at) =>
      smallDocument(`${name}-${at}.md`, `The ${name} tree ${at}.\nPond ${at}.`),
    ),
  );
  await knowledge.close();
}

before(async (context) => {
  const folder = await temporaryFolder(context as unknown as Test);
  made = { old: join(folder, 'old'), backup: join(folder, 'backup.db') };
  await makeStore(made.old, 'old', 20);
  await makeStore(join(folder, 'new'), 'new', 300);
  await backUpStore({ dataDir: join(folder, 'new'), file: made.backup, assayVersion: '0' });
});

/** A data folder of the test's own: a copy of the store of old documents, with an index. */
async function oldStore(t: Test) {
  const dataDir = join(await temporaryFolder(t), 'data');
  cpSync(made.old, dataDir, { recursive: true });
  mkdirSync(join(dataDir, 'index/1'), { recursive: true });
  writeFileSync(join(dataDir, 'index/1/current'), '1');
  return dataDir;
}

/** Opens a store, asserts that it is sound, and returns what it holds. */
async function contentOf(dataDir: string) {
  const knowledge = await startKnowledge({ dataDir, embeddingModel: 'hashed' });
  try {
    const [first] = await knowledge.documents({ collection: 'default', after: null, limit: 1 });
    const [name] = first!.source.split('-');
    const question = `Which is the ${name} tree 7?`;
    const vector = Float32Array.from(hashedEmbedding(question, smallDimension));
    const found = await knowledge.search({ collection: 'default', question, vector, topK: 3 });
    assert.ok(found.some(({ text }) => text === `The ${name} tree 7.`));
    assert.deepEqual(
      // The index that these tests put there is not a real one: verify reports it, and the store makes another.
      (await verifyStore({ dataDir })).filter(({ ok, name }) => !ok && name !== 'store: snapshots'),
      [],
    );
    return { name, documents: (await knowledge.stats()).documents };
  } finally {
    await knowledge.close();
  }
}

test('a backup of a service that goes on writing holds the documents of one instant, and can be restored elsewhere', async (t) => {
  const service = await startService(t, { embedded: true });
  const folder = await temporaryFolder(t);
  const text = (at: number) => `# Tree ${at}\n\nTree ${at} stands near pond ${at}. It is old.`;
  for (let at = 0; at < 5; at += 1) assert.equal((await service.add(`${at}.md`, text(at))).status, 201);
  let ended = false;
  const backup = runCommand(['backup', join(folder, 'kept.db')], { DATA_DIR: service.dataDir }).finally(() => {
    ended = true;
  });
  let written = 5;
  for (; !ended; written += 1) assert.equal((await service.add(`${written}.md`, text(written))).status, 201);
  const { code, stderr } = await backup;
  assert.equal(code, 0, stderr);
  const documents = Number(/Backed up (\d+) documents/.exec(stderr)![1]);
  assert.ok(documents >= 5 && documents <= written, stderr);
  assert.deepEqual(readdirSync(folder), ['kept.db']);

  const DATA_DIR = join(folder, 'elsewhere');
  const restored = await runCommand(['restore', join(folder, 'kept.db')], { DATA_DIR });
  assert.equal(restored.code, 0, restored.stderr);
  assert.match(restored.stderr, new RegExp(`Restored ${documents} documents`));
  const again = await startService(t, { embedded: true, dataDir: DATA_DIR });
  const listed = await again.call('GET', '/documents?limit=1000');
  assert.equal(listed.json.documents.length, documents);
  for (let at = 0; at < documents; at += 1)
    assert.ok(
      listed.json.documents.some(({ source }: { source: string }) => source === `${at}.md`),
      `${at}.md`,
    );
  const found = await again.call('POST', '/search', { question: 'Near which pond does tree 3 stand?' });
  assert.equal(found.json.context[0].source, '3.md');
  assert.deepEqual(
    (await verifyStore({ dataDir: DATA_DIR })).filter(({ ok }) => !ok),
    [],
  );
});

test('a backup may be read by those who may read the data folder, and by nobody else', async (t) => {
  const dataDir = await oldStore(t);
  const folder = await temporaryFolder(t);
  for (const [folderMode, fileMode] of [
    [0o700, 0o600],
    [0o750, 0o640],
  ] as const) {
    chmodSync(dataDir, folderMode);
    const file = join(folder, `${fileMode}.db`);
    await backUpStore({ dataDir, file, assayVersion: '0' });
    assert.equal(statSync(file).mode & 0o777, fileMode);
    const lines = join(folder, `${fileMode}.jsonl`);
    await runCommand(['export', lines], { DATA_DIR: dataDir });
    assert.equal(statSync(lines).mode & 0o777, fileMode);
  }
});

test('a backup is refused if it would overwrite something or the store is damaged or missing, and leaves no files behind', async (t) => {
  const dataDir = await oldStore(t);
  const folder = await temporaryFolder(t);
  const file = join(folder, 'kept.db');
  const backUp = (options: Partial<Parameters<typeof backUpStore>[0]>) =>
    backUpStore({ dataDir, file, assayVersion: '0', ...options });
  writeFileSync(file, 'precious');
  await assert.rejects(backUp({}), { code: 'BAD_INPUT', message: /already.*--force/ });
  assert.equal(readFileSync(file, 'utf8'), 'precious');
  assert.equal((await backUp({ force: true })).documents, 20);
  await assert.rejects(backUp({ file: folder }), { message: /is not a file/ });
  await assert.rejects(backUp({ file: join(dataDir, 'assay.db'), force: true }), { message: /in the data folder/ });
  await assert.rejects(backUp({ file: join(folder, 'no/where.db') }), {
    code: 'BAD_INPUT',
    message: /can't be written/,
  });
  await assert.rejects(backUp({ dataDir: join(folder, 'none') }), { code: 'NOT_READY', message: /Nothing is stored/ });
  assert.equal(existsSync(join(folder, 'none')), false);

  const bytes = readFileSync(join(dataDir, 'assay.db'));
  bytes.fill(0xa5, bytes.length / 2, bytes.length / 2 + 4096);
  writeFileSync(join(dataDir, 'assay.db'), bytes);
  await assert.rejects(backUp({ force: true }), { code: 'NOT_READY', message: /damaged.*doctor --verify/ });
  assert.deepEqual(readdirSync(folder), ['kept.db']);
});

test('a backup or export removes the partial files that killed ones left for the same target, and nothing else', async (t) => {
  const dataDir = await oldStore(t);
  const folder = await temporaryFolder(t);
  const gone = spawn(process.execPath, ['--eval', '']);
  await once(gone, 'exit');
  for (const command of ['backup', 'export']) {
    const left = [`kept.${gone.pid}.part`, `kept.${gone.pid}.part-journal`];
    const others = [`kept.${process.pid}.part`, `other.${gone.pid}.part`, 'kept.part', 'kept.old'];
    for (const name of [...left, ...others]) writeFileSync(join(folder, name), '');
    const { code, stderr } = await runCommand([command, join(folder, 'kept'), '--force'], { DATA_DIR: dataDir });
    assert.equal(code, 0, stderr);
    assert.deepEqual(readdirSync(folder).sort(), ['kept', ...others].sort());
  }
});

test('restoring from a file that is not a usable backup is refused, and the store stays as it was', async (t) => {
  const dataDir = await oldStore(t);
  const file = join(await temporaryFolder(t), 'given.db');
  const restore = (change: () => void, force = true) => {
    copyFileSync(made.backup, file);
    change();
    restoreStore({ dataDir, file, force });
  };
  const inDatabase = (sql: string) => () => {
    const database = new DatabaseSync(file, { enableForeignKeyConstraints: false });
    database.exec(sql);
    database.close();
  };
  const overwrite = () => {
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 65_536, 69_632);
    writeFileSync(file, bytes);
  };
  const refused: [() => void, RegExp][] = [
    [() => writeFileSync(file, 'a letter to grandmother'), /not made by assay backup/],
    [() => writeFileSync(file, ''), /not made by assay backup/],
    [inDatabase('DROP TABLE backup'), /not made by assay backup/],
    [inDatabase('PRAGMA user_version = 1000'), /newer version/],
    [inDatabase('CREATE TRIGGER t AFTER INSERT ON meta BEGIN DELETE FROM documents; END'), /tables/],
    [inDatabase('CREATE VIEW v AS SELECT 1'), /tables/],
    [inDatabase('DROP INDEX passages_of_document'), /tables/],
    [
      inDatabase('DELETE FROM passages WHERE id = (SELECT id FROM passages LIMIT 1)'),
      /holds 599 passages, and not 600/,
    ],
    [
      inDatabase('DELETE FROM passages WHERE document_key = 1; DELETE FROM documents WHERE key = 1'),
      /holds \d+ documents, and not \d+/,
    ],
    [inDatabase("UPDATE backup SET label = '{'"), /damaged/],
    [inDatabase("DELETE FROM documents WHERE source = 'new-1.md'"), /damaged/],
    [() => truncateSync(file, 100_000), /damaged/],
    [overwrite, /damaged/],
  ];
  for (const [change, says] of refused)
    assert.throws(() => restore(change), { code: 'BAD_INPUT', message: says }, String(change));
  assert.throws(() => restore(() => {}, false), { code: 'BAD_INPUT', message: /holds 20 documents already.*--force/ });
  assert.throws(() => restoreStore({ dataDir, file: dataDir }), { message: /There is no file/ });
  assert.deepEqual(await contentOf(dataDir), { name: 'old', documents: 20 });
  assert.equal(existsSync(join(dataDir, 'index/1/current')), true);
  assert.deepEqual(
    readdirSync(dataDir).filter((name) => /restor/.test(name)),
    [],
  );
});

test('a store of many collections is backed up and restored with all of them', async (t) => {
  const [dataDir, elsewhere] = [await temporaryFolder(t), await temporaryFolder(t)];
  const file = join(await temporaryFolder(t), 'many.db');
  const knowledge = await startKnowledge({ dataDir, embeddingModel: 'hashed' });
  for (let at = 0; at < 12; at += 1) await knowledge.createCollection(`collection-${at}`);
  await knowledge.close();
  await backUpStore({ dataDir, file, assayVersion: '1' });
  const { collections, remains } = restoreStore({ dataDir: elsewhere, file });
  assert.deepEqual([collections, remains], [12, null]);
});

test('a store of an older version can be backed up before it is migrated, and a restored store gets a new store id', async (t) => {
  const dataDir = await oldStore(t);
  const idIn = (file: string) => {
    const database = new DatabaseSync(file, { readOnly: true });
    const id = database.prepare("SELECT value FROM meta WHERE name = 'store_id'").get()?.value;
    database.close();
    return id;
  };
  const before = idIn(join(dataDir, 'assay.db'));
  const file = join(await temporaryFolder(t), 'kept.db');
  await backUpStore({ dataDir, file, assayVersion: '0' });
  restoreStore({ dataDir, file, force: true });
  assert.equal(typeof idIn(join(dataDir, 'assay.db')), 'string');
  assert.notEqual(idIn(join(dataDir, 'assay.db')), before);

  const database = new DatabaseSync(join(dataDir, 'assay.db'));
  database.exec("DELETE FROM meta WHERE name = 'store_id'; PRAGMA user_version = 1");
  database.close();
  assert.match(JSON.stringify(await verifyStore({ dataDir })), /older version of Assay: start the service once/);
  await backUpStore({ dataDir, file, assayVersion: '0', force: true });
  restoreStore({ dataDir, file, force: true });
  assert.deepEqual(await contentOf(dataDir), { name: 'old', documents: 20 });
  assert.equal(typeof idIn(join(dataDir, 'assay.db')), 'string');
});

test('a restore is refused while a service runs or another process reads', async (t) => {
  const service = await startService(t);
  await service.add('a.md', 'Some text.');
  const refused = await runCommand(['restore', made.backup, '--force'], { DATA_DIR: service.dataDir });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /in use by another Assay process\. Stop the service/);
  process.kill(service.parts.knowledge.hostPid()!, 'SIGKILL'); // another host is started as soon as this process yields
  assert.throws(() => restoreStore({ dataDir: service.dataDir, file: made.backup, force: true }), /in use by another/);
  assert.equal((await service.call('GET', '/documents')).status, 200);
  await service.close();
  const single = await runCommand(['restore', made.backup], { DATA_DIR: service.dataDir });
  assert.match(single.stderr, /holds 1 document already/);
  const reader = new DatabaseSync(join(service.dataDir, 'assay.db'), { readOnly: true });
  reader.prepare('SELECT count(*) FROM meta').get();
  const again = await runCommand(['restore', made.backup, '--force'], { DATA_DIR: service.dataDir });
  reader.close();
  assert.match(again.stderr, /Another process reads the store/);
});

test('a restore over an unreadable store keeps what is left of it aside, and removes its index and older leftovers', async (t) => {
  const dataDir = await oldStore(t);
  writeFileSync(join(dataDir, 'assay.db'), 'what a flood has left of a database');
  writeFileSync(join(dataDir, 'assay.db.before-restore'), '');
  assert.throws(() => restoreStore({ dataDir, file: made.backup }), { message: /can't be read.*--force/ });
  const restored = restoreStore({ dataDir, file: made.backup, force: true });
  assert.equal(restored.remains, join(dataDir, 'assay.db.damaged'));
  assert.match(readFileSync(restored.remains!, 'utf8'), /flood/);
  assert.deepEqual(
    readdirSync(dataDir).filter((name) => name !== 'asks.db'),
    ['assay.db', 'assay.db.damaged', 'lock.db', 'service.lock'],
  );
  assert.deepEqual(await contentOf(dataDir), { name: 'new', documents: 300 });
});

test('what a killed restore kept of the old store stays while there is no other that can be opened', async (t) => {
  for (const isMissing of [true, false]) {
    const dataDir = await oldStore(t);
    const kept = join(dataDir, 'assay.db.before-restore');
    renameSync(join(dataDir, 'assay.db'), kept);
    writeFileSync(join(dataDir, 'assay.db.restoring'), 'half of a backup');
    if (!isMissing) writeFileSync(join(dataDir, 'assay.db'), 'what a flood has left of a database');
    const start = () => startKnowledge({ dataDir, embeddingModel: 'hashed' });
    if (isMissing) await (await start()).close();
    else await assert.rejects(start(), { code: 'NOT_READY' });
    assert.deepEqual(
      readdirSync(dataDir).filter((name) => /restor/.test(name)),
      ['assay.db.before-restore'],
    );
    renameSync(kept, join(dataDir, 'assay.db'));
    assert.deepEqual(await contentOf(dataDir), { name: 'old', documents: 20 });
  }
});

test('repeating a restore that was killed after setting a log aside keeps that log', async (t) => {
  for (const isLinked of [false, true]) {
    const dataDir = await oldStore(t);
    const place = join(dataDir, 'assay.db');
    writeFileSync(place, 'what a flood has left of a database');
    writeFileSync(`${place}.damaged-wal`, 'its log');
    if (isLinked) linkSync(place, `${place}.damaged`);
    restoreStore({ dataDir, file: made.backup, force: true });
    assert.match(readFileSync(`${place}.damaged`, 'utf8'), /flood/);
    assert.equal(readFileSync(`${place}.damaged-wal`, 'utf8'), 'its log');
    assert.deepEqual(await contentOf(dataDir), { name: 'new', documents: 300 });
  }
});

test('a log or journal that outlived its database is not applied to the restored one', async (t) => {
  for (const companion of ['-wal', '-journal']) {
    const dataDir = await oldStore(t);
    const place = join(dataDir, 'assay.db');
    const database = new DatabaseSync(place);
    // The whole database is in its log, or everything to be rolled back is in its journal.
    const change = companion === '-wal' ? 'VACUUM' : "BEGIN; INSERT INTO meta VALUES ('a', hex(zeroblob(1e6)))";
    database.exec(`PRAGMA journal_mode = ${companion === '-wal' ? 'WAL' : 'DELETE'}; PRAGMA cache_size = 1; ${change}`);
    copyFileSync(place + companion, `${place}.log`);
    database.close();
    for (const name of readdirSync(dataDir)) if (/^assay\.db(-.*)?$/.test(name)) rmSync(join(dataDir, name));
    renameSync(`${place}.log`, place + companion);
    restoreStore({ dataDir, file: made.backup });
    assert.deepEqual(
      readdirSync(dataDir).filter((name) => name.startsWith('assay.db')),
      ['assay.db'],
    );
    assert.deepEqual(await contentOf(dataDir), { name: 'new', documents: 300 });
  }
});

test('the journal of a killed restore is reported by verify and backup, and the next start rolls it back', async (t) => {
  const dataDir = await oldStore(t);
  const place = join(dataDir, 'assay.db');
  const database = new DatabaseSync(place);
  database.exec(
    "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN; INSERT INTO meta VALUES ('a', hex(zeroblob(1e6)))",
  );
  for (const end of ['', '-journal']) copyFileSync(place + end, `${place}.kept${end}`);
  database.close();
  for (const end of ['', '-journal']) renameSync(`${place}.kept${end}`, place + end);
  const says = /restore was cut off.*start the service.*or repeat the restore/;
  const [finding] = await verifyStore({ dataDir });
  assert.match(finding!.detail, says);
  const file = join(await temporaryFolder(t), 'kept.db');
  await assert.rejects(backUpStore({ dataDir, file, assayVersion: '0' }), { code: 'NOT_READY', message: says });
  assert.deepEqual(await contentOf(dataDir), { name: 'old', documents: 20 });
});

/** Runs a restore in a process of its own, which prints each step it reaches and kills itself at `last`. */
function restoring(dataDir: string, last: RestoreStep | ''): ChildProcess {
  const program = `
    import { writeSync } from 'node:fs';
    import { restoreStore } from ${JSON.stringify(new URL('../../src/knowledge/restore.ts', import.meta.url).href)};
    const [dataDir, file, last] = process.argv.slice(1);
    restoreStore({ dataDir, file, force: true, onStep(step) {
      writeSync(1, step + '\\n');
      if (step === last) process.kill(process.pid, 'SIGKILL');
    } });`;
  const args = ['--input-type=module', '--eval', program, '--', dataDir, made.backup, last];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

const leftovers = (dataDir: string) => readdirSync(dataDir).filter((name) => /restor/.test(name));

const steps: RestoreStep[] = ['locked', 'copied', 'checked', 'index set aside', 'previous kept', 'replaced', 'done'];
for (const step of steps)
  test(`a restore killed at “${step}” leaves either the old or the new store, and can be repeated`, async (t) => {
    const dataDir = await oldStore(t);
    const [, signal] = await once(restoring(dataDir, step), 'exit');
    assert.equal(signal, 'SIGKILL');
    const isNew = steps.indexOf(step) >= steps.indexOf('replaced');
    assert.deepEqual(
      await contentOf(dataDir),
      isNew ? { name: 'new', documents: 300 } : { name: 'old', documents: 20 },
    );
    assert.deepEqual(leftovers(dataDir), [], 'the start has removed what the restore left');
    await once(restoring(dataDir, step), 'exit');
    restoreStore({ dataDir, file: made.backup, force: true });
    assert.deepEqual(leftovers(dataDir), []);
    assert.deepEqual(await contentOf(dataDir), { name: 'new', documents: 300 });
  });

test('a restore killed at any instant leaves either the old or the new store, whole', async (t) => {
  const measured = restoring(await oldStore(t), '');
  await once(measured.stdout!, 'data');
  const began = performance.now();
  await once(measured, 'exit');
  const durationMs = performance.now() - began;
  for (let round = 0; round < 10; round += 1) {
    const dataDir = await oldStore(t);
    const child = restoring(dataDir, '');
    const exited = once(child, 'exit');
    await once(child.stdout!, 'data');
    setTimeout(() => child.kill('SIGKILL'), (round / 10) * durationMs);
    await exited;
    const { name, documents } = await contentOf(dataDir);
    assert.equal(documents, name === 'new' ? 300 : 20);
  }
});
