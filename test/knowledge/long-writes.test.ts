import assert from 'node:assert/strict';
import { once } from 'node:events';
import { statSync, watch } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { recycledCause, startKnowledge } from '../../src/knowledge/client.ts';
import { createDocuments } from '../../src/knowledge/documents.ts';
import { openStore } from '../../src/knowledge/store.ts';
import { defaultTuning } from '../../src/knowledge/upkeep.ts';
import {
  createHeldVectors,
  putInPieces,
  type SentDocument,
  type VectorPiece,
} from '../../src/knowledge/vectors-in-pieces.ts';
import { verifyStore } from '../../src/knowledge/verify.ts';
import { hashedEmbedding } from '../doubles/hashed-embedding.ts';
import { smallDimension, smallDocument } from '../doubles/small-document.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

const question = 'Which tree stands alone?';
const vector = Float32Array.from(hashedEmbedding(question, smallDimension));
/** A document of as many passages as make a write long, all about the same tree. */
const largeDocument = (tree: string, passages = 1_500) =>
  smallDocument('large.md', Array.from({ length: passages }, (_, at) => `${tree} ${at} stands alone.`).join('\n'));

async function openWith(t: TestContext, collections = ['default']) {
  const dataDir = await temporaryFolder(t);
  const steps = { count: 0 };
  const store = openStore(
    { dataDir, embeddingModel: 'hashed', askRetentionMs: 86_400_000, tuning: defaultTuning },
    {
      onStep: () => {
        steps.count += 1;
      },
    },
  );
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= store.close());
  t.after(close);
  for (const name of collections) await store.createCollection(name);
  /** The first word of each passage that a search finds; null for one that is gone. */
  const found = () => {
    const [ranked = []] = store.searchTogether('default', [{ question, vector, topK: 3 }]);
    return store.passages(ranked.map(({ key }) => key)).map((passage) => passage?.text.split(' ')[0] ?? null);
  };
  /** What searches find, and what is counted, again and again while something is under way, and once afterwards. */
  const seenDuring = async (work: Promise<unknown>) => {
    const seen = new Set<string>();
    const look = () => {
      const { documents, passages } = store.collection('default')!;
      seen.add(JSON.stringify([[...new Set(found())], documents, passages, store.stats().windows]));
    };
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    while (!isDone) {
      look();
      await setImmediate();
    }
    await done;
    look();
    return [...seen].map((each) => JSON.parse(each) as unknown);
  };
  return { dataDir, store, steps, found, seenDuring, close };
}

test('while a large document is stored, replaced and removed, searches find all of what was there before, and then all of what is there now', async (t) => {
  const { dataDir, store, steps, seenDuring, close } = await openWith(t);
  await store.put([smallDocument('small.md', 'Birch trees stand alone.')]);
  const before = [['Birch'], 1, 1, 1];
  const alders = [['Alder'], 2, 1_501, 1_501];
  const oaks = [['Oak'], 2, 1_001, 1_001];
  assert.deepEqual(await seenDuring(store.put([largeDocument('Alder')])), [before, alders]);
  assert.ok(steps.count > 0, 'the host can say that it is at work');
  assert.deepEqual(await seenDuring(store.put([largeDocument('Oak', 1_000)])), [alders, oaks]);
  const large = store.findSource('default', 'large.md')!;
  assert.deepEqual([large.passages, store.text(large, 0)!.text.slice(0, 5)], [1_000, 'Oak 0']);
  assert.deepEqual(await seenDuring(store.remove(large.id)), [oaks, before]);
  await close();
  assert.deepEqual(
    (await verifyStore({ dataDir })).filter(({ ok }) => !ok),
    [],
  );
});

test('a large document is also replaced by a small one while searches go on', async (t) => {
  const { store, seenDuring } = await openWith(t);
  await store.put([largeDocument('Alder', 300)]);
  assert.deepEqual(await seenDuring(store.put([largeDocument('Oak', 2)])), [
    [['Alder'], 1, 300, 300],
    [['Oak'], 1, 2, 2],
  ]);
});

test('who looks for the first time when a large document was written, but is not yet taken in, finds what was there before', async (t) => {
  const { dataDir, store, seenDuring } = await openWith(t);
  await store.put([smallDocument('small.md', 'Birch trees stand alone.')]);
  const beside = new DatabaseSync(join(dataDir, 'assay.db'), { readOnly: true });
  t.after(() => beside.close());
  const count = beside.prepare('SELECT count(*) AS n FROM passages');
  const stored = store.put([largeDocument('Alder', 300)]);
  await setImmediate();
  while (count.get()!.n === 1); // nothing else runs here meanwhile
  assert.deepEqual(await seenDuring(stored), [
    [['Birch'], 1, 1, 1],
    [['Alder'], 2, 301, 301],
  ]);
});

test('the first document of a store may be a large one', async (t) => {
  const { store, seenDuring } = await openWith(t);
  assert.deepEqual(await seenDuring(store.put([largeDocument('Alder')])), [
    [[], 0, 0, 0],
    [['Alder'], 1, 1_500, 1_500],
  ]);
});

test('what is written during a long write is carried out after it, in the order in which it was asked for', async (t) => {
  const { store, found } = await openWith(t, ['default', 'other']);
  const done: string[] = [];
  const as = (name: string, work: Promise<unknown>) => work.then(() => done.push(name));
  const writes = [
    as('large', store.put([largeDocument('Alder')])),
    as('again', store.put([largeDocument('Oak', 2)])),
    as('made', store.createCollection('made')),
    as('into it', store.put([smallDocument('small.md', 'Willows are light.', 'made')])),
    as('emptied', store.emptyCollection('other')),
    as('removed', store.removeCollection('other')),
    as('large again', store.put([largeDocument('Birch', 300)])),
    as('gone', store.removeCollection('default')),
  ];
  const late = assert.rejects(store.put([smallDocument('small.md', 'None.', 'other')]), {
    code: 'COLLECTION_NOT_FOUND',
  });
  assert.deepEqual([found(), store.collections().length], [[], 2], 'as it was before');
  await Promise.all([...writes, late]);
  assert.deepEqual(done, ['large', 'again', 'made', 'into it', 'emptied', 'removed', 'large again', 'gone']);
  assert.deepEqual(
    store.collections().map(({ name, documents, passages }) => ({ name, documents, passages })),
    [{ name: 'made', documents: 1, passages: 1 }],
  );
});

test('the log does not grow with each of many long writes that follow one another at once', async (t) => {
  const { dataDir, store } = await openWith(t);
  const logSize = () => statSync(join(dataDir, 'assay.db-wal')).size;
  const ids: string[] = [];
  for (let at = 0; at < 8; at += 1) {
    const [stored] = await store.put([{ ...largeDocument('Alder', 250), source: `${at}.md` }]);
    ids.push(stored!.id);
  }
  const sizes = await Promise.all(ids.map((id) => store.remove(id).then(logSize)));
  assert.ok(sizes.at(-1)! < sizes[0]! * 2, `${sizes}`);
});

test('what was removed is erased even while long writes follow one another without a pause', async (t) => {
  const { dataDir, store } = await openWith(t, ['default', 'gone']);
  await store.put([smallDocument('small.md', 'Birch trees stand alone.', 'gone')]);
  await store.removeCollection('gone');
  const beside = new DatabaseSync(join(dataDir, 'assay.db'), { readOnly: true });
  t.after(() => beside.close());
  const removed = beside.prepare("SELECT count(*) AS n FROM collections WHERE name GLOB 'removed *'");
  const isErased = () => removed.get()!.n === 0;
  const inTurn = [largeDocument('Alder', 300), largeDocument('Oak', 300)];
  let left = 200; // writes: many seconds' work
  const writer = async () => {
    while (left-- > 0 && !isErased()) await store.put([inTurn[left % 2]!]);
  };
  await Promise.all([writer(), writer()]);
  assert.ok(isErased());
});

test('when the store is closed, the write under way is completed, and those that wait for their turn are refused', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { dataDir, store, close } = await openWith(t);
  const first = store.put([largeDocument('Alder')]);
  t.mock.timers.tick(1_000); // and what the store does by itself waits, too
  const later = [
    () => store.put([smallDocument('small.md', 'Birch trees stand alone.')]),
    () => store.createCollection('made'),
  ].map((write) => assert.rejects(write(), { code: 'NOT_READY' }));
  await Promise.all([close(), first, ...later]);
  await assert.rejects(store.removeCollection('default'), { code: 'NOT_READY' });
  const beside = new DatabaseSync(join(dataDir, 'assay.db'), { readOnly: true });
  const { collections, documents } = createDocuments(beside).counts();
  beside.close();
  assert.deepEqual([collections, documents], [1, 1]);
});

test('a long write is refused, and begins no store of its own, where the folder was replaced beneath the open one', async (t) => {
  const { dataDir, store } = await openWith(t);
  await rename(dataDir, `${dataDir} aside`);
  try {
    await mkdir(dataDir);
    await assert.rejects(store.put([largeDocument('Alder', 300)]), { code: 'NOT_READY' });
    assert.deepEqual(await readdir(dataDir), []);
  } finally {
    await rm(dataDir, { recursive: true });
    await rename(`${dataDir} aside`, dataDir);
  }
});

test('a long write that fails leaves what was there, and the next one succeeds', async (t) => {
  const { dataDir, store, seenDuring } = await openWith(t);
  await store.put([largeDocument('Alder')]);
  const alders = [['Alder'], 1, 1_500, 1_500];
  const beside = new DatabaseSync(join(dataDir, 'assay.db'));
  const failsAt = (end: number, error: string) =>
    beside.exec(`DROP TRIGGER IF EXISTS failing; CREATE TRIGGER failing BEFORE INSERT ON passages
      WHEN new.start > ${end} BEGIN SELECT ${error}; END`);
  failsAt(10_000, "RAISE(ABORT, 'not foreseen')");
  assert.deepEqual(await seenDuring(assert.rejects(store.put([largeDocument('Oak')]), { message: 'not foreseen' })), [
    alders,
  ]);
  beside.exec('DROP TRIGGER failing');
  beside.close();
  assert.deepEqual(await seenDuring(store.put([largeDocument('Oak')])), [alders, [['Oak'], 1, 1_500, 1_500]]);
});

test('a long write succeeds although the thread ended when it had only to fold the one before into the file', {
  timeout: 60_000,
}, async (t) => {
  const { store, seenDuring } = await openWith(t);
  const begun = once(process, 'worker');
  await store.put([largeDocument('Alder', 300)]);
  const [thread] = (await begun) as [Worker];
  await thread.terminate();
  assert.deepEqual(await seenDuring(store.put([largeDocument('Oak', 200)])), [
    [['Alder'], 1, 300, 300],
    [['Oak'], 1, 200, 200],
  ]);
});

test('the host answers searches while it stores a large document, and stores it all the same if it is killed meanwhile', async (t) => {
  const dataDir = await temporaryFolder(t);
  const causes: string[] = [];
  const knowledge = await startKnowledge({
    dataDir,
    embeddingModel: 'hashed',
    onRestart: (cause) => causes.push(cause),
  });
  t.after(() => knowledge.close());
  await knowledge.createCollection('default');
  await knowledge.put([smallDocument('small.md', 'Birch trees stand alone.')]);
  const search = async () => {
    const found = await knowledge.search({ collection: 'default', question, vector, topK: 1 });
    return found.map(({ text }) => text.split(' ')[0]);
  };
  let isStored = false;
  const stored = knowledge.put([largeDocument('Alder', 3_000)]).finally(() => {
    isStored = true;
  });
  assert.deepEqual(await search(), ['Birch']);
  assert.equal(isStored, false, 'the answer came first');
  process.kill(knowledge.hostPid()!, 'SIGKILL');
  assert.deepEqual(
    (await stored).map(({ passages }) => passages),
    [3_000],
  );
  assert.deepEqual(causes, ['SIGKILL']);
  assert.deepEqual(await search(), ['Alder']);
  const { documents, passages } = (await knowledge.collection('default'))!;
  assert.deepEqual([documents, passages], [2, 3_001]);
});

const moments = { 'while it is sent': 5_000, 'while it is written': 3_000 };
for (const [moment, passages] of Object.entries(moments))
  test(`a host that has used up its memory finishes a long write before it is replaced: ${moment}`, async (t) => {
    const causes: string[] = [];
    const knowledge = await startKnowledge({
      dataDir: await temporaryFolder(t),
      embeddingModel: 'hashed',
      tuning: { spareMemoryMiB: 1 },
      onRestart: (cause) => causes.push(cause),
    });
    t.after(() => knowledge.close());
    await knowledge.createCollection('default');
    await knowledge.put([smallDocument('small.md', 'Birch trees stand alone.')]);
    const search = (times: number) =>
      Promise.all(
        Array.from({ length: times }, () => knowledge.search({ collection: 'default', question, vector, topK: 1 })),
      );
    await search(990);
    const stored = knowledge.put([largeDocument('Alder', passages)]);
    await search(20); // every thousand searches the host looks at its memory
    await stored;
    assert.deepEqual(causes, []);
    await search(1_000);
    await knowledge.stats();
    assert.deepEqual(causes, [recycledCause]);
  });

test('vectors that are sent in pieces arrive whole, and again where the host was replaced meanwhile', async (t) => {
  const causes: string[] = [];
  const knowledge = await startKnowledge({
    dataDir: await temporaryFolder(t),
    embeddingModel: 'hashed',
    onRestart: (cause) => causes.push(cause),
  });
  t.after(() => knowledge.close());
  await knowledge.createCollection('default');
  const large = largeDocument('Alder', 9_000); // 576,000 numbers: three pieces
  const last = large.vectors.subarray(-smallDimension);
  for (const [at, kill] of [false, true].entries()) {
    const stored = knowledge.put([{ ...large, contentHash: `${at}` }, smallDocument('small.md', `Birch ${at}`)]);
    await knowledge.stats();
    if (kill) process.kill(knowledge.hostPid()!, 'SIGKILL');
    assert.deepEqual(
      (await stored).map(({ passages }) => passages),
      [9_000, 1],
    );
    const [best] = await knowledge.search({ collection: 'default', question: 'Alder 8999', vector: last, topK: 1 });
    assert.equal(best?.text, 'Alder 8999 stands alone.');
    assert.ok(Math.abs(best.similarities[0]! - 1) < 1e-5);
  }
  assert.deepEqual(causes, ['SIGKILL']);
});

test('a host is given the vectors of a write once more, and no more than three hosts', async () => {
  const hosts = [createHeldVectors(), createHeldVectors(), createHeldVectors()];
  const large = largeDocument('Alder', 9_000);
  const calls = (dyingAt: number[]) => {
    let host = 0;
    let requests = 0;
    const live = () => {
      requests += 1;
      if (dyingAt.includes(requests)) host += 1;
      return hosts[host]!;
    };
    return {
      requests: () => requests,
      holdVectors: async (piece: VectorPiece) => live().hold(piece),
      put: async (documents: SentDocument[]) => live().take(documents),
    };
  };
  const whole = calls([]);
  const fitting = { ...large, vectors: large.vectors.subarray(0, 2 ** 18) }; // into the message with the document
  assert.deepEqual(await putInPieces([fitting], whole), [fitting]);
  assert.equal(whole.requests(), 1);
  assert.deepEqual(await putInPieces([large], whole), [large]);
  assert.equal(whole.requests(), 1 + 4);
  for (const dyingAt of [2, 3, 4]) {
    const interrupted = calls([dyingAt]);
    assert.deepEqual(await putInPieces([large], interrupted), [large]);
    assert.equal(interrupted.requests(), 8);
  }
  const other = { ...largeDocument('Oak', 9_000), source: 'other.md' };
  assert.deepEqual(await Promise.all([putInPieces([large, other], whole), putInPieces([other], whole)]), [
    [large, other],
    [other],
  ]);
  assert.equal(whole.requests(), 1 + 4 + 7 + 4);
  const dying = { ...whole, put: async () => null };
  await assert.rejects(putInPieces([large], dying), { code: 'NOT_READY' });
  assert.equal(whole.requests(), 1 + 4 + 7 + 4 + 9);
});

test('what a long write puts aside meanwhile lies in the data folder, not in the temporary folder of the machine', async (t) => {
  const dataDir = await temporaryFolder(t);
  const knowledge = await startKnowledge({ dataDir, embeddingModel: 'hashed' });
  t.after(() => knowledge.close());
  await knowledge.createCollection('default');
  await knowledge.put([largeDocument('Alder', 9_000)]);
  const temporary = new Set<string>();
  const watcher = watch(dataDir, (_, name) => name?.startsWith('etilqs_') && temporary.add(name));
  t.after(() => watcher.close());
  await knowledge.put([largeDocument('Birch', 9_000)]);
  assert.notEqual(temporary.size, 0);
});
