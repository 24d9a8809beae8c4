import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toMatchQuery } from '../../src/knowledge/full-text.ts';
import { fuse } from '../../src/knowledge/fuse.ts';

test('a passage that both searches find comes before those that one of them finds', () => {
  const ranked = fuse(
    [
      { key: 1, similarity: 0.9, bm25: 0 },
      { key: 2, similarity: 0.85, bm25: 9 },
      { key: 3, similarity: 0.5, bm25: 10 },
    ],
    0.4,
  );
  assert.deepEqual(
    ranked.map(({ key }) => key),
    [2, 3, 1],
  );
});

test('scores lie between 0 and 1, fall with the rank, and the order does not hang on the order of the candidates', () => {
  const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
  const candidates = fc.uniqueArray(fc.record({ key: fc.nat(1000), similarity: number(-1, 1), bm25: number(0, 50) }), {
    selector: ({ key }) => key,
    minLength: 1,
  });
  fc.assert(
    fc.property(candidates, number(-1, 1), (given, mean) => {
      const ranked = fuse(given, mean);
      assert.equal(ranked.length, given.length);
      for (const [at, { score }] of ranked.entries()) {
        assert.ok(score >= 0 && score <= 1);
        assert.ok(at === 0 || score <= ranked[at - 1]!.score);
      }
      assert.deepEqual(fuse([...given].reverse(), mean), ranked);
    }),
  );
});

test('nothing in a question acts as query syntax', () => {
  assert.equal(
    toMatchQuery('LinSATNet" OR title:x NEAR(a b) -tau*'),
    '"linsatnet" OR "title" OR "x" OR "near" OR "b" OR "tau"',
  );
  assert.equal(toMatchQuery('?!'), null);
  assert.equal(toMatchQuery('What is it?'), '"what" OR "is" OR "it"');
});
