import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createChanges } from '../../src/knowledge/weaviate/changes.ts';
import { makeClasses } from '../../src/knowledge/weaviate/classes.ts';
import { createDocuments } from '../../src/knowledge/weaviate/documents.ts';
import { type EngineObject, openEngine } from '../../src/knowledge/weaviate/engine.ts';
import { startWeaviate } from '../../src/knowledge/weaviate/start-weaviate.ts';
import { hashedEmbedding } from '../doubles/hashed-embedding.ts';
import { smallDimension, smallDocument } from '../doubles/small-document.ts';
import { noWeaviate, startWeaviateNodes } from '../doubles/weaviate.ts';

const settings = { embeddingModel: 'hashed', askRetentionMs: 86_400_000 };
const collection = 'default';
const abandonedMs = 600_000;
const hourMs = 3_600_000;

test('wrong clocks neither lose documents nor separate those of one put', { skip: noWeaviate }, async (t) => {
  const nodes = await startWeaviateNodes(t);
  const real = Date.now();
  t.mock.timers.enable({ apis: ['Date'], now: real });
  const knowledge = await startWeaviate({ ...nodes, ...settings });
  t.after(() => knowledge.close());
  await knowledge.createCollection(collection);
  await knowledge.put([smallDocument('a.md', 'Alder', collection)]);
  const texts = async (text: string) => {
    const vector = Float32Array.from(hashedEmbedding(text, smallDimension));
    const found = await knowledge.search({ collection, question: 'xylophone', vector, topK: 20 });
    return found.map((passage) => passage.text).sort();
  };

  /** The writing part of an instance that calls `beforeWrite` for each object it writes. */
  async function changesOf(beforeWrite: (object: EngineObject) => unknown) {
    const engine = openEngine(nodes);
    t.after(() => engine.close());
    const select = await makeClasses(engine);
    const write = async (objects: EngineObject[]) => {
      for (const object of objects) await beforeWrite(object);
      await engine.write(objects);
    };
    return createChanges({
      engine: { ...engine, write },
      select,
      documents: createDocuments(engine, select),
      abandonedMs,
    });
  }

  // In the middle of a put, another instance starts whose clock is ahead.
  const slow = await changesOf(async (object) => {
    if (object.class !== 'AssayDocument') return;
    t.mock.timers.setTime(real + hourMs);
    await (await startWeaviate({ ...nodes, ...settings })).close();
    t.mock.timers.setTime(real);
  });
  await slow.put([smallDocument('a.md', 'Birch', collection)]);
  assert.deepEqual(await texts('Birch'), ['Birch']);

  // An instance whose clock is behind dies after it has committed to changing two documents.
  t.mock.timers.setTime(real - hourMs);
  const dying = await changesOf((object) => {
    if (object.class === 'AssayDocument') throw new Error('gone');
  });
  const two = [smallDocument('a.md', 'Cedar', collection), smallDocument('b.md', 'Elm', collection)];
  await assert.rejects(dying.put(two), /gone/);
  t.mock.timers.setTime(real);
  await (await startWeaviate({ ...nodes, ...settings })).close();
  assert.deepEqual(await texts('Cedar'), ['Cedar', 'Elm']);
});
