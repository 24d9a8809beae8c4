import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startKnowledge } from '../../src/knowledge/client.ts';
import { holdProcess } from '../doubles/hold-process.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';
import { damageIndex } from './damaged-index.ts';
import { documentOf, embeddingModel, vectorOf } from './documents.ts';
import { fillDisk } from './full-disk.ts';
import { forbidWriting } from './read-only.ts';
import { isClean, type Tally, torture } from './torture.ts';

const assertClean = (tally: Tally) => assert.ok(isClean(tally), tally.problems.join('\n'));

test('in twelve rounds of faults nothing acknowledged is lost, nothing is half stored, and every start becomes ready', async (t) => {
  const tally = await torture({ rounds: 12, seed: 20, dataDir: await temporaryFolder(t) });
  assertClean(tally);
  assert.ok(tally.rounds === 12 && tally.acknowledged > 100 && tally.hostDeaths > 0);
});

for (const [how, seed] of Object.entries({ 'compared one by one': 1, quantized: 2 }))
  test(`a store with damaged index files, its vectors ${how}, opens and answers as if nothing had happened`, async (t) => {
    const { tally, damaged } = await damageIndex({ folder: await temporaryFolder(t), seed, thorough: false });
    assertClean(tally);
    assert.ok(damaged >= 4, 'there were snapshots to damage');
  });

test('with a full disk, writes are refused with the reason, reads go on, and writes work again once there is room', async (t) => {
  const filled = await fillDisk({ folder: await temporaryFolder(t), seed: 5, disk: 'small disk' });
  if (!filled) return t.skip('no small disk may be mounted here; the next test fills files instead');
  assertClean(filled.tally);
  assert.deepEqual(new Set(filled.refusals), new Set(['STORAGE_FULL']));
});

test('while files may not grow, writes are refused, reads go on, and writes work again once files may grow', async (t) => {
  const filled = await fillDisk({ folder: await temporaryFolder(t), seed: 5, disk: 'limited files' });
  assertClean(filled!.tally);
  assert.ok(filled!.refusals.length > 0 && filled!.refusals.every((code) => /STORAGE_FULL|INTERNAL/.test(code)));
});

test('a data folder that becomes read-only loses nothing', async (t) => {
  const { tally, refusals } = await forbidWriting({ folder: await temporaryFolder(t), seed: 5 });
  assertClean(tally);
  assert.deepEqual(new Set(refusals), new Set(['NOT_READY']));
});

for (const signal of ['SIGSTOP', 'SIGABRT'] as const)
  test(`requests that a host had not answered when it got ${signal} are answered by the next host`, {
    timeout: 60_000,
  }, async (t) => {
    const causes: string[] = [];
    const onRestart = (cause: string) => causes.push(cause);
    const options = { dataDir: await temporaryFolder(t), embeddingModel, hangTimeoutMs: 1000, onRestart };
    const knowledge = await startKnowledge(options);
    t.after(() => knowledge.close());
    await knowledge.createCollection('shared');
    const name = { collection: 'shared', source: 'a', version: 1 };
    await knowledge.put([documentOf(name)]);
    const host = knowledge.hostPid()!;
    await holdProcess(host);
    const query = { collection: 'shared', question: '?', vector: vectorOf('shared', 'a', 1, 0, 0), topK: 1 };
    const replies = Promise.all([knowledge.search(query), knowledge.put([documentOf({ ...name, source: 'b' })])]);
    if (signal === 'SIGABRT') for (const each of [signal, 'SIGCONT'] as const) process.kill(host, each);
    const [found, written] = await replies;
    assert.equal(found[0]?.source, 'a');
    assert.equal(written.length, 1);
    assert.equal((await knowledge.stats()).documents, 2);
    assert.deepEqual(causes, [signal === 'SIGSTOP' ? 'SIGKILL' : signal]);
  });
