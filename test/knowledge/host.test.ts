import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
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
import { setTimeout as delay } from 'node:timers/promises';
import { startKnowledge } from '../../src/knowledge/client.ts';
import { openStore } from '../../src/knowledge/store.ts';
import { createUpkeep, defaultTuning } from '../../src/knowledge/upkeep.ts';
import { hashedEmbedding } from '../doubles/hashed-embedding.ts';
import { holdProcess } from '../doubles/hold-process.ts';
import { onePassageDocument } from '../doubles/one-passage.ts';
import { smallDocument } from '../doubles/small-document.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';
import { textOf } from '../doubles/text-of.ts';
import { childrenOf } from '../torture/victim.ts';

const dimension = 512; // large enough that few words share a number
const vectorOf = (text: string) => Float32Array.from(hashedEmbedding(text, dimension));

async function open(test: Test, dataDir: string, embeddingModel = 'hashed') {
  const causes: string[] = [];
  const knowledge = await startKnowledge({ dataDir, embeddingModel, onRestart: (cause) => causes.push(cause) });
  test.after(() => knowledge.close());
  await knowledge.createCollection('default');
  return { knowledge, causes };
}

const document = (source: string, text: string) => onePassageDocument(source, text, vectorOf(text));

const search = (knowledge: Awaited<ReturnType<typeof open>>['knowledge'], question: string, topK = 3) =>
  knowledge.search({ collection: 'default', question, vector: vectorOf(question), topK });

test('a killed host is replaced with nothing acknowledged lost, and callers notice nothing', async (t) => {
  const { knowledge, causes } = await open(t, await temporaryFolder(t));
  for (let at = 0; at < 20; at += 1) {
    const text = `Tree ${at} stands alone near pond ${at}.`;
    await knowledge.put([document(`${at}.md`, text)]);
    const pid = knowledge.hostPid();
    const asked = search(knowledge, `Where does tree ${at} stand?`);
    if (pid) process.kill(pid, 'SIGKILL');
    const [best] = await asked;
    assert.equal(best?.text, text);
  }
  assert.equal((await knowledge.stats()).documents, 20);
  assert.ok(causes.length >= 10 && causes.every((cause) => cause === 'SIGKILL'), causes.join());
});

test('signals that a terminal sends to all of its processes do not end the host', async (t) => {
  const { knowledge, causes } = await open(t, await temporaryFolder(t));
  const pid = knowledge.hostPid()!;
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    process.kill(pid, signal);
    assert.equal((await knowledge.stats()).documents, 0, signal);
  }
  assert.deepEqual([causes, knowledge.hostPid()], [[], pid]);
});

test('writes during which the host is killed are carried out whole by the next one, and acknowledged ones stay', async (t) => {
  const { knowledge } = await open(t, await temporaryFolder(t));
  for (let at = 0; at < 10; at += 1) {
    const writes = Array.from({ length: 8 }, (_, part) =>
      knowledge.put([
        document(`${at}-${part}.md`, `Text ${part} of round ${at}.`),
        document(`${at}-${part}-b.md`, `Twin ${part} of ${at}.`),
      ]),
    );
    await writes[at % 8];
    process.kill(knowledge.hostPid()!, 'SIGKILL');
    await Promise.all(writes);
  }
  const listed = await knowledge.documents({ collection: 'default', after: null, limit: 1000 });
  assert.equal(listed.length, 160);
  for (const { source, id } of listed) {
    const text = await textOf(knowledge, id);
    const found = await search(knowledge, text, 20);
    assert.ok(
      found.some((passage) => passage.source === source && passage.text === text),
      source,
    );
  }
});

test('while the system cannot start a host, requests fail with NOT_READY; afterwards one is started', async (t) => {
  const { knowledge } = await open(t, await temporaryFolder(t));
  await knowledge.put([document('a.md', 'Alder grows by water.')]);
  const { execPath } = process;
  t.after(() => {
    process.execPath = execPath;
  });
  process.execPath = '/nowhere/node';
  process.kill(knowledge.hostPid()!, 'SIGKILL');
  await assert.rejects(
    async () => {
      for (;;) await search(knowledge, 'Where does alder grow?'); // until the death of the host is noticed
    },
    { code: 'NOT_READY' },
  );
  process.execPath = execPath;
  assert.equal((await search(knowledge, 'Where does alder grow?')).length, 1);
});

test('an index builder that the system cannot start counts as failed', async (t) => {
  const { execPath } = process;
  t.after(() => {
    process.execPath = execPath;
  });
  process.execPath = '/nowhere/node';
  const order = { collectionKey: 1, kind: 'exact', embeddingModel: 'hashed', storeId: '', dimension } as const;
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const built: [string, boolean][] = [];
  const upkeep = createUpkeep(({ collection }, isBuilt) => {
    if (built.push([collection, isBuilt]) === 2) resolve();
  });
  for (const collection of ['one', 'other']) upkeep.build({ ...order, collection, dataDir: await temporaryFolder(t) });
  await ended;
  assert.deepEqual(built, [
    ['one', false],
    ['other', false],
  ]);
  assert.equal(upkeep.isBuilding('other'), false);
  await upkeep.close();
});

test('a store in use by one process is refused to another until the first closes it', async (t) => {
  const dataDir = await temporaryFolder(t);
  const { knowledge } = await open(t, dataDir);
  await assert.rejects(startKnowledge({ dataDir, embeddingModel: 'hashed' }), { code: 'NOT_READY', message: /in use/ });
  await knowledge.close();
  const again = await startKnowledge({ dataDir, embeddingModel: 'hashed' });
  await again.close();
});

test('a damaged or foreign database is not opened, and the error names the file', async (t) => {
  const dataDir = await temporaryFolder(t);
  const { knowledge } = await open(t, dataDir);
  await knowledge.put([document('a.md', 'Some text.')]);
  await knowledge.close();
  const file = join(dataDir, 'assay.db');
  const whole = readFileSync(file);
  writeFileSync(file, 'this is no database, whatever it is called');
  const refused = (message: RegExp) =>
    assert.rejects(startKnowledge({ dataDir, embeddingModel: 'hashed' }), { code: 'NOT_READY', message });
  await refused(/^assay\.db in the data folder is damaged; npx assay doctor --verify says where\.$/);
  writeFileSync(join(dataDir, 'lock.db'), 'nor is this one, though nothing is lost with it');
  await refused(/^lock\.db in the data folder is damaged: remove it, nothing is kept in it\.$/);
  rmSync(join(dataDir, 'lock.db'));
  writeFileSync(file, whole);
  truncateSync(file, Math.floor(whole.length / 2));
  await assert.rejects(startKnowledge({ dataDir, embeddingModel: 'hashed' }), { code: 'NOT_READY' });
  rmSync(file);
});

test('closing a store while its index is being built ends the builder too', async (t) => {
  const dataDir = await temporaryFolder(t);
  for (let round = 0; round < 3; round += 1) {
    const knowledge = await startKnowledge({ dataDir, embeddingModel: 'hashed', tuning: { snapshotEvery: 1 } });
    t.after(() => knowledge.close());
    await knowledge.createCollection('default');
    await knowledge.put([document(`${round}.md`, `Text ${round}.`)]);
    const [builder] = childrenOf(knowledge.hostPid()!);
    await knowledge.close();
    assert.throws(() => process.kill(builder!, 0), { code: 'ESRCH' });
    assert.ok(!readdirSync(dataDir).includes('assay.db-wal'));
  }
});

test('a data folder removed while in use refuses writes and is not recreated empty; put back, it is used again', async (t) => {
  const dataDir = join(await temporaryFolder(t), 'data');
  const { knowledge } = await open(t, dataDir);
  await knowledge.put([document('a.md', 'Alder grows by water.')]);
  const aside = `${dataDir}.aside`;
  renameSync(dataDir, aside);
  const refused = { code: 'NOT_READY', message: /removed or replaced/ };
  await assert.rejects(knowledge.put([document('b.md', 'Beech grows in woods.')]), refused);
  await assert.rejects(knowledge.createCollection('other'), refused);
  await assert.rejects(knowledge.stats(), refused);
  assert.equal((await search(knowledge, 'Where does alder grow?')).length, 1, 'what is there is still found');
  process.kill(knowledge.hostPid()!, 'SIGKILL');
  await assert.rejects(knowledge.stats(), refused);
  assert.ok(!existsSync(dataDir));
  const other = await startKnowledge({ dataDir, embeddingModel: 'hashed' });
  await other.close();
  await assert.rejects(knowledge.stats(), refused);
  rmSync(dataDir, { recursive: true });
  renameSync(aside, dataDir);
  assert.equal((await knowledge.stats()).documents, 1);
});

test('a data folder that cannot be created is reported as NOT_READY', async (t) => {
  const file = join(await temporaryFolder(t), 'file');
  writeFileSync(file, '');
  await assert.rejects(startKnowledge({ dataDir: file, embeddingModel: 'hashed' }), { code: 'NOT_READY' });
});

test('in a file system that refuses new folders with ENOENT, as /proc does, a start fails instead of trying for ever', {
  skip: !existsSync('/proc/self'),
}, () => {
  const client = new URL('../../src/knowledge/client.ts', import.meta.url).href;
  const start = `const { startKnowledge } = await import(${JSON.stringify(client)});
    const code = (dataDir) => startKnowledge({ dataDir, embeddingModel: 'm' }).catch((error) => error.code);
    process.stdout.write(await code('/proc/assay') + await code('/proc/assay/data'));`;
  // In a process of its own, which can be ended.
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', start], { timeout: 30_000 });
  assert.equal(String(stdout), 'NOT_READYNOT_READY');
});

test('a data folder that Assay makes is for its user alone, and one that is there stays as open as it was', async (t) => {
  const folder = await temporaryFolder(t);
  const before = process.umask(0o000);
  t.after(async () => void process.umask(before));
  const modeAfterStart = async (dataDir: string) => {
    const knowledge = await startKnowledge({ dataDir, embeddingModel: 'hashed' });
    await knowledge.close();
    return statSync(dataDir).mode & 0o777;
  };
  assert.equal(await modeAfterStart(join(folder, 'a/new')), 0o700);
  mkdirSync(join(folder, 'shared'), { mode: 0o750 });
  assert.equal(await modeAfterStart(join(folder, 'shared')), 0o750);
});

test('questions searched together get the results they would get alone', async (t) => {
  const { knowledge } = await open(t, await temporaryFolder(t));
  for (let at = 0; at < 30; at += 1) await knowledge.put([document(`${at}.md`, `Tree ${at} stands near pond ${at}.`)]);
  const questions = Array.from({ length: 30 }, (_, at) => `pond ${at} tree`);
  const alone = [];
  for (const question of questions) alone.push(await search(knowledge, question));
  const together = await Promise.all(questions.map((question) => search(knowledge, question)));
  for (const [at, passages] of together.entries())
    for (const [place, { id, score }] of passages.entries()) {
      assert.equal(id, alone[at]![place]!.id);
      // FAISS multiplies matrices for several questions and vectors for one, so the last digits differ.
      assert.ok(Math.abs(score - alone[at]![place]!.score) < 1e-4);
    }
  const misfit = { collection: 'default', question: 'x', vector: Float32Array.of(1, Number.NaN), topK: 3 };
  const [good, bad] = await Promise.allSettled([search(knowledge, 'pond 3'), knowledge.search(misfit)]);
  assert.equal(good.status, 'fulfilled', 'a bad question harms none of those it is answered together with');
  assert.equal(bad.status === 'rejected' && bad.reason.code, 'MODEL_BAD_OUTPUT');
});

test('a host that stops responding is killed, and its requests are answered by the next', async (t) => {
  const dataDir = await temporaryFolder(t);
  const causes: string[] = [];
  const knowledge = await startKnowledge({
    dataDir,
    embeddingModel: 'm',
    hangTimeoutMs: 2_000, // on a busy machine a host that works may be silent for a second
    onRestart: (cause) => causes.push(cause),
  });
  t.after(() => knowledge.close());
  await knowledge.createCollection('default');
  await knowledge.put([document('a.md', 'Alder wood is light.')]);
  await holdProcess(knowledge.hostPid()!);
  const [found] = await search(knowledge, 'alder wood');
  assert.equal(found?.source, 'a.md');
  assert.deepEqual(causes, ['SIGKILL']);
});

test('a host is not taken for hung because all processes stood still, as in a container that is paused', async (t) => {
  const causes: string[] = [];
  const knowledge = await startKnowledge({
    dataDir: await temporaryFolder(t),
    embeddingModel: 'm',
    hangTimeoutMs: 4_000,
    onRestart: (cause) => causes.push(cause),
  });
  t.after(() => knowledge.close());
  const pid = knowledge.hostPid()!;
  await holdProcess(pid);
  const stats = knowledge.stats();
  await delay(10);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 6_000);
  process.kill(pid, 'SIGCONT');
  assert.equal((await stats).documents, 0);
  assert.deepEqual(causes, []);
});

test('a long transaction reports each of its steps, so that the host is not taken for hung', async (t) => {
  const dataDir = await temporaryFolder(t);
  let steps = 0;
  const store = openStore(
    { dataDir, embeddingModel: 'hashed', askRetentionMs: 1, tuning: defaultTuning },
    {
      onStep: () => {
        steps += 1;
      },
    },
  );
  await store.createCollection('default');
  const stepsOf = async (work: () => Promise<unknown>) => {
    steps = 0;
    await work();
    return steps;
  };
  const large = smallDocument('large.md', Array.from({ length: 20 }, (_, at) => `Tree ${at} stands alone.`).join('\n'));
  assert.equal(await stepsOf(() => store.put([large])), 20);
  assert.equal(
    await stepsOf(() => store.put([{ ...large, contentHash: 'another' }])),
    40,
    'each passage is taken out, and each put in',
  );
  await store.close();
});

test('a host that has used up its memory is replaced by a new one, and callers notice nothing', async (t) => {
  const dataDir = await temporaryFolder(t);
  const causes: string[] = [];
  const tuning = { spareMemoryMiB: 1 };
  const knowledge = await startKnowledge({
    dataDir,
    embeddingModel: 'm',
    tuning,
    onRestart: (cause) => causes.push(cause),
  });
  t.after(() => knowledge.close());
  await knowledge.createCollection('default');
  await knowledge.put([document('a.md', 'Alder wood is light.')]);
  for (let round = 0; round < 200 && causes.length === 0; round += 1)
    for (const found of await Promise.all(Array.from({ length: 100 }, () => search(knowledge, 'alder wood'))))
      assert.equal(found[0]?.source, 'a.md');
  // Now one search after another: the host checks its memory after every thousandth answer.
  for (let at = 0; at < 2500 && causes.length === 0; at += 1)
    assert.equal((await search(knowledge, 'alder'))[0]?.source, 'a.md');
  assert.ok(causes.length > 0 && causes.every((cause) => cause === 'spent memory'), causes.join());
});

test('an ask record is read back exactly as it was saved', async (t) => {
  const { knowledge } = await open(t, await temporaryFolder(t));
  const record = {
    id: 'ask_1',
    collection: 'default',
    keyName: null,
    createdAt: 'now',
    reply: { answer: 'é', trace: [1] },
  };
  await knowledge.saveAsk({ ...record, reply: () => record.reply });
  assert.deepEqual({ ...(await knowledge.ask('ask_1')) }, record);
  assert.equal(await knowledge.ask('ask_2'), null);
});
