import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startKnowledge } from '../../src/knowledge/client.ts';
import type { Migrated } from '../../src/knowledge/migrate.ts';
import type { Knowledge } from '../../src/knowledge/port.ts';
import { startWeaviate } from '../../src/knowledge/weaviate/start-weaviate.ts';
import { runCommand, startCommand } from '../doubles/command-line.ts';
import { hashedEmbedding } from '../doubles/hashed-embedding.ts';
import { smallDimension, smallDocument } from '../doubles/small-document.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';
import { textOf } from '../doubles/text-of.ts';
import { noWeaviate, startWeaviateNodes } from '../doubles/weaviate.ts';

const settings = { embeddingModel: 'hashed', askRetentionMs: 86_400_000 };
const kinds = ['alder', 'birch', 'cedar', 'elm', 'fir', 'hazel', 'larch', 'maple', 'oak', 'pine'];
const lines = (at: number) =>
  Array.from(
    { length: 20 },
    (_, line) => `Line ${line} of tree ${at} tells of ${kinds[(at * line) % 10]} and mark${at}of${line}.`,
  ).join('\n');
const sourcesOf = async (knowledge: Knowledge, collection: string) =>
  (await knowledge.documents({ collection, after: null, limit: 1000 })).map(({ source }) => source);

/** Starts a migration, and sends it this signal once some of the documents have reached the target. */
async function interrupt(
  to: string,
  environment: Record<string, string>,
  count: () => Promise<number>,
  name: NodeJS.Signals,
) {
  const child = startCommand(['migrate', '--to', to], environment);
  const ended = once(child, 'exit');
  let told = '';
  child.stderr!.setEncoding('utf8').on('data', (text) => {
    told += text;
  });
  while (child.exitCode === null && (await count()) === 0) await delay(20);
  child.kill(name);
  await ended;
  return { code: child.exitCode, told };
}

test('documents migrate into Weaviate and back, even if a migration is killed and repeated', {
  skip: noWeaviate,
}, async (t) => {
  const nodes = await startWeaviateNodes(t);
  const [first, second] = [await temporaryFolder(t), await temporaryFolder(t)];
  const environment = { WEAVIATE_URL: nodes.endpoints.join(), DATA_DIR: first };

  const nowhere = await runCommand(['migrate', '--to', 'weaviate'], environment);
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /Nothing is stored in/);
  assert.match((await runCommand(['migrate', '--to', 'embedded'], environment)).stderr, /nothing to migrate/);

  const original = await startKnowledge({ dataDir: first, ...settings });
  t.after(() => original.close());
  for (const name of ['trees', 'odd', 'empty']) await original.createCollection(name);
  for (let at = 0; at < 60; at += 1) await original.put([smallDocument(`${at}.md`, lines(at), 'trees')]);
  const windowed = smallDocument('Ünder/the "sea" \u{1f419}.md', 'One is here.\nTwo is there.', 'odd');
  const [one, two] = windowed.passages;
  const path = ['Sea', 'Under'];
  windowed.passages = [
    {
      ...{ start: 0, end: two!.end, headingPath: ['Sea'] },
      windows: [
        { start: 0, end: one!.end, headingPath: path },
        { start: two!.start, end: two!.end, headingPath: ['Sea'] },
      ],
    },
  ];
  windowed.metadata = { nested: { list: [1, null, 'two'] }, '2': true, '1': false };
  await original.put([windowed, { ...smallDocument('empty.txt', 'x', 'odd'), title: '' }]);

  // A service uses the store meanwhile.
  const shared = await startWeaviate({ ...nodes, ...settings });
  t.after(() => shared.close());
  const inWeaviate = async () => ((await shared.collection('trees'))?.documents ?? 0) as number;
  const killed = await interrupt('weaviate', environment, inWeaviate, 'SIGKILL');
  assert.equal(killed.code, null, killed.told);
  const there = await inWeaviate();
  assert.ok(there > 0 && there < 60, String(there));

  const run = async (to: string, given: Record<string, string>) => {
    const { code, stdout, stderr } = await runCommand(['migrate', '--to', to, '--json'], given);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as Migrated;
  };
  const there1 = await run('weaviate', environment);
  assert.ok(there1.unchanged >= there);
  assert.equal(there1.copied + there1.unchanged, 62);
  assert.deepEqual(
    there1.collections!.map(({ name, documents, passages, othersInTarget }) => [
      name,
      documents,
      passages,
      othersInTarget,
    ]),
    [
      ['empty', 0, 0, 0],
      ['odd', 2, 2, 0],
      ['trees', 60, 1200, 0],
    ],
  );

  // The next run copies what has changed; documents that only the target has stay there and are counted.
  await original.put([smallDocument('7.md', 'Yew', 'trees')]);
  await shared.put([smallDocument('other.md', 'Rowan', 'trees')]);
  const there2 = await run('weaviate', environment);
  assert.deepEqual([there2.copied, there2.unchanged], [1, 61]);
  const trees = there2.collections!.find(({ name }) => name === 'trees')!;
  assert.deepEqual([trees.documents, trees.passages, trees.othersInTarget], [60, 1181, 1]);
  assert.notEqual(trees.checksum, there1.collections!.find(({ name }) => name === 'trees')!.checksum);
  await shared.remove((await shared.findSource('trees', 'other.md'))!.id);

  // And back into an empty folder, stopped midway.
  const back = { ...environment, DATA_DIR: second };
  const { readEmbedded } = await import('../../src/knowledge/read-embedded.ts');
  const inFolder = async () => {
    let count = 0;
    try {
      const reader = readEmbedded(second);
      for await (const _ of reader.documents('trees')) count += 1;
      await reader.close();
    } catch {} // not there yet
    return count;
  };
  const stopped = await interrupt('embedded', back, inFolder, 'SIGINT');
  assert.equal(stopped.code, 1);
  assert.match(stopped.told, /Stopped: \d+ documents? copied, 0 unchanged. Run it again/);
  const back1 = await run('embedded', back);
  assert.ok(back1.unchanged > 0);
  assert.deepEqual(
    back1.collections,
    there2.collections!.map((each) => ({ ...each, othersInTarget: 0 })),
  );

  const copy = await startKnowledge({ dataDir: second, ...settings });
  t.after(() => copy.close());
  for (const store of [shared, copy]) {
    assert.deepEqual(await sourcesOf(store, 'trees'), await sourcesOf(original, 'trees'));
    const found = (await store.findSource('odd', windowed.source))!;
    assert.deepEqual(found.metadata, windowed.metadata);
    assert.equal(await textOf(store, found.id), windowed.text);
    for (const at of kinds.keys()) {
      const question = lines(at + 20).split('\n')[at]!;
      const vector = Float32Array.from(hashedEmbedding(question, smallDimension));
      const [best] = await store.search({ collection: 'trees', question, vector, topK: 3 });
      assert.deepEqual([best!.source, best!.text], [`${at + 20}.md`, question]);
    }
  }

  // Stores with vectors of different models are never mixed.
  const third = await temporaryFolder(t);
  const alien = await startKnowledge({ dataDir: third, ...settings, embeddingModel: 'other' });
  await alien.createCollection('trees');
  await alien.put([smallDocument('a.md', 'Alder', 'trees')]);
  await alien.close();
  for (const to of ['weaviate', 'embedded']) {
    const refused = await runCommand(['migrate', '--to', to], { ...environment, DATA_DIR: third });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /embedded with (other|hashed), those in the target with (hashed|other)/);
  }
});

test('a migration is refused without a target or without WEAVIATE_URL', async (t) => {
  const settings = { DATA_DIR: await temporaryFolder(t) };
  const { code, stderr } = await runCommand(['migrate', '--to', 'weaviate'], settings);
  assert.equal(code, 1);
  assert.match(stderr, /Nothing is stored|WEAVIATE_URL: names/);
  assert.equal((await runCommand(['migrate'], settings)).code, 2);
  assert.equal((await runCommand(['migrate', '--to', 'elsewhere'], settings)).code, 2);
});
