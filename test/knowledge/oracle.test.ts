import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaissStore } from '@langchain/community/vectorstores/faiss';
import { Document } from '@langchain/core/documents';
import { FakeEmbeddings } from '@langchain/core/utils/testing';
import { createCollectionIndex } from '../../src/knowledge/collection-index.ts';
import { addToFaiss, createFaissIndex, createIndexPart, noWindows } from '../../src/knowledge/index-part.ts';
import { addOwner, noOwners } from '../../src/knowledge/owners.ts';
import { joinVectors } from '../../src/knowledge/vectors.ts';

/** Pseudo-random numbers that are the same in every run (mulberry32). */
function createRandom(seed: number) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("the index finds the same nearest vectors as LangChain's FaissStore, also after removals", async () => {
  const random = createRandom(7);
  const dimension = 24;
  const unitVector = () => {
    const vector = Array.from({ length: dimension }, () => random() - 0.5);
    const norm = Math.hypot(...vector);
    return vector.map((value) => value / norm);
  };
  const vectors = Array.from({ length: 500 }, unitVector);
  const index = createCollectionIndex({ dimension });
  index.add(vectors.map((vector, at) => ({ key: at + 1, vectors: Float32Array.from(vector) })));
  const removed = new Set(
    vectors
      .keys()
      .map((at) => at + 1)
      .filter((key) => key % 7 === 0),
  );
  index.remove(new Map([...removed].map((key) => [key, Float32Array.from(vectors[key - 1]!)])));

  const oracle = new FaissStore(new FakeEmbeddings(), {});
  const kept = vectors.map((_, at) => at + 1).filter((key) => !removed.has(key));
  await oracle.addVectors(
    kept.map((key) => vectors[key - 1]!),
    kept.map((key) => new Document({ pageContent: String(key), metadata: {} })),
  );
  assert.equal(index.size, kept.length);
  const questions = Array.from({ length: 50 }, unitVector);
  const together = index.search(Float32Array.from(questions.flat()), 3);
  for (const [at, question] of questions.entries()) {
    const expected = await oracle.similaritySearchVectorWithScore(question, 3);
    assert.deepEqual(
      together[at]!.passageKeys.map(String),
      expected.map(([found]) => found.pageContent),
    );
    // On unit vectors the squared distance that FaissStore gives is 2 − 2·cosine.
    for (const [place, similarity] of together[at]!.similarities.entries())
      assert.ok(Math.abs(2 - 2 * similarity - expected[place]![1]) < 1e-5);
  }
});

test('input that would crash FAISS, or that it would silently accept, never reaches it', () => {
  const index = createCollectionIndex({ dimension: 2 });
  assert.deepEqual(index.search(Float32Array.of(1, 0), 3), [noWindows()]);
  assert.throws(() => index.add([{ key: 1, vectors: Float32Array.of(1, 0, 0) }]), /a vector can't be read/);
  assert.throws(() => index.add([{ key: 1, vectors: Float32Array.of(1, Number.NaN) }]), /a vector can't be read/);
  assert.throws(() => index.add([{ key: 1, vectors: Float32Array.of() }]), /a vector can't be read/);
  index.add([{ key: 1, vectors: Float32Array.of(1, 0) }]);
  assert.deepEqual(index.search(Float32Array.of(1, 0), 0), [noWindows()]);
  assert.equal(index.search(Float32Array.of(1, 0), 10)[0]!.windows.length, 1);
  index.remove(new Map([[1, Float32Array.of(1, 0)]]));
  assert.deepEqual(index.search(Float32Array.of(1, 0), 3), [noWindows()]);
});

test('passages are added in the order of their keys alone, and to an exact index alone', () => {
  const add = (index: { add: ReturnType<typeof createIndexPart>['add'] }, ...keys: number[]) =>
    index.add(keys.map((key) => ({ key, vectors: Float32Array.of(1, 0) })));
  const index = createCollectionIndex({ dimension: 2 });
  add(index, 1, 5);
  for (const keys of [[5], [4], [0], [7, 6]]) assert.throws(() => add(index, ...keys), { code: 'INTERNAL' });
  assert.equal(index.size, 2);
  const quantized = createFaissIndex('quantized', 2, Float32Array.of(1, 0, 0, 1));
  const part = createIndexPart({ kind: 'quantized', dimension: 2, index: quantized });
  assert.throws(() => add(part, 1), { code: 'INTERNAL' });
});

test('more vectors than FAISS is given at once are all added, each once', () => {
  const dimension = 1024;
  const index = createFaissIndex('exact', dimension);
  const vectors = new Float32Array(1030 * dimension);
  for (let at = 0; at < 1030; at += 1) vectors[at * dimension] = at;
  addToFaiss(index, vectors, dimension);
  assert.equal(index.ntotal(), 1030);
  const owners = noOwners();
  addOwner(owners, 1, 1030);
  const part = createIndexPart({ kind: 'exact', dimension, index, owners });
  assert.deepEqual(
    part.search(
      Float32Array.from({ length: dimension }, () => 1),
      2,
    )[0]!.windows,
    [1029, 1028],
  );
});

test('the similarities of given windows are the cosines of their vectors, also after others were removed', () => {
  const random = createRandom(7);
  const dimension = 48;
  const index = createCollectionIndex({ dimension });
  const passages = Array.from({ length: 400 }, (_, at) => ({
    key: 3 * at + 1,
    vectors: Float32Array.from({ length: dimension * (1 + (at % 5)) }, () => random() - 0.5),
  }));
  index.add(passages);
  const isRemoved = ({ key }: { key: number }) => key % 2 === 0; // so many that the index closes its gaps
  index.remove(new Map(passages.filter(isRemoved).map(({ key, vectors }) => [key, vectors])));
  const question = Float32Array.from({ length: dimension }, () => random() - 0.5);
  const wanted = passages
    .filter((passage) => !isRemoved(passage))
    .flatMap(({ key, vectors }) =>
      Array.from({ length: vectors.length / dimension }, (_, window) => ({
        key,
        window,
        cosine: question.reduce((sum, value, at) => sum + value * vectors[window * dimension + at]!, 0),
      })),
    )
    .filter(() => random() < 0.5);
  const told = index.similarities(question, {
    passageKeys: wanted.map(({ key }) => key),
    windows: wanted.map(({ window }) => window),
  })!;
  for (const [at, { cosine }] of wanted.entries()) assert.ok(Math.abs(told[at]! - cosine) < 1e-4);
  assert.equal(told.length, wanted.length);
  for (const elsewhere of [
    { passageKeys: [2], windows: [0] },
    { passageKeys: [1], windows: [1] },
  ])
    assert.equal(index.similarities(question, elsewhere), null);
});

test('passages that are removed together, as those of a large document, are taken out of the index at once', () => {
  const faiss = createFaissIndex('exact', 2);
  let copies = 0;
  const index = new Proxy(faiss, {
    get(target, name: keyof typeof faiss) {
      if (name === 'removeIds') copies += 1;
      return (target[name] as () => unknown).bind(target);
    },
  });
  const part = createIndexPart({ kind: 'exact', dimension: 2, index });
  const keys = Array.from({ length: 3_000 }, (_, at) => at + 1);
  part.add(keys.map((key) => ({ key, vectors: Float32Array.of(Math.cos(key), Math.sin(key)) })));
  const others = keys.filter((key) => key % 10 !== 0);
  assert.deepEqual(part.remove([...others, 9_999]), new Set(others));
  assert.deepEqual([copies, part.size, faiss.ntotal()], [1, 300, 300]);
  const found = part.search(Float32Array.of(Math.cos(70), Math.sin(70)), 1)[0]!.passageKeys;
  assert.deepEqual(found, [70]);
});

test('a quantized part and an exact one are searched as one index, with exact similarities and the mean of all windows', () => {
  const random = createRandom(7);
  const dimension = 8;
  const vectorsOf = (count: number) => Float32Array.from({ length: count * dimension }, () => random() - 0.4);
  const passages = Array.from({ length: 900 }, (_, at) => ({ key: 2 * at + 1, vectors: vectorsOf(1 + (at % 3)) }));
  const [early, late] = [passages.slice(0, 700), passages.slice(700)];
  const together = joinVectors(early);
  const faissIndex = createFaissIndex('quantized', dimension, together);
  addToFaiss(faissIndex, together, dimension);
  const owners = noOwners();
  for (const { key, vectors } of early) addOwner(owners, key, vectors.length / dimension);
  const part = createIndexPart({ kind: 'quantized', dimension, index: faissIndex, owners });
  const byKey = new Map(passages.map(({ key, vectors }) => [key, vectors]));
  const index = createCollectionIndex({
    dimension,
    quantized: { part, reranked: 50, vectors: (key) => byKey.get(key)! },
    sum: Float64Array.from({ length: dimension }, (_, at) =>
      together.reduce((sum, value, place) => sum + (place % dimension === at ? value : 0), 0),
    ),
    summed: together.length / dimension,
  });
  index.add(late);
  // So many that the quantized part closes its gaps, which takes its windows to other labels.
  const gone = passages.filter((_, at) => at % 3 === 1);
  index.remove(new Map(gone.map(({ key, vectors }) => [key, vectors])));
  const left = passages
    .filter((_, at) => at % 3 !== 1)
    .flatMap(({ key, vectors }) =>
      Array.from({ length: vectors.length / dimension }, (_, window) => ({
        key,
        window,
        vector: vectors.subarray(window * dimension, (window + 1) * dimension),
      })),
    );
  assert.equal(index.size, left.length);
  assert.ok(part.owners.size < together.length / dimension, 'the gaps are closed');
  const questions = Array.from({ length: 20 }, () => vectorsOf(1));
  const found = index.search(Float32Array.from(questions.flatMap((question) => [...question])), 7);
  for (const [at, question] of questions.entries()) {
    const all = left.map(({ key, window, vector }) => {
      const cosine = vector.reduce((sum, value, place) => sum + value * question[place]!, 0);
      return { key, window, cosine };
    });
    const nearest = all.toSorted((one, other) => other.cosine - one.cosine).slice(0, 7);
    const { passageKeys, windows, similarities } = found[at]!;
    assert.deepEqual(
      passageKeys.map((key, place) => `${key}/${windows[place]}`),
      nearest.map(({ key, window }) => `${key}/${window}`),
    );
    for (const [place, { cosine }] of nearest.entries()) assert.ok(Math.abs(similarities[place]! - cosine) < 1e-5);
    const mean = all.reduce((sum, { cosine }) => sum + cosine, 0) / all.length;
    assert.ok(Math.abs(index.meanSimilarity(question) - mean) < 1e-5);
  }
});
