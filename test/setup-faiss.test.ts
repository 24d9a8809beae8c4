import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { setupFacts } from '../scripts/setup/facts.mjs';
import { startRepository } from './doubles/maven-repository.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const load = (name: string) => import(new URL(`../scripts/setup/${name}.mjs`, import.meta.url).href);
const binding = join(root, 'node_modules/faiss-node/build/Release/faiss-node.node');
const source = readFileSync(join(root, 'node_modules/faiss-node/src/faiss.cc'), 'utf8');
const { missingBuildPackages } = await load('system-packages');
const cannotBuild = (await missingBuildPackages()).length > 0 && 'no compiler or no libfaiss-dev here';
const notOurBuild = setupFacts(root).faiss.kind !== 'built' && 'the binding here is not our own build';
const quiet = { doing() {}, done() {}, failed() {} };

/** A project that shares this one's packages, but has a faiss-node of its own without a binding. */
function projectWith(t: TestContext, faissSource: string) {
  const project = mkdtempSync(join(tmpdir(), 'assay-faiss-'));
  t.after(() => rmSync(project, { recursive: true, force: true }));
  const faissNode = join(project, 'node_modules/faiss-node');
  mkdirSync(join(faissNode, 'src'), { recursive: true });
  for (const name of ['node-api-headers', 'node-addon-api', 'prebuild-install']) {
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name));
  }
  symlinkSync(join(root, 'native'), join(project, 'native'));
  cpSync(join(root, 'node_modules/faiss-node/package.json'), join(faissNode, 'package.json'));
  writeFileSync(join(faissNode, 'src/faiss.cc'), faissSource);
  return project;
}

test('the FAISS binding finds what plain arithmetic finds', async () => {
  const smoke = join(root, 'scripts/setup/faiss-smoke.mjs');
  assert.equal(execFileSync(process.execPath, [smoke, binding], { encoding: 'utf8' }), 'ok\n');
});

test('the patched source frees the query once, and a source that does not fit the patch is left as it is', async () => {
  const { patchFaissSource } = await load('faiss-patch');
  const mended: string = patchFaissSource(source);
  assert.equal(mended.split('delete[] xq;').length, 2);
  assert.equal(patchFaissSource(mended), undefined, 'mended already');
  assert.equal(patchFaissSource(source.replace('D, I);', 'D, I, nullptr);')), undefined, 'moved on');
  assert.equal(patchFaissSource(source.replace('Value add(', 'Value addAll(')), undefined, 'renamed');
});

test('our build turns FAISS’s exceptions into JavaScript errors', { skip: notOurBuild }, () => {
  const { IndexFlatIP, Index } = createRequire(import.meta.url)(binding);
  const index = new IndexFlatIP(2);
  index.add([1, 0]);
  assert.throws(() => index.search([1, 0], 0));
  assert.throws(() => index.write('/nonexistent/folder/index'));
  const graph = Index.fromFactory(2, 'HNSW8', 0);
  graph.add([1, 0]);
  assert.throws(() => graph.removeIds([0]));
});

test('our build adds the vectors of a Float32Array, and refuses parts of vectors and other arrays', {
  skip: notOurBuild,
}, () => {
  const { IndexFlatIP } = createRequire(import.meta.url)(binding);
  const index = new IndexFlatIP(2);
  index.add(Float32Array.of(9, 9, 1, 0, 0, 1).subarray(2));
  assert.deepEqual(index.search([0, 2], 2), { distances: [2, 0], labels: [1, 0] });
  assert.throws(() => index.add(Float32Array.of(1, 0, 0)));
  assert.throws(() => index.add(Float64Array.of(1, 0)));
  assert.equal(index.ntotal(), 2);
});

test('our build does not leak the query of a search', { skip: notOurBuild }, () => {
  const script = `
    const { IndexFlatIP } = require(${JSON.stringify(binding)});
    const index = new IndexFlatIP(384);
    const vector = new Array(384).fill(0.05);
    index.add(vector);
    const search = (times) => { for (let i = 0; i < times; i++) index.search(vector, 1); };
    search(2000);
    const before = process.memoryUsage().rss;
    search(40_000);
    console.log(process.memoryUsage().rss - before);`;
  const grown = Number(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }));
  assert.ok(grown < 25_000_000, `grew by ${grown} bytes, of which the queries would be 61 million`);
});

test('a source that differs from the known one is built unpatched, and a note says so', {
  skip: cannotBuild,
}, async (t) => {
  const { installFaiss } = await load('faiss');
  const project = projectWith(t, source.replace('D, I);', 'D, I, nullptr);'));
  const record = await installFaiss({ project, step: quiet, ways: ['built'] });
  assert.match(record.notes.join(), /query leak isn't mended/);
  assert.equal(record.kind, 'built');
  assert.match(record.faissVersion, /^\d+\.\d+\.\d+$/);
});

test('a binding built from an older version of our sources is built again', { skip: cannotBuild }, async (t) => {
  const { installFaiss, faissRecord } = await load('faiss');
  const project = projectWith(t, source);
  await installFaiss({ project, step: quiet, ways: ['built'] });
  const file = join(project, '.setup/faiss.json');
  assert.ok(faissRecord(project));
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), sources: 'of an older version' }));
  assert.equal(faissRecord(project), undefined);
  assert.equal((await installFaiss({ project, step: quiet, ways: ['built'] })).kind, 'built');
  assert.ok(faissRecord(project));
});

test('our search of byte-quantized vectors finds nearly the similarities of exact search, for several questions at once', {
  skip: notOurBuild,
}, () => {
  const { Index } = createRequire(import.meta.url)(binding);
  const dimension = 20;
  let seed = 7;
  const random = () => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return seed / 0x7fffffff - 0.5;
  };
  const vectors = Array.from({ length: 3000 * dimension }, random);
  const [exact, bytes] = ['Flat', 'SQ8'].map((kind) => Index.fromFactory(dimension, kind, 0));
  bytes.train(vectors);
  for (const index of [exact, bytes]) index.add(vectors);
  bytes.removeIds([0, 2999]);
  exact.removeIds([0, 2999]);
  const questions = Array.from({ length: 5 * dimension }, random);
  for (const k of [1, 10, 2998]) {
    const [truth, found] = [exact, bytes].map((index) => index.search(questions, k));
    for (const [at, similarity] of truth.distances.entries()) {
      assert.ok(Math.abs(found.distances[at] - similarity) < 0.02, `${k}: ${found.distances[at]} is not ${similarity}`);
      assert.ok(found.labels[at] >= 0);
    }
    for (let question = 0; question < 5; question += 1)
      assert.equal(new Set(found.labels.slice(question * k, (question + 1) * k)).size, k, 'each label comes once');
  }
  assert.throws(() => bytes.search(questions, 0));
});

test('a source that does not compile is reported in one sentence', { skip: cannotBuild }, async (t) => {
  const { installFaiss } = await load('faiss');
  const project = projectWith(t, 'this is no C++');
  await assert.rejects(installFaiss({ project, step: quiet, ways: ['built'] }), {
    message: /^faiss-node's native binding could not be had \(own build: g\+\+ could not compile it .*\)\.$/,
  });
});

test('a published binary is used if there is one, after checking that it runs', async (t) => {
  const { installFaiss, faissRecord } = await load('faiss');
  const project = projectWith(t, source);
  const packed = join(project, 'binary.tar.gz');
  const environment = { ...process.env };
  t.after(() => {
    process.env = environment;
  });
  process.env.npm_config_cache = join(project, 'cache');
  const publish = async (content: Buffer | string) => {
    const release = join(project, 'published/build/Release');
    mkdirSync(release, { recursive: true });
    writeFileSync(join(release, 'faiss-node.node'), content);
    execFileSync('tar', ['czf', packed, '-C', join(project, 'published'), 'build']);
    const host = await startRepository(readFileSync(packed));
    t.after(() => host.close());
    process.env.npm_config_faiss_node_binary_host = host.url.slice(0, -1);
  };

  await publish('not a library');
  await assert.rejects(installFaiss({ project, step: quiet, ways: ['prebuilt'] }), {
    message: /published binary: it does not run on this machine/,
  });
  assert.equal(existsSync(join(project, 'node_modules/faiss-node/build/Release')), false);

  await publish(readFileSync(binding));
  const record = await installFaiss({ project, step: quiet, ways: ['prebuilt'] });
  assert.deepEqual(
    { kind: record.kind, faissVersion: record.faissVersion },
    { kind: 'prebuilt', faissVersion: '1.7.4' },
  );
  assert.deepEqual(faissRecord(project), record);
});
