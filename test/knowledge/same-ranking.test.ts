import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createMaterial, type Material, passagesPerDocument } from '../../bench/material.ts';
import { startKnowledge } from '../../src/knowledge/client.ts';
import type { Knowledge } from '../../src/knowledge/port.ts';
import { startWeaviate } from '../../src/knowledge/weaviate/start-weaviate.ts';
import type { FoundPassage } from '../../src/passage.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';
import { noWeaviate, startWeaviateNodes } from '../doubles/weaviate.ts';

const settings = { embeddingModel: 'bench', askRetentionMs: 86_400_000 };
const questions = 60;

describe('Weaviate ranks like the embedded store', { skip: noWeaviate }, () => {
  const ends: (() => Promise<void>)[] = [];
  let nodes: Awaited<ReturnType<typeof startWeaviateNodes>>;
  let stores: Knowledge[];
  before(async () => {
    const owner = { after: (hook: () => Promise<void>) => void ends.unshift(hook) };
    nodes = await startWeaviateNodes(owner);
    const dataDir = await temporaryFolder(owner);
    stores = [await startKnowledge({ dataDir, ...settings }), await startWeaviate({ ...nodes, ...settings })];
    for (const store of stores) owner.after(() => store.close());
  });
  after(async () => {
    for (const end of ends) await end();
  });

  /** Puts so many passages into a new collection of both stores; in Weaviate they replace other documents. */
  async function fill(name: string, size: number) {
    const [material, others] = [createMaterial(size), createMaterial(size, 2)];
    const documents = Array.from({ length: Math.ceil(size / passagesPerDocument) }, (_, number) => number);
    for (const store of stores) await store.createCollection(name);
    for (const number of documents) await stores[1]!.put([{ ...others.documentOf(number), collection: name }]);
    for (const store of stores)
      for (const number of documents) await store.put([{ ...material.documentOf(number), collection: name }]);
    return material;
  }

  /** Questions whose three best passages, or their scores, differ; which of two with equal scores comes first is each store's own. */
  async function differing(name: string, material: Material): Promise<string[]> {
    const differ: string[] = [];
    for (let number = 0; number < questions; number += 1) {
      const query = { collection: name, ...material.questionOf(number), topK: 4 };
      const [expected, found] = await Promise.all(stores.map((store) => store.search(query)));
      const last = expected![3]!.score + 1e-5;
      const best = (passages: FoundPassage[]) => passages.filter(({ score }) => score > last).map(({ text }) => text);
      const sameScores = [0, 1, 2].every((at) => Math.abs(found![at]!.score - expected![at]!.score) < 1e-5);
      if (!sameScores || best(found!).sort().join() !== best(expected!).sort().join()) differ.push(query.question);
    }
    return differ;
  }

  test('a small collection is ranked the same as soon as it is written', async () => {
    assert.deepEqual(await differing('small', await fill('small', passagesPerDocument)), []);
  });

  test('a larger collection is ranked the same for at least nine in ten questions, before the engine has written its segments', async () => {
    const differ = await differing('larger', await fill('larger', 2_000));
    assert.ok(differ.length <= questions / 10, `${differ.length} of ${questions}: ${differ.join('; ')}`);
  });
});
