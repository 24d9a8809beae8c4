import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
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
import { test } from 'node:test';
import fc from 'fast-check';
import { startKnowledge } from '../../src/knowledge/client.ts';
import { addOwner, labelsOf, noOwners, withoutLabels } from '../../src/knowledge/owners.ts';
import type { Knowledge, NewDocument } from '../../src/knowledge/port.ts';
import { verifyStore } from '../../src/knowledge/verify.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';
import { childrenOf, signal } from '../torture/victim.ts';

const dimension = 16;

/** A vector of unit length for each number, the same in every run. */
function vectorOf(seed: number): number[] {
  const vector = Array.from({ length: dimension }, (_, at) => Math.sin(seed * 12.9898 + at * 78.233));
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
}

/** Documents `from` up to, but not including, `to`, each with one passage of one window. */
function documents(from: number, to: number): NewDocument[] {
  return Array.from({ length: to - from }, (_, at) => {
    const text = `Text number ${from + at}.`;
    const span = { start: 0, end: text.length };
    return {
      collection: 'default',
      source: `${from + at}`,
      title: 'T',
      format: 'text',
      metadata: {},
      text,
      contentHash: text,
      passages: [{ ...span, headingPath: [], windows: [{ ...span, headingPath: [] }] }],
      vectors: Float32Array.from(vectorOf(from + at)),
    };
  });
}

async function open(test: Test, dataDir: string, tuning: { quantizeFrom?: number; snapshotEvery?: number }) {
  const knowledge = await startKnowledge({ dataDir, embeddingModel: 'm', tuning });
  test.after(() => knowledge.close());
  await knowledge.createCollection('default');
  /** The source of the document that is nearest to the vector of a number. */
  const nearest = async (seed: number) => {
    const query = { collection: 'default', question: '?', vector: Float32Array.from(vectorOf(seed)), topK: 1 };
    return (await knowledge.search(query))[0]?.source;
  };
  return { knowledge, nearest };
}

const folderOf = (dataDir: string) => join(dataDir, 'index', '1');

/** Resolves when the current snapshot is the one of this number or a later one. */
async function generation(knowledge: Knowledge, dataDir: string, number: number) {
  const pointer = join(folderOf(dataDir), 'current');
  const reached = () => existsSync(pointer) && Number(readFileSync(pointer, 'utf8')) >= number;
  while (!reached()) await knowledge.collections(); // the builder works meanwhile, beside the host
}

test('a snapshot is written, used at the next start, and brought up to date with what changed since', async (t) => {
  const dataDir = await temporaryFolder(t);
  const first = await open(t, dataDir, { snapshotEvery: 50 });
  await first.knowledge.put(documents(0, 60));
  await generation(first.knowledge, dataDir, 1);
  await first.knowledge.put(documents(60, 70));
  await first.knowledge.put(documents(5, 6)); // replaced by the same content under a new key
  const [gone] = await first.knowledge.documents({ collection: 'default', after: '29', limit: 1 });
  await first.knowledge.remove(gone!.id);
  await first.knowledge.close();
  const second = await open(t, dataDir, { snapshotEvery: 50 });
  assert.equal((await second.knowledge.stats()).windows, 69);
  for (const at of [0, 5, 59, 60, 69]) assert.equal(await second.nearest(at), String(at));
  assert.notEqual(await second.nearest(Number(gone!.source)), gone!.source);
});

test('a snapshot that is cut off, altered, missing or of another store is not used, and nothing is lost', async (t) => {
  const dataDir = await temporaryFolder(t);
  const first = await open(t, dataDir, { snapshotEvery: 50 });
  await first.knowledge.put(documents(0, 60));
  await generation(first.knowledge, dataDir, 1);
  await first.knowledge.put(documents(60, 120));
  await generation(first.knowledge, dataDir, 2);
  await first.knowledge.close();
  const folder = folderOf(dataDir);
  const damages: ((file: string) => void)[] = [
    (file) => truncateSync(file, Math.floor(statSync(file).size / 2)),
    (file) => {
      const bytes = readFileSync(file);
      const middle = Math.floor(bytes.length / 2);
      bytes[middle] = bytes[middle]! ^ 1;
      writeFileSync(file, bytes);
    },
    (file) => writeFileSync(file, ''),
    (file) => rmSync(file),
    (file) => {
      rmSync(file);
      mkdirSync(file); // a folder can't be read as a file
    },
  ];
  for (const name of [
    '1/vectors.faiss',
    '2/vectors.faiss',
    '1/owners.bin',
    '2/owners.bin',
    '1/manifest.json',
    '2/manifest.json',
    'current',
  ])
    for (const damage of damages) {
      const file = join(folder, name);
      const whole = readFileSync(file);
      damage(file);
      const { knowledge, nearest } = await open(t, dataDir, { snapshotEvery: 1000 });
      const found = (await verifyStore({ dataDir })).filter(({ ok }) => !ok).map((finding) => finding.name);
      assert.deepEqual(
        found,
        /^2/.test(name) || (name === 'current' && existsSync(file)) ? ['store: snapshots'] : [],
        name,
      );
      assert.equal((await knowledge.stats()).windows, 120, name);
      for (const at of [0, 59, 60, 119]) assert.equal(await nearest(at), String(at));
      await knowledge.close();
      rmSync(file, { recursive: true, force: true });
      writeFileSync(file, whole);
    }
  // Snapshots that are intact, but belong to another store.
  for (const number of ['1', '2']) {
    const file = join(folder, number, 'manifest.json');
    const json = readFileSync(file, 'utf8')
      .split('\n')[0]!
      .replace(/"storeId":"\w/, '"storeId":"z');
    writeFileSync(file, `${json}\n${createHash('sha256').update(json).digest('hex')}\n`);
  }
  assert.deepEqual(
    (await verifyStore({ dataDir })).filter(({ ok }) => !ok).map(({ name }) => name),
    ['store: snapshots'],
  );
  const { nearest } = await open(t, dataDir, { snapshotEvery: 1000 });
  assert.equal(await nearest(100), '100');
});

test('no snapshot of a removed collection is left, even if it was removed while its index was being built', async (t) => {
  const dataDir = await temporaryFolder(t);
  mkdirSync(join(dataDir, 'index/77/1'), { recursive: true });
  const { knowledge } = await open(t, dataDir, { snapshotEvery: 50 });
  const snapshots = () => readdirSync(join(dataDir, 'index'));
  assert.deepEqual(snapshots(), []);
  await knowledge.put(documents(0, 60));
  const [builder] = childrenOf(knowledge.hostPid()!);
  signal(builder!, 'SIGSTOP');
  // When it goes on, it reads what the collection of this name holds by then.
  await knowledge.removeCollection('default');
  await knowledge.createCollection('default');
  await knowledge.put(documents(0, 30));
  signal(builder!, 'SIGCONT');
  while (childrenOf(knowledge.hostPid()!).includes(builder!)) await knowledge.collections();
  await knowledge.collections(); // by then the host has noticed that the builder ended
  assert.deepEqual(snapshots(), []);
});

test('a snapshot whose vectors were cut off before its checksums were taken is not used', async (t) => {
  const dataDir = await temporaryFolder(t);
  const first = await open(t, dataDir, { snapshotEvery: 50 });
  await first.knowledge.put(documents(0, 60));
  await generation(first.knowledge, dataDir, 1);
  await first.knowledge.close();
  const folder = join(folderOf(dataDir), '1');
  const vectors = readFileSync(join(folder, 'vectors.faiss')).subarray(0, -100);
  writeFileSync(join(folder, 'vectors.faiss'), vectors);
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8').split('\n')[0]!);
  const sha256 = createHash('sha256').update(vectors).digest('hex');
  manifest.files['vectors.faiss'] = { bytes: vectors.length, sha256 };
  const json = JSON.stringify(manifest);
  writeFileSync(join(folder, 'manifest.json'), `${json}\n${createHash('sha256').update(json).digest('hex')}\n`);
  const { nearest } = await open(t, dataDir, { snapshotEvery: 1000 });
  assert.equal(await nearest(59), '59');
});

test('a snapshot of passages that the database never had is not used', async (t) => {
  const dataDir = await temporaryFolder(t);
  const first = await open(t, dataDir, { snapshotEvery: 50 });
  await first.knowledge.put(documents(0, 60));
  await generation(first.knowledge, dataDir, 1);
  await first.knowledge.close();
  for (const name of readdirSync(dataDir)) if (name.startsWith('assay.db')) rmSync(join(dataDir, name));
  const second = await open(t, dataDir, { snapshotEvery: 1000 });
  await second.knowledge.put(documents(500, 503));
  await second.knowledge.close();
  const third = await open(t, dataDir, { snapshotEvery: 1000 });
  assert.equal((await third.knowledge.stats()).windows, 3);
  assert.equal(await third.nearest(501), '501');
});

test('a snapshot of passages that the database has lost is not used, even when later passages have their keys', async (t) => {
  const dataDir = await temporaryFolder(t);
  const database = join(dataDir, 'assay.db');
  const openAgain = (snapshotEvery = 1000) => open(t, dataDir, { snapshotEvery });
  for (const kept of [40, 0]) {
    const { knowledge: first } = await openAgain();
    await first.put(documents(0, kept));
    await first.close();
    copyFileSync(database, `${database}.before`);
    const { knowledge: second } = await openAgain(50);
    await second.put(documents(kept, 80));
    await generation(second, dataDir, 1);
    await second.close();
    renameSync(`${database}.before`, database);
    const wrong = (await verifyStore({ dataDir })).filter(({ ok }) => !ok).map(({ name }) => name);
    assert.deepEqual(wrong, ['store: snapshots']);

    const { knowledge: third } = await openAgain();
    assert.ok((await verifyStore({ dataDir })).every(({ ok }) => ok));
    await third.put(documents(600, 680 - kept));
    await third.close();
    const { knowledge, nearest } = await openAgain();
    for (let at = 600; at < 680 - kept; at += 1) assert.equal(await nearest(at), String(at));
    await knowledge.close();
    for (const name of readdirSync(dataDir)) rmSync(join(dataDir, name), { recursive: true });
  }
});

test('beyond a certain size a quantized index takes over, finds what exact search finds, and follows additions and removals', async (t) => {
  const dataDir = await temporaryFolder(t);
  const { knowledge, nearest } = await open(t, dataDir, { quantizeFrom: 400, snapshotEvery: 100_000 });
  for (let at = 0; at < 1000; at += 100) await knowledge.put(documents(at, at + 100));
  await generation(knowledge, dataDir, 1);
  const quantized = async () => (await knowledge.stats()).quantizedWindows;
  while ((await quantized()) < 500) await knowledge.collections(); // the host switches to the new index between two requests
  assert.equal((await knowledge.stats()).windows, 1000);
  await knowledge.put(documents(1000, 1010));
  for (const at of [0, 399, 400, 999, 1009]) assert.equal(await nearest(at), String(at));
  const [gone] = await knowledge.documents({ collection: 'default', after: '70', limit: 1 });
  await knowledge.remove(gone!.id);
  assert.notEqual(await nearest(Number(gone!.source)), gone!.source);
  const manifest = JSON.parse(readFileSync(join(folderOf(dataDir), '1/manifest.json'), 'utf8').split('\n')[0]!);
  assert.equal(manifest.kind, 'quantized');
  assert.ok(manifest.recallAt10 >= 0.99);
  await knowledge.close();
  const again = await open(t, dataDir, { quantizeFrom: 400, snapshotEvery: 100_000 });
  assert.equal((await again.knowledge.stats()).windows, 1009);
  for (const at of [0, 399, 400, 999, 1009]) assert.equal(await again.nearest(at), String(at));
});

test('the labels of a passage are found by its key, before and after gaps in the index are closed', () => {
  const passages = fc.array(
    fc.record({ gap: fc.integer({ min: 1, max: 5 }), windows: fc.integer({ min: 1, max: 4 }), keep: fc.boolean() }),
  );
  fc.assert(
    fc.property(passages, (given) => {
      const owners = noOwners();
      let key = 0;
      const all = given.map(({ gap, windows, keep }) => {
        key += gap;
        addOwner(owners, key, windows);
        return { key, windows, keep };
      });
      for (const { key, windows } of all) {
        const [from, to] = labelsOf(owners, key);
        assert.equal(to - from, windows);
        assert.deepEqual(
          [...owners.windows.subarray(from, to)],
          Array.from({ length: windows }, (_, at) => at),
        );
      }
      const removed = new Set(
        all.flatMap(({ key, keep }) => {
          const [from, to] = labelsOf(owners, key);
          return keep ? [] : Array.from({ length: to - from }, (_, at) => from + at);
        }),
      );
      const kept = withoutLabels(owners, removed);
      for (const { key, windows, keep } of all) {
        const [from, to] = labelsOf(kept, key);
        assert.equal(to - from, keep ? windows : 0);
      }
    }),
  );
});
