import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { openFullText, toMatchQuery, wordsOf } from '../../src/knowledge/full-text.ts';
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
  const words = wordsOf('LinSATNet" OR title:x NEAR(a b) -tau*');
  assert.equal(toMatchQuery(words), '"linsatnet" OR "title" OR "x" OR "near" OR "b" OR "tau"');
  assert.deepEqual(wordsOf('?!'), []);
  assert.deepEqual(wordsOf('What is it?'), ['what', 'is', 'it']);
});

test('in a large collection the rare words of a question are searched for, and a word that is everywhere is not', () => {
  const database = new DatabaseSync(':memory:');
  const fullText = openFullText(database, 1);
  database.exec('BEGIN');
  for (let key = 1; key <= 9000; key += 1) fullText.add(key, '', key % 1000 === 0 ? 'common rare word' : 'common word');
  database.exec('COMMIT');
  assert.deepEqual(
    [...fullText.search('common rare', 100).keys()].sort((one, other) => one - other),
    [1, 2, 3, 4, 5, 6, 7, 8, 9].map((at) => at * 1000),
  );
  assert.equal(fullText.search('common', 100).size, 0);
  assert.equal(fullText.search('absent', 100).size, 0);
  database.close();
});
