import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { startKnowledge } from '../../src/knowledge/client.ts';
import { smallDocument } from '../doubles/small-document.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';
import { quiet, signal } from '../torture/victim.ts';

const module = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

/** A program that opens a store, searches it, and waits for the builder of its index to end. */
const reader = `
  import { startKnowledge } from ${module('../../src/knowledge/client.ts')};
  import { hashedEmbedding } from ${module('../doubles/hashed-embedding.ts')};
  import { childrenOf } from ${module('../torture/victim.ts')};
  const knowledge = await startKnowledge({
    dataDir: process.argv[1], embeddingModel: 'hashed', tuning: { snapshotEvery: 100 },
    onRestart: (cause) => console.log('restarted', cause),
  });
  const built = childrenOf(knowledge.hostPid());
  const vector = Float32Array.from(hashedEmbedding('The tree 7 of 3.', 64));
  const [found] = await knowledge.search({ collection: 'default', question: 'tree 7 of 3', vector, topK: 1 });
  console.log(built.length, found?.text);
  while (built.some((pid) => childrenOf(knowledge.hostPid()).includes(pid))) await knowledge.collections();
  await knowledge.close();`;

/** A program that opens a store, lists its documents, and has it keep an ask record. */
const asker = `
  import { startKnowledge } from ${module('../../src/knowledge/client.ts')};
  const knowledge = await startKnowledge({
    dataDir: process.argv[1], embeddingModel: 'hashed', onRestart: (cause) => console.log('restarted', cause),
  });
  const { length } = await knowledge.documents({ collection: 'default', after: null, limit: 10 });
  const record = { id: 'ask_1', collection: 'default', keyName: null, createdAt: new Date().toISOString(), reply: () => 1 };
  const kept = await knowledge.saveAsk(record).then(() => 'kept', ({ code }) => code);
  console.log(length, kept, await knowledge.ask('ask_1').catch(({ code }) => code));
  await knowledge.close();`;

/** A program that makes collections until one finds no room, tries that one again, and opens the store anew. */
const maker = `
  import { startKnowledge } from ${module('../../src/knowledge/client.ts')};
  const options = {
    dataDir: process.argv[1], embeddingModel: 'hashed', onRestart: (cause) => console.log('restarted', cause),
  };
  const knowledge = await startKnowledge(options);
  let name = '';
  const make = () => knowledge.createCollection(name);
  for (let made = 0; name !== 'none'; made += 1) {
    name = 'pond-' + made;
    await make().catch(async (first) => {
      console.log(first.code, (await make().catch((second) => second)).code, await knowledge.collection(name));
      name = 'none';
    });
  }
  const before = await knowledge.collections();
  await knowledge.close();
  const again = await startKnowledge(options);
  console.log((await again.collections()).length === before.length);
  await again.close();`;

/** A program that re-embeds a store. */
const embedder = `
  import { reembed } from ${module('../../src/knowledge/reembed.ts')};
  import { hashedEmbedding } from ${module('../doubles/hashed-embedding.ts')};
  const embed = async (passages) => passages.map(({ text }) => Float32Array.from(hashedEmbedding(text, 16)));
  const made = await reembed({ dataDir: process.argv[1], embeddingModel: 'second', embed }).catch((error) => error);
  console.log(made.code ?? made.taken ?? made);`;

/** Runs a program in a process that may write files of at most so many KiB. */
async function withLimit(kibibytes: number, program: string, dataDir: string) {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program, '--', dataDir];
  const limited = ['-c', `ulimit -f ${kibibytes}; exec "$@"`, '-', process.execPath, ...args];
  const child = spawn('bash', limited, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [said, complaints] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { said, complaints };
}

test('with a full disk, a store is opened, read and closed, and an index builder that finds no room leaves no files behind', async (t) => {
  const dataDir = await temporaryFolder(t);
  const knowledge = await startKnowledge({ dataDir, embeddingModel: 'hashed' });
  t.after(() => knowledge.close());
  await knowledge.createCollection('default');
  const lines = (at: number) => Array.from({ length: 20 }, (_, tree) => `The tree ${tree} of ${at}.`).join('\n');
  await knowledge.put(Array.from({ length: 30 }, (_, at) => smallDocument(`${at}.md`, lines(at))));
  // A killed host leaves everything in the write-ahead log, which the next one to open the store wants to fold in.
  const host = knowledge.hostPid()!;
  signal(host, 'SIGSTOP');
  const closed = knowledge.close();
  signal(host, 'SIGKILL');
  await closed;
  await quiet(dataDir);

  const { said, complaints } = await withLimit(100, reader, dataDir);
  assert.equal(said, '1 The tree 7 of 3.\n', complaints);
  assert.equal(complaints, '');
  const index = join(dataDir, 'index/1');
  assert.deepEqual(existsSync(index) ? readdirSync(index) : [], []);
});

test('a store of many passages needs no room on any disk to be opened', async (t) => {
  const dataDir = await temporaryFolder(t);
  const knowledge = await startKnowledge({ dataDir, embeddingModel: 'hashed', tuning: { snapshotEvery: 1e6 } });
  t.after(() => knowledge.close());
  await knowledge.createCollection('default');
  const lines = (at: number) => Array.from({ length: 4000 }, (_, tree) => `The tree ${tree} of ${at}.`).join('\n');
  for (const at of [1, 2, 3]) await knowledge.put([smallDocument(`${at}.md`, lines(at))]);
  await knowledge.close();

  // The limit holds for temporary files as well, which SQLite makes where it sorts more than two megabytes.
  const { said, complaints } = await withLimit(100, reader, dataDir);
  assert.equal(said, '1 The tree 7 of 3.\n', complaints);
});

test('a collection that finds no room is not half created, and the store opens afterwards', async (t) => {
  const { said, complaints } = await withLimit(500, maker, await temporaryFolder(t));
  assert.equal(said, 'STORAGE_FULL STORAGE_FULL null\ntrue\n', complaints);
  assert.equal(complaints, '');
});

test('ask records that find no room, or cannot be read, do not keep documents from being served', async (t) => {
  const dataDir = await temporaryFolder(t);
  const knowledge = await startKnowledge({ dataDir, embeddingModel: 'hashed' });
  t.after(() => knowledge.close());
  await knowledge.createCollection('default');
  await knowledge.put([smallDocument('a.md', 'Alder wood is light.')]);
  await knowledge.close();
  const records = join(dataDir, 'asks.db');
  const said = async (kibibytes: number) => (await withLimit(kibibytes, asker, dataDir)).said;
  rmSync(records);
  assert.equal(await said(33), '1 STORAGE_FULL null\n');
  rmSync(records);
  mkdirSync(records);
  assert.equal(await said(100), '1 NOT_READY NOT_READY\n');
  rmdirSync(records);
  copyFileSync(join(dataDir, 'assay.db'), records); // a database without the tables of ask records
  assert.equal(await said(100), '1 INTERNAL INTERNAL\n', 'and no host dies of it');
});

test('re-embedding that finds no room leaves the old vectors in use, and completes once there is room', async (t) => {
  const dataDir = await temporaryFolder(t);
  const first = { dataDir, embeddingModel: 'hashed' };
  const knowledge = await startKnowledge(first);
  t.after(() => knowledge.close());
  await knowledge.createCollection('default');
  const lines = Array.from({ length: 100 }, (_, tree) => `The tree ${tree}.`);
  await knowledge.put([smallDocument('a.md', lines.join('\n'))]);
  await knowledge.close();
  const copies = await temporaryFolder(t);
  let taken = false;
  for (let kibibytes = 4; !taken; kibibytes += 4) {
    const copy = join(copies, String(kibibytes));
    cpSync(dataDir, copy, { recursive: true });
    const { said, complaints } = await withLimit(kibibytes, embedder, copy);
    taken = said === 'true\n';
    if (taken) continue;
    assert.equal(said + complaints, 'STORAGE_FULL\n', `${kibibytes} KiB`);
    if (kibibytes % 64 !== 0) continue;
    const before = await startKnowledge({ ...first, dataDir: copy });
    assert.equal((await before.stats()).passages, 100);
    await before.close();
    assert.equal((await withLimit(100_000, embedder, copy)).said, 'true\n');
  }
});
