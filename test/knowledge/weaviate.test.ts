import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Knowledge } from '../../src/knowledge/port.ts';
import { createChanges } from '../../src/knowledge/weaviate/changes.ts';
import { makeClasses, tenantClasses } from '../../src/knowledge/weaviate/classes.ts';
import { createCollections } from '../../src/knowledge/weaviate/collections.ts';
import { createDocuments } from '../../src/knowledge/weaviate/documents.ts';
import { type EngineObject, openEngine } from '../../src/knowledge/weaviate/engine.ts';
import { createFacts } from '../../src/knowledge/weaviate/facts.ts';
import { startWeaviate } from '../../src/knowledge/weaviate/start-weaviate.ts';
import { hashedEmbedding } from '../doubles/hashed-embedding.ts';
import { smallDimension, smallDocument } from '../doubles/small-document.ts';
import { noWeaviate, startWeaviateNodes } from '../doubles/weaviate.ts';

const settings = { embeddingModel: 'hashed', askRetentionMs: 86_400_000 };
const vectorOf = (text: string) => Float32Array.from(hashedEmbedding(text, smallDimension));
/** Searches by the vector alone: no passage holds the word “xylophone”. */
const near = (knowledge: Knowledge, collection: string, text: string) =>
  knowledge.search({ collection, question: 'xylophone', vector: vectorOf(text), topK: 20 });
const sourcesOf = async (knowledge: Knowledge, collection: string) =>
  (await knowledge.documents({ collection, after: null, limit: 100 })).map(({ source }) => source);

test('a Weaviate that does not answer is reported as NOT_READY', async () => {
  const nowhere = startWeaviate({ endpoints: ['http://127.0.0.1:9', 'http://127.0.0.1:9'], ...settings });
  await assert.rejects(nowhere, { code: 'NOT_READY' });
});

describe('a single Weaviate node', { skip: noWeaviate }, () => {
  const ends: (() => Promise<void>)[] = [];
  let nodes: Awaited<ReturnType<typeof startWeaviateNodes>>;
  before(async () => {
    nodes = await startWeaviateNodes({ after: (hook) => ends.unshift(hook) });
  });
  after(async () => {
    for (const end of ends) await end();
  });

  test('a start with another model is refused once vectors are stored, and accepted before', async () => {
    await (await startWeaviate({ ...nodes, ...settings, embeddingModel: 'other' })).close();
    const knowledge = await startWeaviate({ ...nodes, ...settings });
    await knowledge.createCollection('models');
    await knowledge.put([smallDocument('a.md', 'Alder', 'models')]);
    await assert.rejects(startWeaviate({ ...nodes, ...settings, embeddingModel: 'other' }), {
      code: 'BAD_SETTINGS',
      message: /embedded with hashed/,
    });
    await knowledge.close();
  });

  test('a put whose connection breaks while its vectors are written is done all the same, and stored once', async (t) => {
    let breaks = 0;
    const proxy = createServer(async (request, reply) => {
      const body = await text(request);
      const { method = '', url = '' } = request;
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(nodes.endpoints[0] + url, { method, headers, ...(body !== '' && { body }) });
      const words = await answer.text();
      if (breaks > 0 && body.includes('AssayWindow')) {
        breaks -= 1;
        reply.destroy();
      } else reply.writeHead(answer.status).end(words);
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const knowledge = await startWeaviate({ endpoints: [endpoint], ...settings });
    t.after(async () => {
      await knowledge.close();
      proxy.close();
    });
    await knowledge.createCollection('broken');
    const document = smallDocument('a.md', 'Alder wood is light.', 'broken');
    breaks = 1;
    assert.deepEqual((await knowledge.put([document]))[0]?.replaced, false);
    assert.equal(breaks, 0);
    assert.deepEqual(
      (await near(knowledge, 'broken', 'Alder')).map(({ text: found }) => found),
      ['Alder wood is light.'],
    );
    breaks = Number.POSITIVE_INFINITY;
    await assert.rejects(knowledge.put([smallDocument('b.md', 'Birch', 'broken')]), { code: 'NOT_READY' });
    assert.deepEqual(await sourcesOf(knowledge, 'broken'), ['a.md']);
  });

  test('a collection that is removed while all are counted is left out, and the others are counted', async (t) => {
    const engine = openEngine(nodes);
    t.after(() => engine.close());
    await makeClasses(engine);
    const facts = createFacts(engine);
    const { create, remove } = createCollections(engine, facts);
    for (const name of ['kept', 'gone']) await create(name);
    const removing: typeof engine = {
      ...engine,
      async query(kind, parts) {
        if (kind === 'Aggregate') await remove('gone');
        return engine.query(kind, parts);
      },
    };
    const all = (await createCollections(removing, facts).all()).map(({ name }) => name);
    assert.deepEqual([all.includes('kept'), all.includes('gone')], [true, false]);
  });

  test('right after a put the engine can be killed, and two instances find the passage by its vector', async () => {
    const [one, other] = [
      await startWeaviate({ ...nodes, ...settings }),
      await startWeaviate({ ...nodes, ...settings }),
    ];
    await one.createCollection('vectors');
    await one.put([smallDocument('a.md', 'Alder wood is light.', 'vectors')]);
    await nodes.kill();
    await nodes.start();
    for (const knowledge of [one, other]) {
      const [found] = await near(knowledge, 'vectors', 'Alder wood is light.');
      assert.equal(found?.text, 'Alder wood is light.');
      await knowledge.close();
    }
  });

  test('a put whose process died is undone by a later start if it was not yet committed, and completed if it was', async () => {
    const knowledge = await startWeaviate({ ...nodes, ...settings });
    const collection = 'crashes';
    await knowledge.createCollection(collection);
    await knowledge.put([smallDocument('a.md', 'Alder\nAcorn', collection)]);

    /** Puts two documents through an instance that stops for good at the first write for which `isLast` is true. */
    async function putAndStop(isLast: (object: EngineObject) => boolean) {
      const engine = openEngine(nodes);
      const select = await makeClasses(engine);
      const write = async (objects: EngineObject[]) => {
        if (objects.some(isLast)) throw new Error('gone');
        await engine.write(objects);
      };
      const dying = { ...engine, write };
      const documents = createDocuments(engine, select);
      const changes = createChanges({ engine: dying, select, documents, abandonedMs: 60_000 });
      const two = [smallDocument('a.md', 'Birch\nBeech', collection), smallDocument('b.md', 'Cedar', collection)];
      await assert.rejects(changes.put(two), /gone/);
      await engine.close();
    }
    /** How many objects of each class there are, invisible ones included. */
    async function counts() {
      const engine = openEngine(nodes);
      const names = ['AssayDocument', 'AssayText', 'AssayPassage', 'AssayWindow', 'AssayWords', 'AssayChange'];
      const parts = names.map((name) => `${name}(tenant:"${collection}"){meta{count}}`).join(' ');
      const found = await engine.query<Record<string, { meta: { count: number } }[]>>('Aggregate', parts);
      await engine.close();
      return names.map((name) => found[name]![0]!.meta.count);
    }

    // Before the put is committed: when its record is about to name the documents.
    await putAndStop(({ properties }) => String(properties.documents ?? '').length > 2);
    assert.deepEqual(await counts(), [1, 3, 5, 5, 5, 1]);
    assert.deepEqual(await sourcesOf(knowledge, collection), ['a.md']);
    assert.deepEqual((await near(knowledge, collection, 'Birch')).map(({ text }) => text).sort(), ['Acorn', 'Alder']);
    const young = await startWeaviate({ ...nodes, ...settings });
    assert.deepEqual(await counts(), [1, 3, 5, 5, 5, 1], 'it may still be under way');
    await young.close();
    await (await startWeaviate({ ...nodes, ...settings, abandonedMs: 0 })).close();
    assert.deepEqual(await counts(), [1, 1, 2, 2, 2, 0]);

    // After it is committed: when the documents are about to be switched.
    await putAndStop((object) => object.class === 'AssayDocument');
    assert.deepEqual(await sourcesOf(knowledge, collection), ['a.md']);
    await (await startWeaviate({ ...nodes, ...settings, abandonedMs: 0 })).close();
    assert.deepEqual(await sourcesOf(knowledge, collection), ['a.md', 'b.md']);
    assert.deepEqual(await counts(), [2, 2, 3, 3, 3, 0]);
    assert.deepEqual((await near(knowledge, collection, 'Birch')).map(({ text }) => text).sort(), [
      'Beech',
      'Birch',
      'Cedar',
    ]);

    // A document that is removed afterwards is not brought back when the put is completed.
    await putAndStop((object) => object.class === 'AssayDocument');
    const { id } = (await knowledge.findSource(collection, 'a.md'))!;
    assert.equal(await knowledge.remove(id), true);
    await (await startWeaviate({ ...nodes, ...settings })).close();
    assert.deepEqual(await sourcesOf(knowledge, collection), ['b.md']);
    assert.equal(await knowledge.document(id), null);
    await knowledge.close();
  });

  test('a put that was committed is completed before a removal, however many others were interrupted before', async () => {
    const knowledge = await startWeaviate({ ...nodes, ...settings });
    const collection = 'many-changes';
    await knowledge.createCollection(collection);
    const engine = openEngine(nodes);
    const select = await makeClasses(engine);
    const write = async (objects: EngineObject[]) => {
      if (objects.some((object) => object.class === 'AssayDocument')) throw new Error('gone');
      await engine.write(objects);
    };
    const documents = createDocuments(engine, select);
    const changes = createChanges({ engine: { ...engine, write }, select, documents, abandonedMs: 60_000 });
    const interrupted = Array.from({ length: 120 }, (_, at) => ({
      class: 'AssayChange',
      // Before all that are made below, as the engine lists by id.
      id: `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
      tenant: collection,
      properties: { beganAt: Date.now(), steps: '[]', documents: '[]' },
    }));
    await engine.write(interrupted);
    const two = [smallDocument('a.md', 'Birch', collection), smallDocument('b.md', 'Cedar', collection)];
    await assert.rejects(changes.put(two), /gone/);
    await knowledge.put([smallDocument('a.md', 'Alder', collection)]);
    assert.equal(await knowledge.remove((await knowledge.findSource(collection, 'a.md'))!.id), true);
    await (await startWeaviate({ ...nodes, ...settings, abandonedMs: 0 })).close();
    await (await startWeaviate({ ...nodes, ...settings, abandonedMs: 0 })).close();
    assert.deepEqual(await sourcesOf(knowledge, collection), ['b.md']);
    await engine.close();
    await knowledge.close();
  });

  test('a put into a collection that is removed and made again meanwhile is refused as a whole', async () => {
    const knowledge = await startWeaviate({ ...nodes, ...settings });
    const collection = 'made-again';
    await knowledge.createCollection(collection);
    const engine = openEngine(nodes);
    const select = await makeClasses(engine);
    const writeVectors = async (objects: EngineObject[]) => {
      await engine.writeVectors(objects);
      await knowledge.emptyCollection(collection);
    };
    const documents = createDocuments(engine, select);
    const changes = createChanges({ engine: { ...engine, writeVectors }, select, documents, abandonedMs: 60_000 });
    await assert.rejects(changes.put([smallDocument('a.md', 'Alder', collection)]), { code: 'COLLECTION_NOT_FOUND' });
    assert.deepEqual(await sourcesOf(knowledge, collection), []);
    await knowledge.put([smallDocument('a.md', 'Alder', collection)]);
    assert.deepEqual(
      (await near(knowledge, collection, 'Alder')).map(({ text }) => text),
      ['Alder'],
    );
    await engine.close();
    await knowledge.close();
  });

  test('a collection that is made and removed at the same time takes documents if it is there in the end', async () => {
    const [one, other] = [
      await startWeaviate({ ...nodes, ...settings }),
      await startWeaviate({ ...nodes, ...settings }),
    ];
    const takes = async (collection: string) => {
      await one.put([smallDocument('a.md', 'Alder', collection)]);
      assert.deepEqual(
        (await near(other, collection, 'Alder')).map(({ text }) => text),
        ['Alder'],
      );
    };
    for (let at = 0; at < 8; at += 1) {
      const collection = `race-${at}`;
      await one.createCollection(collection);
      // By one instance: one after the other.
      await Promise.all([one.emptyCollection(collection), one.emptyCollection(collection)]);
      await takes(collection);
      // By two: whatever is missing is made when the collection is asked for again.
      await Promise.all([one.emptyCollection(collection), other.emptyCollection(collection)]);
      await one.createCollection(collection);
      await takes(collection);
    }
    const engine = openEngine(nodes);
    await engine.request('DELETE', '/v1/schema/AssayWindow/tenants', ['race-0', 'race-1']);
    await engine.close();
    await (await startWeaviate({ ...nodes, ...settings })).close(); // or at the next look for leftovers
    await takes('race-0');
    await one.close();
    await other.close();
  });

  test('an engine that has set itself to read-only, as it does when its disk is nearly full, refuses writes and is still searched', async () => {
    const knowledge = await startWeaviate({ ...nodes, ...settings });
    const collection = 'full';
    await knowledge.createCollection(collection);
    await knowledge.put([smallDocument('a.md', 'Alder', collection)]);
    const engine = openEngine(nodes);
    const setAll = async (status: string) => {
      for (const className of tenantClasses)
        await engine.request('PUT', `/v1/schema/${className}/shards/${collection}`, { status });
    };
    await setAll('READONLY');
    const { id } = (await knowledge.findSource(collection, 'a.md'))!;
    for (const source of ['a.md', 'b.md'])
      await assert.rejects(knowledge.put([smallDocument(source, 'Birch', collection)]), { code: 'STORAGE_FULL' });
    await assert.rejects(knowledge.remove(id), { code: 'STORAGE_FULL' });
    assert.deepEqual(
      (await near(knowledge, collection, 'Alder')).map(({ text }) => text),
      ['Alder'],
    );
    await setAll('READY');
    await knowledge.put([smallDocument('a.md', 'Birch', collection)]);
    assert.deepEqual(
      (await near(knowledge, collection, 'Birch')).map(({ text }) => text),
      ['Birch'],
    );
    await engine.close();
    await knowledge.close();
  });

  test('ask records past their retention are not found, and are deleted', async () => {
    const record = { id: 'ask_old', collection: 'x', keyName: null, createdAt: new Date().toISOString(), reply: {} };
    const knowledge = await startWeaviate({ ...nodes, ...settings });
    await knowledge.saveAsk({ ...record, reply: () => record.reply });
    await knowledge.close();
    const forgetful = await startWeaviate({ ...nodes, ...settings, askRetentionMs: 0 });
    assert.equal(await forgetful.ask('ask_old'), null);
    await forgetful.close();
    const again = await startWeaviate({ ...nodes, ...settings });
    assert.equal(await again.ask('ask_old'), null);
    await again.close();
  });
});

test('a Weaviate that requires a key is opened with that key alone', { skip: noWeaviate }, async (t) => {
  const apiKey = 'canary-key-of-weaviate';
  const nodes = await startWeaviateNodes(t, 1, { apiKey });
  const knowledge = await startWeaviate({ ...nodes, ...settings, apiKey });
  t.after(() => knowledge.close());
  await knowledge.createCollection('keys');
  await knowledge.put([smallDocument('a.md', 'Alder', 'keys')]);
  assert.equal((await near(knowledge, 'keys', 'Alder'))[0]!.text, 'Alder');
  await knowledge.remove((await knowledge.findSource('keys', 'a.md'))!.id);
  for (const wrong of [undefined, 'canary-other-key'])
    await assert.rejects(startWeaviate({ ...nodes, ...settings, apiKey: wrong }), ({ code, message, stack }) => {
      assert.deepEqual([code, message], ['BAD_SETTINGS', 'WEAVIATE_API_KEY: Weaviate refuses it.']);
      assert.doesNotMatch(stack, /canary/);
      return true;
    });
});

test('a cluster of three nodes works on while each in turn is killed and restarted, and shows every acknowledged change', {
  // Three engines need more than a machine has that also runs other tests.
  skip:
    noWeaviate ||
    (process.env.WEAVIATE_CLUSTER === 'true'
      ? false
      : 'WEAVIATE_CLUSTER=true runs it, on a machine with nothing else to do'),
}, async (t) => {
  const nodes = await startWeaviateNodes(t, 3);
  const knowledge = await startWeaviate({ ...nodes, ...settings });
  t.after(() => knowledge.close());
  await knowledge.createCollection('trees');
  const there = new Map<string, string>();
  const removed = new Set<string>();
  let refused = 0;
  const attempt = async (change: () => Promise<unknown>) => {
    const done = await change().then(
      () => true,
      (error) => {
        assert.equal(error.code, 'NOT_READY');
        return false;
      },
    );
    if (!done) refused += 1;
    return done;
  };
  async function change(round: string) {
    for (let at = 0; at < 8; at += 1) {
      // One document replaces another, which leaves the number of objects as it was.
      const source = at === 0 ? 'same.md' : `${round}-${at}.md`;
      const text = `Tree of ${round} ${at} is tall.`;
      there.delete(source); // a put that was refused may have been carried out nevertheless
      if (await attempt(() => knowledge.put([smallDocument(source, text, 'trees')]))) there.set(source, text);
    }
    const first = [...there.keys()].find((source) => source !== 'same.md');
    const { id } = (await knowledge.findSource('trees', first!))!;
    there.delete(first!);
    if (await attempt(() => knowledge.remove(id))) removed.add(first!);
  }
  async function check() {
    const listed = await sourcesOf(knowledge, 'trees');
    assert.deepEqual(
      [...there.keys()].filter((source) => !listed.includes(source)),
      [],
    );
    assert.deepEqual(
      [...removed].filter((source) => listed.includes(source)),
      [],
    );
    for (const [source, text] of there) {
      const found = await near(knowledge, 'trees', text);
      assert.ok(
        found.some((passage) => passage.source === source && passage.text === text),
        source,
      );
    }
  }

  await change('first');
  assert.equal(refused, 0);
  await check();
  for (const node of [0, 1, 2]) {
    await nodes.kill(node);
    await change(`without-${node}`);
    await check();
    await nodes.start(node);
    await check(); // the node says it is ready, though it lacks what was written meanwhile
    await change(`with-${node}`);
    await check();
    await untilAllEqual();
    await check();
  }
  assert.ok(refused <= 6, `${refused} changes were refused`);

  /** Waits until all nodes hold the same documents and windows, that is, until the restarted one has caught up. */
  async function untilAllEqual() {
    const engines = nodes.endpoints.map((endpoint) => openEngine({ endpoints: [endpoint] }));
    const parts = ['AssayDocument', 'AssayWindow']
      .map((name) => `${name}(tenant:"trees"){meta{count} mark{sum}}`)
      .join(' ');
    for (let counts = ['', ' ']; new Set(counts).size > 1; await delay(500))
      counts = await Promise.all(engines.map(async (engine) => JSON.stringify(await engine.query('Aggregate', parts))));
    for (const engine of engines) await engine.close();
  }
});
