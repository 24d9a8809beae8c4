import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createCatchUp } from '../../src/knowledge/weaviate/catch-up.ts';
import { makeClasses } from '../../src/knowledge/weaviate/classes.ts';
import { openEngine } from '../../src/knowledge/weaviate/engine.ts';
import { openNodes } from '../../src/knowledge/weaviate/nodes.ts';
import { startWeaviate } from '../../src/knowledge/weaviate/start-weaviate.ts';
import { hashedEmbedding } from '../doubles/hashed-embedding.ts';
import { smallDimension, smallDocument } from '../doubles/small-document.ts';
import { noWeaviate, startWeaviateNodes } from '../doubles/weaviate.ts';

const settings = { embeddingModel: 'hashed', askRetentionMs: 86_400_000 };

test('documents of which three nodes keep copies are found by their words and by their vectors', {
  skip: noWeaviate,
}, async (t) => {
  const cluster = await startWeaviateNodes(t, 3);
  const knowledge = await startWeaviate({ ...cluster, ...settings });
  t.after(() => knowledge.close());
  await knowledge.createCollection('trees');
  await knowledge.put([smallDocument('a.md', 'Alder', 'trees'), smallDocument('b.md', 'Birch', 'trees')]);
  const engine = openEngine(cluster);
  t.after(() => engine.close());
  assert.ok((await makeClasses(engine, 3)).isReplicated('AssayWords'));
  for (const question of ['Birch', 'xylophone']) {
    const vector = Float32Array.from(hashedEmbedding('Birch', smallDimension));
    const [found] = await knowledge.search({ collection: 'trees', question, vector, topK: 2 });
    assert.equal(found?.source, 'b.md', question);
  }
});

test('a node cut off from its cluster answers majority reads alone, so it is not considered up to date', {
  skip: noWeaviate,
}, async (t) => {
  const cluster = await startWeaviateNodes(t, 3);
  const engines = cluster.endpoints.map((endpoint) => openEngine({ endpoints: [endpoint] }));
  await makeClasses(engines[0]!, 3);
  const knowledge = await startWeaviate({ endpoints: cluster.endpoints.slice(0, 2), ...settings });
  const nodes = cluster.endpoints.map((endpoint) => openNodes({ endpoints: [endpoint] }));
  t.after(async () => {
    await Promise.all([knowledge, ...engines, ...nodes].map((each) => each.close()));
  });
  const hasAsMuch = createCatchUp(engines[0]!);
  const lastHasAsMuch = () => hasAsMuch(nodes[2]!.choose(), nodes[0]!.choose()).catch(() => false);
  const put = async (source: string) => {
    const document = smallDocument(source, 'Alder', 'trees');
    while (!(await knowledge.put([document]).catch(({ code }) => assert.equal(code, 'NOT_READY'))));
  };
  const documentsAt = async (at: number) => {
    const parts = 'AssayDocument(tenant:"trees" consistencyLevel:QUORUM){source}';
    const { AssayDocument } = await engines[at]!.query<{ AssayDocument: { source: string }[] }>('Get', parts);
    return AssayDocument.map(({ source }) => source).sort();
  };

  await knowledge.createCollection('trees');
  await put('a.md');
  while (!(await lastHasAsMuch())) await delay(100);
  await cluster.kill(2);
  await cluster.startAlone(2);
  assert.deepEqual(await documentsAt(2), ['a.md']);
  assert.equal(await lastHasAsMuch(), false, 'though it has as much');
  // The other nodes still write to it until they notice that it is gone.
  while ((await engines[0]!.membersAt(nodes[0]!.choose())).length > 2) await delay(100);
  await put('b.md');
  assert.deepEqual(await documentsAt(0), ['a.md', 'b.md']);
  assert.deepEqual(await documentsAt(2), ['a.md']);
});
