import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { FaissStore } from '@langchain/community/vectorstores/faiss';
import { Document } from '@langchain/core/documents';
import { FakeEmbeddings } from '@langchain/core/utils/testing';
import fc from 'fast-check';
import { describeEntry } from '../../src/commands/import-faiss.ts';
import { AppError } from '../../src/errors.ts';
import { startKnowledge } from '../../src/knowledge/client.ts';
import { openFlatFile } from '../../src/knowledge/faiss-flat-file.ts';
import { readFaissStoreFolder } from '../../src/knowledge/faiss-store-folder.ts';
import { importFaissStore } from '../../src/knowledge/import-faiss-store.ts';
import { verifyStore } from '../../src/knowledge/verify.ts';
import { runCommand } from '../doubles/command-line.ts';
import { hashedEmbedding } from '../doubles/hashed-embedding.ts';
import { startOpenAiServer } from '../doubles/openai-server.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';
import { noWeaviate, startWeaviateNodes } from '../doubles/weaviate.ts';

const dimension = 64;
const vectorOf = (text: string) => hashedEmbedding(text, dimension);
const textOf = (at: number) => `Tree ${at} stands alone near pond ${at}.`;

/** The folder in which LangChain.js itself saved a FaissStore of 200 documents. */
let savedIn: string;

before(async (context) => {
  savedIn = await temporaryFolder(context as unknown as Test);
  await saveStore(savedIn, 200);
});

async function saveStore(folder: string, count: number) {
  const store = new FaissStore(new FakeEmbeddings(), {});
  const places = Array.from({ length: count }, (_, at) => at);
  await store.addVectors(
    places.map((at) => vectorOf(textOf(at)).map((value) => value * (at + 1))), // FAISS accepts vectors of any length
    places.map((at) => new Document({ pageContent: textOf(at), metadata: { source: `/home/ann/${at % 7}.md`, at } })),
    { ids: places.map((at) => `id-${at}`) },
  );
  await store.save(folder);
  return store;
}

/** A copy of the saved folder, with a change made to it. */
async function changedFolder(t: Test, change: (folder: string) => void) {
  const folder = join(await temporaryFolder(t), 'saved');
  cpSync(savedIn, folder, { recursive: true });
  change(folder);
  return folder;
}

const editDocstore =
  (edit: (saved: [[string, Record<string, unknown>][], Record<string, unknown>]) => unknown) => (folder: string) => {
    const file = join(folder, 'docstore.json');
    writeFileSync(file, JSON.stringify(edit(JSON.parse(readFileSync(file, 'utf8')))));
  };

async function open(t: Test, dataDir: string) {
  const knowledge = await startKnowledge({ dataDir, embeddingModel: 'hashed' });
  t.after(() => knowledge.close());
  const take = (folder: string, embed: Parameters<typeof importFaissStore>[0]['embed'] = null) => {
    const saved = readFaissStoreFolder(folder, { withVectors: embed === null });
    const options = { saved, collection: 'taken', dimension, knowledge, describe: describeEntry, embed };
    return importFaissStore(options).finally(() => saved.vectors?.close());
  };
  return { knowledge, take };
}

test('a folder that FaissStore saved is imported; importing it again changes nothing, and edited entries are replaced', async (t) => {
  const dataDir = await temporaryFolder(t);
  const { knowledge, take } = await open(t, dataDir);
  assert.deepEqual(await take(savedIn), { entries: 200, added: 200, replaced: 0, unchanged: 0, failed: [] });
  const question = 'Where does tree 77 stand?';
  const vector = Float32Array.from(vectorOf(question));
  const [best] = await knowledge.search({ collection: 'taken', question, vector, topK: 3 });
  assert.equal(best?.text, textOf(77));
  assert.equal(best.source, 'home/ann/0.md#id-77');
  const { metadata, passages } = (await knowledge.document(best.documentId))!;
  assert.deepEqual([metadata, passages], [{ source: '/home/ann/0.md', at: 77 }, 1]);

  assert.equal((await take(savedIn)).unchanged, 200);
  const edited = await changedFolder(
    t,
    editDocstore((saved) => {
      saved[0][5]![1].pageContent = 'Tree 5 was felled.';
      return saved;
    }),
  );
  assert.deepEqual(await take(edited), { entries: 200, added: 0, replaced: 1, unchanged: 199, failed: [] });
  assert.equal((await knowledge.stats()).documents, 200);
  assert.deepEqual(
    (await verifyStore({ dataDir })).filter(({ ok }) => !ok),
    [],
  );
});

test('the vectors read from the folder are those FaissStore has for the same texts', async (t) => {
  const folder = await temporaryFolder(t);
  const oracle = new FaissStore(new FakeEmbeddings(), {});
  const texts = Array.from({ length: 100 }, (_, at) => textOf(at));
  await oracle.addVectors(
    texts.map(vectorOf),
    texts.map((pageContent) => new Document({ pageContent })),
  );
  await oracle.save(folder);
  const { entries, vectors } = readFaissStoreFolder(folder, { withVectors: true });
  t.after(async () => vectors!.close());
  for (const at of [0, 41, 99]) {
    const [[nearest, distance]] = (await oracle.similaritySearchVectorWithScore([...vectors!.vector(at)], 1)) as [
      [Document, number],
    ];
    assert.equal(nearest.pageContent, entries[at]!.text);
    assert.ok(distance < 1e-6);
  }
});

test('a flat inner-product index is read as well; any other kind is refused by its name', async (t) => {
  const { default: faiss } = await import('faiss-node');
  const file = join(await temporaryFolder(t), 'faiss.index');
  const flat = new faiss.IndexFlatIP(3);
  flat.add([1, 2, 3, 4, 5, 6]);
  flat.write(file);
  const read = openFlatFile(file);
  assert.deepEqual([read.count, read.dimension, [...read.vector(1)]], [2, 3, [4, 5, 6]]);
  assert.throws(() => read.vector(2), { message: /no vector 2/ });
  read.close();
  faiss.Index.fromFactory(3, 'HNSW8').write(file);
  assert.throws(() => openFlatFile(file), {
    code: 'BAD_DOCUMENT',
    message: /an index of the kind IHNf, and only a flat one/,
  });
});

test('with vectors of another model, texts are embedded anew in batches, and after a failed batch the next run continues', async (t) => {
  const { knowledge, take } = await open(t, await temporaryFolder(t));
  const folder = await changedFolder(t, (each) => writeFileSync(join(each, 'faiss.index'), 'not looked at'));
  const embedded: string[] = [];
  const embed = async (documents: { title: string; text: string }[]) => {
    embedded.push(...documents.map(({ text }) => text));
    return documents.map(({ text }) => Float32Array.from(vectorOf(text)));
  };
  const breaking = async (documents: { title: string; text: string }[]) => {
    if (embedded.length > 100) throw new AppError('MODEL_UNAVAILABLE', 'The model is gone.');
    return embed(documents);
  };
  await assert.rejects(take(folder, breaking), { code: 'MODEL_UNAVAILABLE' });
  assert.equal((await knowledge.stats()).documents, 128);
  assert.deepEqual(await take(folder, embed), { entries: 200, added: 72, replaced: 0, unchanged: 128, failed: [] });
  assert.deepEqual(
    embedded,
    Array.from({ length: 200 }, (_, at) => textOf(at)),
  );
});

test('an entry that is too long for the embedding model is left out and named, and the others of its batch are imported', async (t) => {
  const { knowledge, take } = await open(t, await temporaryFolder(t));
  const cause = { code: 'context_length_exceeded' };
  const embed = async (documents: { title: string; text: string }[]) => {
    if (documents.some(({ text }) => text === textOf(70)))
      throw new AppError('MODEL_REJECTED', 'The model server refuses the call.', { cause });
    return documents.map(({ text }) => Float32Array.from(vectorOf(text)));
  };
  const failed = [{ id: 'id-70', message: 'it is too long for the embedding model' }];
  assert.deepEqual(await take(savedIn, embed), { entries: 200, added: 199, replaced: 0, unchanged: 0, failed });
  const [found] = await knowledge.search({
    ...{ collection: 'taken', question: textOf(71), topK: 1 },
    vector: Float32Array.from(vectorOf(textOf(71))),
  });
  assert.equal(found?.text, textOf(71));
});

test('an entry that cannot be imported is left out and named, and the others are imported', async (t) => {
  const { knowledge, take } = await open(t, await temporaryFolder(t));
  const folder = await changedFolder(t, (each) => {
    editDocstore((saved) => {
      saved[0][0]![1].pageContent = '  ';
      saved[0][1]![1].pageContent = 'half of \ud800 a pair';
      saved[0][2]![1].pageContent = 'nothing\0more';
      saved[0][3]![1].metadata = { lc: 1, source: '../../etc/passwd' };
      saved[0][4]![1].metadata = { deep: 'DEEP', title: 'Deep' };
      saved[0][5]![1].metadata = 'none';
      return saved;
    })(each);
    const docstore = join(each, 'docstore.json');
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`; // deeper than JSON.stringify or a schema can recurse
    writeFileSync(docstore, readFileSync(docstore, 'utf8').replace('"DEEP"', deep));
    const bytes = readFileSync(join(each, 'faiss.index'));
    bytes.writeFloatLE(Number.NaN, 45 + 6 * dimension * 4);
    bytes.fill(0, 45 + 7 * dimension * 4, 45 + 8 * dimension * 4);
    bytes.writeFloatLE(Number.POSITIVE_INFINITY, 45 + 8 * dimension * 4);
    writeFileSync(join(each, 'faiss.index'), bytes);
  });
  const { failed, added } = await take(folder);
  assert.deepEqual(
    failed.map(({ id, message }) => `${id}: ${message}`),
    [
      'id-0: it has no text',
      'id-1: its text holds NUL characters or lone surrogates',
      'id-2: its text holds NUL characters or lone surrogates',
      'id-6: its vector is zero, or holds a number that is not finite',
      'id-7: its vector is zero, or holds a number that is not finite',
      'id-8: its vector is zero, or holds a number that is not finite',
    ],
  );
  assert.equal(added, 194);
  const listed = await knowledge.documents({ collection: 'taken', after: null, limit: 1000 });
  const titles: [source: string, title: string][] = [
    ['id-3', 'id-3'],
    ['id-4', 'Deep'],
    ['id-5', 'id-5'],
  ];
  for (const [source, title] of titles) {
    const found = listed.find((each) => each.source === source);
    assert.deepEqual([found?.title, found?.metadata], [title, {}], source);
  }
});

test('a folder whose files are damaged or contradict each other is refused as a whole', async (t) => {
  const refused: [what: string, change: (folder: string) => void, says: RegExp][] = [
    ['not JSON', (folder) => writeFileSync(join(folder, 'docstore.json'), '[['), /not JSON/],
    [
      'not UTF-8',
      (folder) => writeFileSync(join(folder, 'docstore.json'), Buffer.from([0x22, 0xff, 0x22])),
      /not JSON/,
    ],
    ['other JSON', (folder) => writeFileSync(join(folder, 'docstore.json'), '{"0":1}'), /not what FaissStore saves/],
    ['no document', editDocstore((saved) => [[['id-0', null]], saved[1]]), /entry 1 is not a document/],
    ['an id twice', editDocstore(([documents, mapping]) => [[...documents, documents[0]], mapping]), /an id twice/],
    [
      'a document less',
      editDocstore(([documents, mapping]) => [documents.slice(1), mapping]),
      /199 documents and 200 places/,
    ],
    [
      'a place twice',
      editDocstore(([documents, mapping]) => [documents, { ...mapping, 1: 'id-0' }]),
      /place 1 .* not that of one/,
    ],
    [
      'a strange place',
      editDocstore(([documents, mapping]) => [documents, { ...mapping, 7: '__proto__' }]),
      /place 7 /,
    ],
    [
      'a vector less',
      editDocstore(([documents, { 199: _, ...mapping }]) => [documents.slice(0, 199), mapping]),
      /199 documents and 200 vectors/,
    ],
    ['no index', (folder) => cpSync(join(folder, 'docstore.json'), join(folder, 'faiss.index')), /no index of FAISS/],
    ['half an index', (folder) => truncateSync(join(folder, 'faiss.index'), 5000), /5000 bytes, and 51245 are/],
    ['an empty index', (folder) => truncateSync(join(folder, 'faiss.index'), 0), /too short/],
  ];
  for (const [what, change, says] of refused) {
    const folder = await changedFolder(t, change);
    const read = () => readFaissStoreFolder(folder, { withVectors: true });
    assert.throws(read, { code: 'BAD_DOCUMENT', message: says }, what);
  }
  const python = await temporaryFolder(t);
  for (const name of ['index.pkl', 'index.faiss']) writeFileSync(join(python, name), '');
  const readPython = () => readFaissStoreFolder(python, { withVectors: false });
  assert.throws(readPython, { code: 'BAD_INPUT', message: /LangChain for Python.*a pickle/ });
  mkdirSync(join(python, 'docstore.json'));
  assert.throws(() => readFaissStoreFolder(join(python, 'docstore.json'), { withVectors: true }), {
    code: 'BAD_INPUT',
    message: /holds no docstore\.json/,
  });
});

test('whatever sizes an index file claims, nothing is read beyond its end', async (t) => {
  const file = join(await temporaryFolder(t), 'faiss.index');
  const good = readFileSync(join(savedIn, 'faiss.index')).subarray(0, 45 + 2 * dimension * 4);
  good.writeBigInt64LE(2n, 8);
  good.writeBigInt64LE(BigInt(2 * dimension), 37);
  const huge = [0n, -1n, 1n, 2n ** 31n, 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n, -(2n ** 63n)];
  fc.assert(
    fc.property(
      fc.option(fc.integer({ min: 0, max: good.length + 8 })),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 44 }), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }),
      fc.option(fc.constantFrom(...huge)),
      fc.option(fc.constantFrom(...huge)),
      fc.option(fc.constantFrom(0, -1, 1, 65_537, 2 ** 31 - 1, -(2 ** 31))),
      (length, edits, count, floats, numbers) => {
        const bytes = Buffer.alloc(length ?? good.length);
        good.copy(bytes);
        if (bytes.length >= 45) {
          for (const [at, value] of edits) bytes[at] = value;
          if (count !== null) bytes.writeBigInt64LE(count, 8);
          if (floats !== null) bytes.writeBigInt64LE(floats, 37);
          if (numbers !== null) bytes.writeInt32LE(numbers, 4);
        }
        writeFileSync(file, bytes);
        try {
          const read = openFlatFile(file);
          const { count: held, dimension: each } = read;
          read.close();
          assert.ok(45 + held * each * 4 <= bytes.length && each >= 1);
        } catch (error) {
          assert.ok(error instanceof AppError && error.code === 'BAD_DOCUMENT', String(error));
        }
      },
    ),
  );
});

test('assay import-faiss wants the model named, takes over vectors of the store’s model, and re-embeds those of another', async (t) => {
  const openai = await startOpenAiServer({ test: t, dimension });
  const settings = { DATA_DIR: await temporaryFolder(t), OPENAI_BASE_URL: openai.baseUrl, EMBEDDING_MODEL: 'ours' };
  const take = (...args: string[]) => runCommand(['import-faiss', savedIn, ...args], settings);
  const unsaid = await take();
  assert.equal(unsaid.code, 2);
  assert.match(unsaid.stderr, /Say with --embedding-model .* If it is ours, as in the settings/);
  assert.equal(existsSync(join(settings.DATA_DIR, 'assay.db')), false);
  const first = await take('--embedding-model', 'ours');
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stderr, /Imported 200 entries: 200 new, 0 replaced, 0 unchanged, 0 left out\./);
  assert.equal(openai.requests.length, 1, 'only to learn how long a vector is');
  assert.match((await take('--embedding-model', 'ours')).stderr, /200 unchanged/);
  const anew = await take('--embedding-model', 'another', '--collection', 'anew');
  assert.match(anew.stderr, /Imported 200 entries: 200 new/);
  assert.match(JSON.stringify(openai.requests), /home\/ann\/0\.md: Tree 77 stands alone near pond 77\./);
  const longer = await startOpenAiServer({ test: t, dimension: 32 });
  const misfit = await runCommand(['import-faiss', savedIn, '--embedding-model', 'ours'], {
    ...settings,
    DATA_DIR: await temporaryFolder(t),
    OPENAI_BASE_URL: longer.baseUrl,
  });
  assert.match(misfit.stderr, /have 64 numbers, and the store's model makes 32: they are of another model/);
});

test('assay import-faiss: takes a folder into Weaviate too', { skip: noWeaviate }, async (t) => {
  const openai = await startOpenAiServer({ test: t, dimension });
  const nodes = await startWeaviateNodes(t);
  const settings = {
    WEAVIATE_URL: nodes.endpoints.join(),
    OPENAI_BASE_URL: openai.baseUrl,
    EMBEDDING_MODEL: 'ours',
    DATA_DIR: await temporaryFolder(t),
  };
  const { code, stderr } = await runCommand(['import-faiss', savedIn, '--embedding-model', 'ours'], settings);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /Imported 200 entries: 200 new/);
});
