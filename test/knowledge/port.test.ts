import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { startKnowledge } from '../../src/knowledge/client.ts';
import type { Knowledge } from '../../src/knowledge/port.ts';
import { startWeaviate } from '../../src/knowledge/weaviate/start-weaviate.ts';
import { hashedEmbedding } from '../doubles/hashed-embedding.ts';
import { smallDimension, smallDocument } from '../doubles/small-document.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';
import { textOf } from '../doubles/text-of.ts';
import { noWeaviate, startWeaviateNodes } from '../doubles/weaviate.ts';

/** A store to be tested: it can be opened over what it holds, and killed without warning. */
type Opened = { open: () => Promise<Knowledge>; crash: (knowledge: Knowledge) => Promise<void> };

const settings = { embeddingModel: 'hashed', askRetentionMs: 86_400_000 };

async function embedded(test: Test): Promise<Opened> {
  const dataDir = await temporaryFolder(test);
  return {
    open: () => startKnowledge({ dataDir, ...settings }),
    async crash(knowledge) {
      const pid = (knowledge as Awaited<ReturnType<typeof startKnowledge>>).hostPid();
      if (pid) process.kill(pid, 'SIGKILL');
    },
  };
}

async function weaviate(test: Test): Promise<Opened> {
  const nodes = await startWeaviateNodes(test);
  return {
    open: () => startWeaviate({ ...nodes, ...settings }),
    async crash() {
      await nodes.kill();
      await nodes.start();
    },
  };
}

const vectorOf = (text: string) => Float32Array.from(hashedEmbedding(text, smallDimension));
const ask = (knowledge: Knowledge, collection: string, question: string, topK = 3) =>
  knowledge.search({ collection, question, vector: vectorOf(question), topK });
const all = (knowledge: Knowledge, collection: string) => knowledge.documents({ collection, after: null, limit: 1000 });
/** A document of so many passages, each of which names its version. */
const versionOf = (source: string, version: string, passages: number, collection: string) =>
  smallDocument(
    source,
    Array.from({ length: passages }, (_, at) => `Pond ${at} of ${version} is deep.`).join('\n'),
    collection,
  );

for (const [name, start, skip] of [
  ['embedded store', embedded, false],
  ['Weaviate', weaviate, noWeaviate],
] as const)
  describe(name, { skip }, async () => {
    let store: Opened;
    let knowledge: Knowledge;
    let made = 0;

    // Closed in reverse order, so that a store ends before what it stands on.
    const ends: (() => Promise<void>)[] = [];
    before(async () => {
      store = await start({ after: (hook) => ends.unshift(hook) });
      knowledge = await store.open();
    });
    after(async () => {
      await knowledge.close();
      for (const end of ends) await end();
    });

    /** Makes a collection for one test alone. */
    async function newCollection() {
      made += 1;
      const collection = `pond-${made}`;
      assert.equal((await knowledge.createCollection(collection)).made, true);
      return collection;
    }

    test('a collection is created once, listed with its counts, and removed with all it holds', async () => {
      const collection = await newCollection();
      const empty = { name: collection, documents: 0, passages: 0, createdAt: '' };
      const again = await knowledge.createCollection(collection);
      assert.deepEqual([again.made, { ...again.collection, createdAt: '' }], [false, empty]);
      await knowledge.put([
        smallDocument('a.md', 'Alder\nBirch', collection),
        smallDocument('b.md', 'Cedar', collection),
      ]);
      const summary = (await knowledge.collection(collection))!;
      assert.deepEqual({ ...summary, createdAt: '' }, { ...empty, documents: 2, passages: 3 });
      assert.deepEqual((await knowledge.createCollection(collection)).collection, summary);
      assert.ok(Math.abs(Date.parse(summary.createdAt) - Date.now()) < 60_000);
      assert.deepEqual(
        (await knowledge.collections()).find((each) => each.name === collection),
        summary,
      );
      assert.equal(await knowledge.removeCollection(collection), true);
      assert.equal(await knowledge.removeCollection(collection), false);
      assert.equal(await knowledge.collection(collection), null);
      assert.ok((await knowledge.collections()).every((each) => each.name !== collection));
    });

    test('a collection that is removed and created again is empty', async () => {
      const collection = await newCollection();
      const [put] = await knowledge.put([smallDocument('a.md', 'Alder wood is light.', collection)]);
      await knowledge.removeCollection(collection);
      assert.equal(await knowledge.document(put!.id), null);
      assert.equal(await knowledge.remove(put!.id), false);
      await knowledge.createCollection(collection);
      assert.deepEqual(await all(knowledge, collection), []);
      assert.deepEqual(await ask(knowledge, collection, 'alder wood'), []);
      assert.equal(await knowledge.document(put!.id), null);
    });

    test('an emptied collection holds nothing and can be filled again', async () => {
      const collection = await newCollection();
      const [put] = await knowledge.put([smallDocument('a.md', 'Alder wood is light.', collection)]);
      assert.equal(await knowledge.emptyCollection(collection), true);
      assert.equal((await knowledge.collection(collection))!.documents, 0);
      assert.equal(await knowledge.document(put!.id), null);
      assert.deepEqual(await ask(knowledge, collection, 'alder wood'), []);
      await knowledge.put([smallDocument('b.md', 'Birch wood is white.', collection)]);
      assert.deepEqual(
        (await ask(knowledge, collection, 'alder wood')).map(({ source }) => source),
        ['b.md'],
      );
      assert.equal(await knowledge.emptyCollection('nowhere'), false);
    });

    test('using a collection that does not exist is refused as COLLECTION_NOT_FOUND', async () => {
      const gone = { code: 'COLLECTION_NOT_FOUND' };
      await assert.rejects(knowledge.put([smallDocument('a.md', 'Alder', 'nowhere')]), gone);
      await assert.rejects(knowledge.findSource('nowhere', 'a.md'), gone);
      await assert.rejects(all(knowledge, 'nowhere'), gone);
      await assert.rejects(ask(knowledge, 'nowhere', 'alder'), gone);
    });

    test('a document is read back exactly as it was put, whatever its source, text and metadata', async () => {
      const collection = await newCollection();
      const source = ' Über "Bäume"/\u{1f332}\\ {}.md ';
      const metadata = { tags: ['a', { deep: null }], id: 7, text: 'ü' };
      const document = { ...smallDocument(source, 'Alder \u{1f332} "wood"\r\n\tBirch\\n  \n', collection), metadata };
      const [put] = await knowledge.put([document]);
      assert.deepEqual({ ...put, id: '' }, { id: '', passages: 2, replaced: false });
      const stored = (await knowledge.document(put!.id))!;
      assert.deepEqual(stored.metadata, metadata);
      const { text } = document;
      assert.equal(await textOf(knowledge, put!.id), text);
      assert.equal(stored.characters, text.length);
      assert.deepEqual(await knowledge.findSource(collection, source), stored);
      assert.deepEqual(await all(knowledge, collection), [stored]);
      assert.equal(stored.contentHash, document.contentHash);
      assert.equal(await knowledge.findSource(collection, source.trim()), null);
      assert.equal(await knowledge.document('x'), null);
      assert.equal(await knowledge.document(`${put!.id}x`), null);
      const found = await ask(knowledge, collection, 'Birch');
      assert.equal(found[0]!.source, source);
      for (const passage of found) assert.equal(passage.text, text.slice(passage.start, passage.end));
    });

    test('a document replaces the one with the same source and keeps its id', async () => {
      const collection = await newCollection();
      const [first] = await knowledge.put([smallDocument('a.md', 'Alder wood is light.\nIt is red.', collection)]);
      const before = (await knowledge.document(first!.id))!;
      const [second] = await knowledge.put([smallDocument('a.md', 'Birch bark is white.', collection)]);
      assert.deepEqual(second, { id: first!.id, passages: 1, replaced: true });
      const now = (await knowledge.document(first!.id))!;
      assert.equal(await textOf(knowledge, now.id), 'Birch bark is white.');
      assert.equal(await knowledge.text(before, 0), null, 'the version before is gone');
      assert.equal(now.createdAt, before.createdAt);
      const found = await ask(knowledge, collection, 'alder wood light');
      assert.deepEqual(
        found.map(({ text }) => text),
        ['Birch bark is white.'],
      );
      // And back again: the same content as before has the same ids.
      await knowledge.put([smallDocument('a.md', 'Alder wood is light.\nIt is red.', collection)]);
      assert.equal((await ask(knowledge, collection, 'alder wood light')).length, 2);
      assert.equal((await knowledge.collection(collection))!.passages, 2);
    });

    test('if one put holds two documents with the same source, the last one is stored', async () => {
      const collection = await newCollection();
      const put = await knowledge.put([
        smallDocument('a.md', 'Alder', collection),
        smallDocument('b.md', 'Cedar', collection),
        smallDocument('a.md', 'Birch\nBeech', collection),
      ]);
      assert.deepEqual(
        put.map(({ replaced }) => replaced),
        [false, false, true],
      );
      assert.equal(put[0]!.id, put[2]!.id);
      assert.equal(await textOf(knowledge, put[0]!.id), 'Birch\nBeech');
      assert.equal((await knowledge.collection(collection))!.passages, 3);
    });

    test('a removed document is gone from lists, look-ups and searches', async () => {
      const collection = await newCollection();
      const [put] = await knowledge.put([smallDocument('a.md', 'Alder wood is light.', collection)]);
      await knowledge.put([smallDocument('b.md', 'Birch bark is white.', collection)]);
      assert.equal(await knowledge.remove(put!.id), true);
      assert.equal(await knowledge.remove(put!.id), false);
      assert.equal(await knowledge.document(put!.id), null);
      assert.equal(await knowledge.findSource(collection, 'a.md'), null);
      assert.deepEqual(
        (await ask(knowledge, collection, 'alder wood')).map(({ source }) => source),
        ['b.md'],
      );
    });

    test('documents are listed page by page in the byte order of their sources', async () => {
      const collection = await newCollection();
      const sources = ['Z.md', 'a.md', 'A.md', 'é.md', 'a b.md', ' a.md', '\u{1f332}.md', 'a', 'b/c.md', 'Ä', '~', '.'];
      await knowledge.put(sources.map((source) => smallDocument(source, 'Alder', collection)));
      const listed: string[] = [];
      for (let after: string | null = null; ; after = listed.at(-1)!) {
        const page = await knowledge.documents({ collection, after, limit: 5 });
        listed.push(...page.map(({ source }) => source));
        if (page.length < 5) break;
      }
      assert.deepEqual(
        listed,
        sources.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))),
      );
    });

    test('a search ranks by vectors and words together, and returns the windows of each passage', async () => {
      const collection = await newCollection();
      const lines = Array.from({ length: 30 }, (_, at) => `Tree number ${at} stands alone near pond ${at}.`);
      await knowledge.put([smallDocument('trees.md', lines.join('\n'), collection)]);
      await knowledge.put([smallDocument('other.md', 'Quixotic zebras graze.\nNothing of note.', collection)]);
      const found = await ask(knowledge, collection, 'Where do quixotic zebras graze?', 5);
      assert.equal(found.length, 5);
      assert.equal(found[0]!.text, 'Quixotic zebras graze.');
      assert.equal(found[0]!.title, 'other.md');
      assert.equal(found[0]!.score, 1);
      for (const [at, { rank, score, windows, start, end }] of found.entries()) {
        assert.equal(rank, at + 1);
        assert.ok(score >= 0 && score <= (found[at - 1]?.score ?? 1));
        assert.deepEqual(
          windows.map((window) => [window.start, window.end]),
          [[start, end]],
        );
      }
      const [best] = await ask(knowledge, collection, lines[17]!, 1);
      assert.equal(best!.text, lines[17]);
      assert.ok(Math.abs(best!.similarities[0]! - 1) < 1e-4);
      assert.ok((await ask(knowledge, collection, 'the of and')).length > 0);
      assert.ok((await ask(knowledge, collection, '"?!* {}')).length > 0);
    });

    test('among passages with the same word score the nearest ranks first, whichever was stored first', async () => {
      const collection = await newCollection();
      const silent = 'a the of and or but if in on at by for to'.split(' ');
      const lines = silent.flatMap((one) => silent.map((other) => `${one} alder wood ${other}`));
      await knowledge.put([smallDocument('alder.md', lines.join('\n'), collection)]);
      for (const line of [lines[0]!, lines.at(-1)!])
        assert.equal((await ask(knowledge, collection, line))[0]!.text, line);
    });

    test('a word is found in its other forms', async () => {
      const collection = await newCollection();
      await knowledge.put([smallDocument('a.md', 'They walked past the Ca\u00adfé.\nPonds freeze.', collection)]);
      const away = vectorOf('Ponds freeze.');
      for (const question of ['walking', 'walks', 'CAFE']) {
        const found = await knowledge.search({ collection, question, vector: away, topK: 2 });
        const score = (start: string) => found.find(({ text }) => text.startsWith(start))!.score;
        assert.ok(score('They') >= 0.5, question);
        assert.equal(score('Ponds'), 0.5, question);
      }
    });

    test("a passage with several windows ranks by the nearest of them, and each window's similarity is returned", async () => {
      const collection = await newCollection();
      const text = 'Alder wood is light. Quixotic zebras graze. Birch bark is white.';
      const spans = [...text.matchAll(/[^.]+\./g)].map(({ 0: window, index }) => ({
        start: index,
        end: index + window.length,
        headingPath: [],
      }));
      const one = smallDocument('one.md', text, collection);
      one.passages = [{ start: 0, end: text.length, headingPath: [], windows: spans }];
      one.vectors = Float32Array.from(spans.flatMap(({ start, end }) => [...vectorOf(text.slice(start, end))]));
      await knowledge.put([one, smallDocument('two.md', 'Cedars smell of resin.', collection)]);
      const [best] = await ask(knowledge, collection, ' Quixotic zebras graze.');
      assert.equal(best!.text, text);
      const { similarities } = best!;
      assert.equal(similarities.indexOf(Math.max(...similarities)), 1);
      assert.ok(Math.abs(similarities[1]! - 1) < 1e-4);
      assert.equal((await knowledge.stats()).dimension, smallDimension);
    });

    test('a collection neither finds nor affects what is in another', async () => {
      const [one, other] = [await newCollection(), await newCollection()];
      const [inOne] = await knowledge.put([smallDocument('a.md', 'Alder wood is light.', one)]);
      const [inOther] = await knowledge.put([smallDocument('a.md', 'Alder wood is heavy.', other)]);
      assert.notEqual(inOne!.id, inOther!.id);
      assert.deepEqual(
        (await ask(knowledge, one, 'alder wood')).map(({ text }) => text),
        ['Alder wood is light.'],
      );
      assert.deepEqual(
        (await ask(knowledge, other, 'alder wood')).map(({ text }) => text),
        ['Alder wood is heavy.'],
      );
      assert.equal((await knowledge.document(inOther!.id))!.collection, other);
      await knowledge.removeCollection(one);
      assert.equal((await ask(knowledge, other, 'alder wood')).length, 1);
      assert.equal(await textOf(knowledge, inOther!.id), 'Alder wood is heavy.');
    });

    test('the documents of one put are stored all together or not at all', async () => {
      const collection = await newCollection();
      await knowledge.put([smallDocument('a.md', 'Alder', collection)]);
      const misfit = { ...smallDocument('c.md', 'Cedar', collection), vectors: Float32Array.of(1, 0, 0) };
      const broken = knowledge.put([
        smallDocument('a.md', 'Acorn', collection),
        smallDocument('b.md', 'Birch', collection),
        misfit,
      ]);
      await assert.rejects(broken, { code: 'MODEL_BAD_OUTPUT' });
      assert.deepEqual(
        (await all(knowledge, collection)).map(({ source }) => source),
        ['a.md'],
      );
      assert.deepEqual(
        (await ask(knowledge, collection, 'acorn birch')).map(({ text }) => text),
        ['Alder'],
      );
      const notNumber = {
        ...smallDocument('d.md', 'Dogwood', collection),
        vectors: new Float32Array(smallDimension).fill(Number.NaN),
      };
      await assert.rejects(knowledge.put([notNumber]), { code: 'MODEL_BAD_OUTPUT' });
      const question = { collection, question: 'x', topK: 3 };
      await assert.rejects(knowledge.search({ ...question, vector: Float32Array.of(1) }), { code: 'MODEL_BAD_OUTPUT' });
      assert.deepEqual(await knowledge.put([]), []);
    });

    test('of several simultaneous puts of the same source exactly one version is left, whole', async () => {
      const collection = await newCollection();
      const versions = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'];
      const puts = await Promise.all(
        versions.map((version) => knowledge.put([versionOf('a.md', version, 8, collection)])),
      );
      assert.equal(puts.filter(([put]) => !put!.replaced).length, 1);
      const [only, ...others] = await all(knowledge, collection);
      assert.equal(others.length, 0);
      const text = await textOf(knowledge, only!.id);
      const found = await ask(knowledge, collection, 'How deep is the pond?', 20);
      assert.deepEqual(found.map((passage) => passage.text).sort(), text.split('\n').sort());
    });

    test('a search during a replacement finds the document in exactly one version, never a mixture or nothing', async () => {
      const collection = await newCollection();
      await knowledge.put([versionOf('a.md', 'version-0', 8, collection)]);
      for (let version = 1; version <= 10; version += 1) {
        const replaced = knowledge.put([versionOf('a.md', `version-${version}`, 8, collection)]);
        for (let search = 0; search < 3; search += 1) {
          const found = await ask(knowledge, collection, 'How deep is the pond?', 20);
          const versions = new Set(found.map(({ text }) => /version-\d+/.exec(text)![0]));
          assert.deepEqual([found.length, versions.size], [8, 1], [...versions].join());
        }
        await replaced;
      }
    });

    test('the store’s figures count what it holds', async () => {
      const before = await knowledge.stats();
      const collection = await newCollection();
      await knowledge.put([smallDocument('a.md', 'Alder\nBirch\nCedar', collection)]);
      await knowledge.put([smallDocument('a.md', 'Alder\nBirch', collection)]);
      const now = await knowledge.stats();
      for (const [what, more] of Object.entries({ documents: 1, passages: 2, windows: 2, collections: 1 }))
        assert.equal(now[what as 'documents'], before[what as 'documents'] + more, what);
      assert.equal(now.embeddingModel, 'hashed');
    });

    test('a large document of long passages is stored and found', async () => {
      const collection = await newCollection();
      const lines = Array.from(
        { length: 400 },
        (_, at) => `Line ${at} is about ${'alder birch cedar '.repeat(30)}number ${at}.`,
      );
      const [put] = await knowledge.put([smallDocument('long.md', lines.join('\n'), collection)]);
      assert.equal(put!.passages, 400);
      assert.equal(await textOf(knowledge, put!.id), lines.join('\n'));
      const [best] = await ask(knowledge, collection, lines[287]!);
      assert.equal(best!.text, lines[287]);
    });

    test('a long text is read in parts, which make it up whatever characters meet at their seams', async () => {
      const collection = await newCollection();
      for (const shift of [0, 1, 2, 3]) {
        const text = `${'a'.repeat(shift)}\0${'\u{1f332}'.repeat(2 ** 19)}${'ü'.repeat(2 ** 20)}.`;
        const passage = { start: 0, end: 5, headingPath: [] };
        const document = {
          ...smallDocument(`${shift}.md`, 'Alder', collection),
          ...{ text, contentHash: `${shift}`, passages: [{ ...passage, windows: [passage] }] },
        };
        const [put] = await knowledge.put([document]);
        assert.ok((await textOf(knowledge, put!.id)) === text, `${shift}`);
        if (name === 'Weaviate') continue;
        const first = (await knowledge.text({ id: put!.id, contentHash: document.contentHash }, 0))!;
        assert.ok(first.text.length < text.length && first.next! > 2 ** 18);
        assert.equal(await knowledge.text({ id: put!.id, contentHash: 'x' }, first.next!), null);
      }
    });

    test('an ask record is read back exactly as it was saved', async () => {
      const date = new Date(0);
      const reply = { answer: 'é\u{1f332}', trace: [1, { at: date }] };
      const record = { id: 'ask_1', collection: 'pond', keyName: null, createdAt: new Date().toISOString(), reply };
      const kept = { ...record, reply: () => reply };
      await knowledge.saveAsk(kept);
      await knowledge.saveAsk({ ...kept, id: 'ask_2', keyName: 'Ada' });
      assert.deepEqual({ ...(await knowledge.ask('ask_1')) }, record);
      assert.equal((await knowledge.ask('ask_2'))!.keyName, 'Ada');
      assert.equal(await knowledge.ask('ask_3'), null);
    });

    test('an ask record is found while it is still being written', async () => {
      const reply = { trace: randomBytes(1_000_000).toString('base64') };
      const record = { id: 'ask_4', collection: 'pond', keyName: null, createdAt: 'now', reply };
      const saved = knowledge.saveAsk({ ...record, reply: () => reply });
      assert.deepEqual({ ...(await knowledge.ask('ask_4')) }, record);
      await saved;
    });

    test('a store killed during puts keeps every acknowledged one, and every other one whole or not at all', async () => {
      const collection = await newCollection();
      const acknowledged: string[] = [];
      for (let round = 0; round < 3; round += 1) {
        const writes = Array.from({ length: 6 }, async (_, part) => {
          const twins = [`${round}-${part}-a.md`, `${round}-${part}-b.md`];
          await knowledge.put(twins.map((source) => versionOf(source, source, 3, collection)));
          acknowledged.push(...twins);
        });
        const settled = Promise.allSettled(writes);
        await Promise.any(writes);
        await store.crash(knowledge);
        for (const each of await settled) if (each.status === 'rejected') assert.equal(each.reason.code, 'NOT_READY');
      }
      await knowledge.close();
      knowledge = await store.open();
      const listed = await all(knowledge, collection);
      const sources = new Set(listed.map(({ source }) => source));
      assert.deepEqual(
        acknowledged.filter((source) => !sources.has(source)),
        [],
      );
      for (const source of sources)
        assert.ok(sources.has(source.replace(/[ab]\.md/, (end) => (end === 'a.md' ? 'b.md' : 'a.md'))), source);
      for (const { source, id } of listed) {
        const text = await textOf(knowledge, id);
        for (const line of text.split('\n')) {
          // Finds by the vector alone: no passage holds this word.
          const query = { collection, question: 'xylophone', vector: vectorOf(line), topK: 20 };
          const near = await knowledge.search(query);
          assert.ok(
            near.some((passage) => passage.text === line && passage.similarities[0]! > 0.999),
            line,
          );
        }
        const found = await ask(knowledge, collection, `Pond 0 of ${source} is deep.`, 20);
        assert.equal(found.filter((passage) => passage.source === source).length > 0, true, source);
        for (const passage of found.filter((each) => each.source === source)) assert.ok(text.includes(passage.text));
      }
    });
  });
