// Run as `node faiss-smoke.mjs FILE`: loads a faiss-node binding and checks its answers against plain arithmetic.
// A process of its own, because a bad binary aborts instead of throwing.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const DIMENSION = 384;
// Enough for our own build to use several threads.
const VECTORS = 6000;
const K = 3;

const { IndexFlatIP } = createRequire(import.meta.url)(resolve(process.argv[2] ?? ''));

let seed = 1;
const random = () => {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  return seed / 0x7fffffff - 0.5;
};
const vectors = (/** @type {number} */ count) => Array.from({ length: count * DIMENSION }, random);

const stored = vectors(VECTORS);
const index = new IndexFlatIP(DIMENSION);
index.add(stored);

// For one query FAISS uses its own loop, for many the BLAS library's matrix product, which old versions get wrong on new processors.
for (const queries of [1, 64]) {
  const asked = vectors(queries);
  const { distances, labels } = index.search(asked, K);
  for (let query = 0; query < queries; query++) {
    const expected = Array.from({ length: VECTORS }, (_, label) => ({ label, score: product(asked, query, label) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, K);
    expected.forEach(({ label, score }, rank) => {
      const at = query * K + rank;
      if (labels[at] !== label || !(Math.abs(distances[at] - score) < 1e-3)) {
        process.stdout.write(`wrong result for ${queries} queries\n`);
        process.exit(1);
      }
    });
  }
}
process.stdout.write('ok\n');

/** @param {number[]} asked @param {number} query @param {number} label */
function product(asked, query, label) {
  let sum = 0;
  for (let i = 0; i < DIMENSION; i++) sum += asked[query * DIMENSION + i] * stored[label * DIMENSION + i];
  return sum;
}
