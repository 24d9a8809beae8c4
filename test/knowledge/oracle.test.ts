import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaissStore } from '@langchain/community/vectorstores/faiss';
import { Document } from '@langchain/core/documents';
import { FakeEmbeddings } from '@langchain/core/utils/testing';
import { createCollectionIndex } from '../../src/knowledge/collection-index.ts';

/** Numbers that look random and are the same each time (mulberry32). */
function createRandom(seed: number) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("the nearest are those of LangChain's FaissStore on the same vectors, also after removals", async () => {
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
      together[at]!.map(({ passageKey }) => String(passageKey)),
      expected.map(([found]) => found.pageContent),
    );
    // On unit vectors the squared distance that FaissStore gives is 2 − 2·cosine.
    for (const [place, { similarity }] of together[at]!.entries())
      assert.ok(Math.abs(2 - 2 * similarity - expected[place]![1]) < 1e-5);
  }
});

test('FAISS is guarded against what would end its process or pass in silence', () => {
  const index = createCollectionIndex({ dimension: 2 });
  assert.deepEqual(index.search(Float32Array.of(1, 0), 3), [[]]);
  assert.throws(() => index.add([{ key: 1, vectors: Float32Array.of(1, 0, 0) }]), /2 numbers/);
  assert.throws(() => index.add([{ key: 1, vectors: Float32Array.of(1, Number.NaN) }]), /not finite/);
  assert.throws(() => index.add([{ key: 1, vectors: Float32Array.of() }]), /2 numbers/);
  index.add([{ key: 1, vectors: Float32Array.of(1, 0) }]);
  assert.deepEqual(index.search(Float32Array.of(1, 0), 0), [[]]);
  assert.equal(index.search(Float32Array.of(1, 0), 10)[0]!.length, 1);
  index.remove(new Map([[1, Float32Array.of(1, 0)]]));
  assert.deepEqual(index.search(Float32Array.of(1, 0), 3), [[]]);
});
