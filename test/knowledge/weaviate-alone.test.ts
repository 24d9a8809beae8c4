import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createCatchUp } from '../../src/knowledge/weaviate/catch-up.ts';
import { makeClasses } from '../../src/knowledge/weaviate/classes.ts';
import { documentIdOf, documentObjectId } from '../../src/knowledge/weaviate/documents.ts';
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
  assert.ok((await makeClasses(engine, 3)).reading('AssayWords', []).quorum);
  for (const question of ['Birch', 'xylophone']) {
    const vector = Float32Array.from(hashedEmbedding('Birch', smallDimension));
    const [found] = await knowledge.search({ collection: 'trees', question, vector, topK: 2 });
    assert.equal(found?.source, 'b.md', question);
  }
});

test('reading from a majority gives a node that was away whole documents, not only what was read of them', {
  skip: noWeaviate,
}, async (t) => {
  const cluster = await startWeaviateNodes(t, 3);
  const engine = openEngine({ endpoints: cluster.endpoints.slice(0, 1) });
  await makeClasses(engine, 3);
  const knowledge = await startWeaviate({ endpoints: cluster.endpoints.slice(0, 1), ...settings });
  t.after(() => Promise.all([knowledge.close(), engine.close()]));
  const path = '/v1/schema/AssayDocument';
  const { replicationConfig, ...definition } = (await engine.request<{ replicationConfig: object }>('GET', path))!;
  // Otherwise the nodes may compare their copies first.
  const quiet = { ...replicationConfig, asyncEnabled: false };
  await engine.request('PUT', path, { ...definition, replicationConfig: quiet });
  const copyAt = async (node: number, collection: string) => {
    const id = documentObjectId(documentIdOf(collection, 'a.md'));
    const where = `/v1/objects/AssayDocument/${id}?tenant=${collection}&node_name=node-${node}`;
    return (await engine.request<{ properties: object }>('GET', where))?.properties ?? null;
  };
  const vector = Float32Array.from(hashedEmbedding('Alder', smallDimension));
  const reads: Record<string, (collection: string) => Promise<unknown>> = {
    search: (collection) => knowledge.search({ collection, question: 'Alder', vector, topK: 9 }),
    source: (collection) => knowledge.findSource(collection, 'a.md'),
    list: (collection) => knowledge.documents({ collection, after: null, limit: 9 }),
  };

  for (const collection of Object.keys(reads)) await knowledge.createCollection(collection);
  await cluster.kill(2);
  for (const collection of Object.keys(reads))
    while (!(await knowledge.put([smallDocument('a.md', 'Alder', collection)]).catch(() => null)));
  await cluster.start(2);
  await cluster.kill(1); // so that the node that was away is needed for a majority
  for (const [collection, read] of Object.entries(reads)) {
    while (!(await copyAt(2, collection).catch(() => null))) await read(collection).catch(() => null);
    assert.deepEqual(await copyAt(2, collection), await copyAt(0, collection), collection);
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
