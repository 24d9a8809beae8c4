import assert from 'node:assert/strict';
import { test } from 'node:test';
import faiss from 'faiss-node';
import { createIndexPart } from '../../src/knowledge/index-part.ts';

test('many passages are removed also with a binding that an earlier version of Assay built', (t) => {
  const { Index } = faiss;
  t.after(() => Object.assign(faiss, { Index }));
  const fromFactory = (...how: Parameters<typeof Index.fromFactory>) => {
    const index = Index.fromFactory(...how);
    const { removeIds } = index;
    const value = (labels: number[]) => {
      if (!Array.isArray(labels)) throw new TypeError('Invalid the first argument type, must be an Array.');
      return removeIds.call(index, labels);
    };
    return Object.defineProperty(index, 'removeIds', { value });
  };
  Object.assign(faiss, { Index: { fromFactory } });
  const part = createIndexPart({ kind: 'exact', dimension: 2 });
  part.add(Array.from({ length: 1_000 }, (_, at) => ({ key: at + 1, vectors: Float32Array.of(1, at) })));
  part.remove(Array.from({ length: 999 }, (_, at) => at + 1));
  assert.equal(part.size, 1);
  assert.deepEqual(part.search(Float32Array.of(0, 1), 3)[0]?.passageKeys, [1_000]);
});
