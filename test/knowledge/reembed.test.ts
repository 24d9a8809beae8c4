import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { AppError } from '../../src/errors.ts';
import { startKnowledge } from '../../src/knowledge/client.ts';
import { holdLock } from '../../src/knowledge/lock.ts';
import { reembed, takeReembedded } from '../../src/knowledge/reembed.ts';
import { failToRead } from '../doubles/failing-disk.ts';
import { hashedEmbedding } from '../doubles/hashed-embedding.ts';
import { onePassageDocument } from '../doubles/one-passage.ts';
import { overwritePage } from '../doubles/overwrite-page.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';

const dimensions = { first: 512, second: 16 };
type Model = keyof typeof dimensions;
const vectorOf = (text: string, model: Model) => Float32Array.from(hashedEmbedding(text, dimensions[model]));

async function open(test: Test, dataDir: string, embeddingModel: Model) {
  const knowledge = await startKnowledge({ dataDir, embeddingModel });
  test.after(() => knowledge.close());
  await knowledge.createCollection('default');
  return knowledge;
}

const document = (source: string, text: string) => onePassageDocument(source, text, vectorOf(text, 'first'));
const treeText = (at: number) => `Tree ${at} stands near pond ${at}.`;

async function storeOfTrees(test: Test, trees = 40) {
  const dataDir = await temporaryFolder(test);
  const knowledge = await open(test, dataDir, 'first');
  await knowledge.put(Array.from({ length: trees }, (_, at) => document(`${at}.md`, treeText(at))));
  return { dataDir, knowledge };
}

/** An embedding model that records what it was asked to embed. */
function secondModel() {
  const embedded: string[] = [];
  const embed = async (passages: { text: string }[]) => {
    embedded.push(...passages.map(({ text }) => text));
    return passages.map(({ text }) => vectorOf(text, 'second'));
  };
  return { embedded, embed };
}

async function nearest(knowledge: Awaited<ReturnType<typeof open>>, question: string, model: Model) {
  const vector = vectorOf(question, model);
  return (await knowledge.search({ collection: 'default', question: '?', vector, topK: 1 }))[0]!;
}

test("a store with another model's vectors does not start; reembed replaces them, continuing where it was interrupted", async (t) => {
  const { dataDir, knowledge } = await storeOfTrees(t);
  await knowledge.close();
  const second = { dataDir, embeddingModel: 'second' };
  await assert.rejects(startKnowledge(second), { code: 'NOT_READY', message: /assay reembed/ });

  const { embedded, embed } = secondModel();
  const breaking = async (passages: { text: string }[]) => {
    if (embedded.length > 0) throw new Error('the model server went away');
    return embed(passages);
  };
  await assert.rejects(reembed({ ...second, embed: breaking }), /went away/);
  assert.equal(await takeReembedded({ ...second, embed }), false, 'half of the vectors are none');
  await (await startKnowledge({ dataDir, embeddingModel: 'first' })).close(); // the old vectors are still usable
  assert.deepEqual(await reembed({ ...second, embed }), { passages: 40, taken: true });
  assert.equal(new Set(embedded).size, embedded.length, 'no passage is embedded twice');
  assert.equal((await nearest(await open(t, dataDir, 'second'), treeText(7), 'second')).source, '7.md');
});

test('a service answers and writes while its store is re-embedded, and takes the new vectors at its next start', async (t) => {
  const { dataDir, knowledge } = await storeOfTrees(t);
  const { embedded, embed } = secondModel();
  const second = { dataDir, embeddingModel: 'second' };
  let busy = false;
  const meanwhile = async (passages: { text: string }[]) => {
    if (!busy) {
      busy = true;
      await knowledge.put([document('new.md', 'A heron came.'), document('7.md', 'Tree 7 was felled.')]);
      assert.equal((await nearest(knowledge, treeText(30), 'first')).source, '30.md', 'the old vectors serve');
    }
    return embed(passages);
  };
  assert.deepEqual(await reembed({ ...second, embed: meanwhile }), { passages: 41, taken: false });
  assert.ok(embedded.includes('A heron came.'), 'what came meanwhile is embedded too');

  await knowledge.put([document('late.md', 'A late swan.')]);
  await knowledge.remove((await knowledge.findSource('default', '3.md'))!.id);
  const before = embedded.length;
  await knowledge.close();
  assert.equal(await takeReembedded({ ...second, embed }), true);
  assert.deepEqual(embedded.slice(before), ['A late swan.'], 'only what came since is embedded at the start');
  assert.equal(existsSync(join(dataDir, 'reembedded.db')), false);

  const renewed = await open(t, dataDir, 'second');
  assert.equal((await nearest(renewed, 'A late swan.', 'second')).source, 'late.md');
  assert.equal((await nearest(renewed, 'A heron came.', 'second')).source, 'new.md');
  assert.equal((await nearest(renewed, 'Tree 7 was felled.', 'second')).text, 'Tree 7 was felled.');
  assert.notEqual((await nearest(renewed, treeText(3), 'second')).source, '3.md');
  assert.equal((await renewed.stats()).passages, 41);
});

test('a store of an older version is brought up to date by re-embedding, unless it is in use', async (t) => {
  const { dataDir, knowledge } = await storeOfTrees(t);
  await knowledge.close();
  const database = new DatabaseSync(join(dataDir, 'assay.db'));
  database.exec("PRAGMA user_version = 2; DELETE FROM meta WHERE name = 'words_to_renew'");
  database.close();
  const { embed } = secondModel();
  const again = () => reembed({ dataDir, embeddingModel: 'second', embed });
  const inUse = holdLock(dataDir);
  await assert.rejects(again(), { code: 'NOT_READY', message: /in use/ });
  inUse.release();
  assert.deepEqual(await again(), { passages: 40, taken: true });
  const { documentId } = await nearest(await open(t, dataDir, 'second'), treeText(7), 'second');
  assert.ok(documentId);
});

test('re-embedding with the same model replaces all vectors, in the indexes too', async (t) => {
  const { dataDir, knowledge } = await storeOfTrees(t);
  await knowledge.close();
  const swapped = async (passages: { text: string }[]) =>
    passages.map(({ text }) =>
      vectorOf(text === treeText(1) ? treeText(2) : text === treeText(2) ? treeText(1) : text, 'first'),
    );
  assert.equal((await reembed({ dataDir, embeddingModel: 'first', embed: swapped })).taken, true);
  assert.equal((await nearest(await open(t, dataDir, 'first'), treeText(1), 'first')).source, '2.md');
});

/** The second model with a server that refuses texts for their length. */
function refusingModel(isTooLong: (text: string) => boolean) {
  const { embedded, embed } = secondModel();
  return {
    embedded,
    embed: async (passages: { text: string }[]) => {
      if (!passages.some(({ text }) => isTooLong(text))) return embed(passages);
      throw new AppError('MODEL_REJECTED', 'The prompt is too long.', { cause: { code: 'context_length_exceeded' } });
    },
  };
}

test('documents with a text that is too long for the new model are named, and all others are done by then', async (t) => {
  const { dataDir, knowledge } = await storeOfTrees(t);
  await knowledge.createCollection('ponds');
  await knowledge.put([{ ...document('long.md', 'A long text.'), collection: 'ponds' }]);
  const second = { dataDir, embeddingModel: 'second' };
  const { embed, embedded } = refusingModel((text) => text === treeText(7) || text === 'A long text.');
  await assert.rejects(reembed({ ...second, embed }), (error: AppError) => {
    assert.equal(error.code, 'MODEL_REJECTED');
    assert.match(error.message, /7\.md of the collection default, long\.md of the collection ponds\b/);
    return true;
  });
  assert.equal(embedded.length, 39);
  assert.equal((await nearest(knowledge, treeText(7), 'first')).source, '7.md', 'the old vectors stay');

  await knowledge.remove((await knowledge.findSource('default', '7.md'))!.id);
  await assert.rejects(reembed({ ...second, embed }), /for second in long\.md of the collection ponds\./);
  await knowledge.put([{ ...document('long.md', 'Shorter.'), collection: 'ponds' }]);
  assert.deepEqual(await reembed({ ...second, embed }), { passages: 40, taken: false });
  assert.deepEqual(embedded.slice(39), ['Shorter.']);

  await knowledge.put([document('late.md', treeText(7))]);
  await knowledge.close();
  await assert.rejects(takeReembedded({ ...second, embed }), /late\.md of the collection default/);
});

test('re-embedding ends early where the new model finds the texts of many documents too long', async (t) => {
  const { dataDir } = await storeOfTrees(t, 100);
  const { embed, embedded } = refusingModel((text) => Number(/\d+/.exec(text)) > 3);
  await assert.rejects(
    reembed({ dataDir, embeddingModel: 'second', embed }),
    /for second in 4\.md .*, and in others\./,
  );
  assert.equal(embedded.length, 4);
});

test('new vectors of unequal lengths are refused, and the old ones stay', async (t) => {
  const { dataDir, knowledge } = await storeOfTrees(t);
  await knowledge.close();
  const uneven = async (passages: { text: string }[]) =>
    passages.map(({ text }) => Float32Array.from(hashedEmbedding(text, text === treeText(5) ? 8 : 16)));
  await assert.rejects(reembed({ dataDir, embeddingModel: 'second', embed: uneven }), { code: 'MODEL_BAD_OUTPUT' });
  const before = await open(t, dataDir, 'first');
  assert.equal((await nearest(before, treeText(5), 'first')).source, '5.md');
  await before.close();
  const { embed } = secondModel();
  const again = await reembed({ dataDir, embeddingModel: 'second', embed });
  assert.equal(again.taken, true, 'the uneven ones are forgotten');
});

test('new vectors that wait for the next start survive a start with another model', async (t) => {
  const { dataDir, knowledge } = await storeOfTrees(t);
  const { embedded, embed } = secondModel();
  const second = { dataDir, embeddingModel: 'second', embed };
  assert.equal((await reembed(second)).taken, false);
  await knowledge.close();
  assert.equal(await takeReembedded({ ...second, embeddingModel: 'first' }), false);
  assert.equal(embedded.length, 40);
  assert.equal(await takeReembedded(second), true);
  assert.equal(embedded.length, 40);
});

test('a damaged file of new vectors is discarded, and re-embedding begins anew', async (t) => {
  const { dataDir, knowledge } = await storeOfTrees(t);
  await knowledge.close();
  const { embed } = secondModel();
  const second = { dataDir, embeddingModel: 'second', embed };
  writeFileSync(join(dataDir, 'reembedded.db'), 'not a database, but long enough to be looked at as one '.repeat(100));
  assert.equal(await takeReembedded(second), false);
  assert.deepEqual(await reembed(second), { passages: 40, taken: true });
});

test('new vectors that wait for a start are made anew where their file was damaged in the midst', async (t) => {
  const { dataDir, knowledge } = await storeOfTrees(t);
  const { embed, embedded } = secondModel();
  const second = { dataDir, embeddingModel: 'second', embed };
  assert.equal((await reembed(second)).taken, false);
  await knowledge.close();
  overwritePage(join(dataDir, 'reembedded.db'), 'vectors');
  assert.equal(await takeReembedded(second), false);
  await assert.rejects(startKnowledge(second), { code: 'NOT_READY', message: /npx assay reembed/ });
  assert.deepEqual(await reembed(second), { passages: 40, taken: true });
  assert.equal(embedded.length, 80);
});

test('new vectors that the disk fails to read for a moment are kept', async (t) => {
  const { dataDir, knowledge } = await storeOfTrees(t);
  const { embed, embedded } = secondModel();
  const second = { dataDir, embeddingModel: 'second', embed };
  assert.equal((await reembed(second)).taken, false);
  await knowledge.close();
  failToRead(t, 'PRAGMA quick_check');
  await assert.rejects(takeReembedded(second), { code: 'NOT_READY', message: /reembedded\.db/ });
  assert.equal(await takeReembedded(second), true);
  assert.equal(embedded.length, 40);
});

test('a service whose host dies just before the new vectors are taken over keeps its old ones and answers', async (t) => {
  const { dataDir, knowledge } = await storeOfTrees(t);
  const { embedded, embed } = secondModel();
  const killing = async (passages: { text: string }[]) => {
    const vectors = await embed(passages);
    if (embedded.length === 40) process.kill(knowledge.hostPid()!, 'SIGKILL');
    return vectors;
  };
  const { taken } = await reembed({ dataDir, embeddingModel: 'second', embed: killing });
  assert.equal(taken, false);
  assert.equal((await nearest(knowledge, treeText(7), 'first')).source, '7.md');
});

const module = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
const program = `
  import { reembed } from ${module('../../src/knowledge/reembed.ts')};
  import { hashedEmbedding } from ${module('../doubles/hashed-embedding.ts')};
  const embed = async (passages) => passages.map(({ text }) => Float32Array.from(hashedEmbedding(text, 16)));
  await reembed({ dataDir: process.argv[1], embeddingModel: 'second', embed });`;

test('re-embedding killed at any moment leaves a store with the vectors of one model, and can be repeated', async (t) => {
  const rounds: string[] = [];
  for (let changes = 1, exitCode: number | null = null; exitCode !== 0; changes += 31) {
    const { dataDir, knowledge } = await storeOfTrees(t);
    await knowledge.close();
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program, '--', dataDir]);
    const exit = once(child, 'exit');
    let seen = 0;
    const watching = watch(dataDir, () => {
      seen += 1;
      if (seen === changes) child.kill('SIGKILL');
    });
    [exitCode] = await exit;
    watching.close();
    const found: string[] = [];
    for (const embeddingModel of ['first', 'second'] as const)
      try {
        const opened = await startKnowledge({ dataDir, embeddingModel });
        found.push((await nearest(opened, treeText(7), embeddingModel).finally(() => opened.close())).source);
      } catch (error) {
        found.push((error as { code: string }).code);
      }
    assert.deepEqual(found.toSorted(), ['7.md', 'NOT_READY'], `killed at change ${changes}`);
    rounds.push(found[0] === '7.md' ? 'first' : 'second');
    const { embed } = secondModel();
    assert.deepEqual(await reembed({ dataDir, embeddingModel: 'second', embed }), { passages: 40, taken: true });
    const again = await open(t, dataDir, 'second');
    assert.equal((await nearest(again, treeText(7), 'second')).source, '7.md');
    await again.close();
  }
  assert.ok(rounds.includes('first') && rounds.at(-1) === 'second', rounds.join());
});

test('taking new vectors puts no copy of the old ones into the temporary folder of the machine', async (t) => {
  const { dataDir, knowledge } = await storeOfTrees(t, 150);
  await knowledge.close();
  const temporary = await temporaryFolder(t);
  const seen: string[] = [];
  const last = Promise.withResolvers<void>();
  const watching = watch(temporary, (_, name) => (name === 'last' ? last.resolve() : seen.push(String(name))));
  t.after(() => watching.close());
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program, '--', dataDir], {
    env: { ...process.env, SQLITE_TMPDIR: temporary },
  });
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  writeFileSync(join(temporary, 'last'), '');
  await last.promise;
  assert.deepEqual(seen, []);
});
