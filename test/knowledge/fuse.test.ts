import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { openFullText } from '../../src/knowledge/full-text.ts';
import { fuse } from '../../src/knowledge/fuse.ts';
import type { Windows } from '../../src/knowledge/index-part.ts';
import { rarest, toMatchQuery, wordsOf } from '../../src/knowledge/question-words.ts';
import { packRanking, rankPassages, unpackRanking } from '../../src/knowledge/rank-passages.ts';
import { stemsOf, stemsOfWords } from '../../src/knowledge/weaviate/stems.ts';

test('a passage that both searches find ranks above those that only one of them finds', () => {
  const scale = { mean: 0.4, nearest: 0.9, heaviest: 10 };
  const both = fuse({ similarity: 0.85, bm25: 9 }, scale);
  assert.ok(both > fuse({ similarity: 0.9, bm25: 0 }, scale));
  assert.ok(both > fuse({ similarity: 0.5, bm25: 10 }, scale));
});

test('each search gives half of a score: from the mean or from nothing, 0, to its best, 1', () => {
  const scale = { mean: 0.25, nearest: 0.75, heaviest: 8 };
  for (const [similarity, bm25, score] of [
    [0.75, 8, 1],
    [0.75, 0, 0.5],
    [0.25, 8, 0.5],
    [0.5, 4, 0.5],
    [-1, 2, 0.125],
    [1, 8, 1], // an approximate search has missed the nearest
  ] as const)
    assert.equal(fuse({ similarity, bm25 }, scale), score);
  const alike = { mean: 0.5, nearest: 0.5 };
  assert.equal(fuse({ similarity: 0.5, bm25: 0 }, { ...alike, heaviest: 0 }), 0.5, 'the only passage, and no word');
  assert.equal(fuse({ similarity: 0.25, bm25: 0.5 }, { ...alike, heaviest: 0.5 }), 0.5);
});

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });

test('a fused score lies between 0 and 1, and never falls when either score rises', () => {
  const pair = fc
    .tuple(number(-1, 1), number(-1, 1))
    .map(([one, other]) => [Math.min(one, other), Math.max(one, other)] as const);
  fc.assert(
    fc.property(pair, number(0, 50), number(0, 50), number(-1, 1), ([low, high], some, more, mean) => {
      const scale = { mean, nearest: high, heaviest: some + more };
      const one = fuse({ similarity: low, bm25: some }, scale);
      assert.ok(one >= 0 && one <= 1);
      assert.ok(fuse({ similarity: high, bm25: some }, scale) >= one);
      assert.ok(fuse({ similarity: low, bm25: some + more }, scale) >= one);
    }),
  );
});

test('the ranking equals that of all candidates scored in full, though few of their vectors are read', () => {
  const cosine = number(-1, 1).map((value) => Math.fround(value) + 0); // no negative zero
  const passage = fc.record({
    similarities: fc.array(cosine, { minLength: 1, maxLength: 3 }),
    bm25: fc.oneof(fc.constant(0), number(0.1, 20)),
  });
  const few = fc.integer({ min: 1, max: 10 });
  const passages = fc.array(passage, { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(passages, few, few, number(-1, 0.5), fc.boolean(), (given, limit, topK, mean, isQuick) => {
      const all = given.map((each, at) => ({ key: at + 1, ...each }));
      const nearest = all
        .flatMap(({ key, similarities }) => similarities.map((similarity, window) => ({ key, window, similarity })))
        .sort((one, other) => other.similarity - one.similarity)
        .slice(0, limit);
      const near = {
        passageKeys: nearest.map(({ key }) => key),
        windows: nearest.map(({ window }) => window),
        similarities: nearest.map(({ similarity }) => similarity),
      };
      const words = new Map(all.filter(({ bm25 }) => bm25 > 0).map(({ key, bm25 }) => [key, bm25]));
      const scale = { mean, nearest: nearest[0]!.similarity, heaviest: Math.max(0, ...words.values()) };
      const expected = all
        .filter(({ key }) => words.has(key) || near.passageKeys.includes(key))
        .map(({ key, similarities, bm25 }) => {
          const score = fuse({ similarity: Math.max(...similarities), bm25 }, scale);
          return { key, score, similarities };
        })
        .sort((one, other) => other.score - one.score || one.key - other.key)
        .slice(0, topK);
      const vectorsOf = (key: number) => Float32Array.from(all[key - 1]!.similarities);
      let computed = 0;
      const similaritiesOf = ({ passageKeys, windows }: Windows) => {
        computed = windows.length;
        return isQuick ? passageKeys.map((key, at) => all[key - 1]!.similarities[windows[at]!]!) : null;
      };
      const vector = Float32Array.of(1);
      const found = rankPassages({ near, limit, words, vector, topK, mean, vectorsOf, similaritiesOf });
      assert.deepEqual(found, expected);
      const shown = expected.flatMap(({ key, similarities }) => similarities.map((_, window) => `${key}/${window}`));
      const known = new Set(nearest.map(({ key, window }) => `${key}/${window}`));
      assert.equal(computed, shown.filter((each) => !known.has(each)).length, 'what is known is not computed again');
      assert.deepEqual(unpackRanking(packRanking(found)), found);
    }),
  );
});

test('of many passages that the same words find, the vectors of a hundred are read at most', () => {
  const words = new Map(Array.from({ length: 300 }, (_, at) => [at + 1, 2]));
  const read = new Set<number>();
  const vectorsOf = (key: number) => {
    read.add(key);
    return Float32Array.of(0.5);
  };
  const near = { passageKeys: [1000], windows: [0], similarities: [0.5] };
  const found = rankPassages({ near, limit: 1, words, vector: Float32Array.of(1), topK: 3, mean: 0, vectorsOf });
  assert.deepEqual(
    found.map(({ key }) => key),
    [1, 2, 3],
  );
  assert.equal(read.size, 100);
});

test('nothing in a question acts as query syntax', () => {
  const words = wordsOf('LinSATNet" OR title:x NEAR(a b) -tau*');
  assert.equal(toMatchQuery(words), '"linsatnet" OR "title" OR "x" OR "near" OR "b" OR "tau"');
  assert.deepEqual(wordsOf('?!'), []);
  assert.deepEqual(wordsOf('What is it?'), ['what', 'is', 'it']);
  assert.equal(wordsOf(Array.from({ length: 99 }, (_, at) => `word${at}`).join(' ')).length, 64);
});

test('a word is found whole however its accents are encoded, in every script', () => {
  assert.deepEqual(wordsOf('re\u0301sume\u0301'), ['résumé']);
  assert.deepEqual(wordsOf('हिन्दी भाषा'), ['हिन्दी', 'भाषा']);
  const database = new DatabaseSync(':memory:');
  const fullText = openFullText(database, 1);
  const texts = ['Mon résumé.', 'Mon re\u0301sume\u0301.', 'İstanbul', 'हिन्दी भाषा', 'हिम', 'a war\u00adran\u00adty'];
  texts.push('স\u09aeয\u09df', '\u1112\u1161\u11ab'); // which NFC decomposes, and composes
  for (const [key, text] of texts.entries()) fullText.add(key, '', text);
  const keysFor = (question: string) => [...fullText.search(question).keys()].sort();
  assert.deepEqual(keysFor('résumé'), [0, 1]);
  assert.deepEqual(keysFor('re\u0301sume\u0301'), [0, 1]);
  assert.deepEqual(keysFor('İstanbul'), [2]);
  assert.deepEqual(keysFor('हिन्दी'), [3]);
  assert.deepEqual(keysFor('warranty'), [5]);
  assert.deepEqual(keysFor('war\u00adranty'), [5]);
  assert.deepEqual(keysFor('স\u09aeয\u09df'), [6]);
  assert.deepEqual(keysFor('\ud55c'), [7]);
  database.close();
});

test('in Weaviate too a word is found in capitals and in small letters', () => {
  for (const [question, text] of [
    ['ΟΔΟΣ', 'οδός'],
    ['οδος', 'ΟΔΟΣ'],
    ['İSTANBUL', 'istanbul'],
    ['STRASSE', 'Straße'],
    ['最高压力', '最高压力'],
  ] as const)
    assert.deepEqual(stemsOfWords(wordsOf(question)), stemsOf(text));
});

test('the rarest words are searched for, as many as together occur no more often than a search may look at', () => {
  const words = [3, 1, 4, 2, 0].map((count) => ({ count }));
  for (const [most, kept] of [
    [6, 4],
    [5, 3],
    [0, 1],
  ] as const)
    assert.deepEqual(
      rarest(words, most),
      [0, 1, 2, 3].slice(0, kept).map((count) => ({ count })),
      `${most}`,
    );
});

test('in a large collection a question’s rare words are searched for, and words that occur everywhere are not', () => {
  const database = new DatabaseSync(':memory:');
  const fullText = openFullText(database, 1);
  database.exec('BEGIN');
  for (let key = 1; key <= 9000; key += 1) fullText.add(key, '', key % 1000 === 0 ? 'common rare word' : 'common word');
  database.exec('COMMIT');
  assert.deepEqual(
    [...fullText.search('common rare').keys()].sort((one, other) => one - other),
    [1, 2, 3, 4, 5, 6, 7, 8, 9].map((at) => at * 1000),
  );
  assert.equal(fullText.search('common').size, 0);
  assert.equal(fullText.search('absent').size, 0);
  database.close();
});

test('the sum of the scores of single words is the score SQLite gives all of them together, before and after changes', () => {
  const words = ['alder', 'wood', 'woods', 'river', 'rot', 'bridge'];
  const text = fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 12 }).map((each) => each.join(' '));
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), text, (texts, question) => {
      const database = new DatabaseSync(':memory:');
      const fullText = openFullText(database, 1);
      const compare = () => {
        const together = database
          .prepare('SELECT rowid AS key, -bm25(words_1, 1.0, 1.0) AS score FROM words_1 WHERE words_1 MATCH ?')
          .all(toMatchQuery(wordsOf(question))) as { key: number; score: number }[];
        const found = fullText.search(question);
        assert.deepEqual([...found.keys()].sort(), together.map(({ key }) => key).sort());
        for (const { key, score } of together) assert.ok(Math.abs(found.get(key)! - score) < 1e-9);
      };
      for (const [at, each] of texts.entries()) fullText.add(at + 1, at % 3 === 0 ? 'alder' : '', each);
      compare();
      fullText.add(100, 'river', 'wood bridge');
      compare();
      database.close();
    }),
    { numRuns: 50 },
  );
});

test('full text that was added bit by bit is merged step by step, and searches find the same', () => {
  const database = new DatabaseSync(':memory:');
  const fullText = openFullText(database, 1);
  const segments = () =>
    (database.prepare('SELECT count(DISTINCT segid) AS n FROM words_1_idx').get() as { n: number }).n;
  for (let key = 1; key <= 15; key += 1) fullText.add(key, '', `alder ${key}`);
  const before = fullText.search('alder 7');
  assert.equal(segments(), 15);
  const later = openFullText(database, 1); // as another process does that starts later
  let steps = 0;
  while (later.tidy()) steps += 1;
  assert.ok(steps > 0 && segments() < 4, `${steps} steps, ${segments()} segments`);
  const statements = () => (database.prepare('SELECT total_changes() AS n').get() as { n: number }).n;
  const soFar = statements();
  assert.equal(later.tidy(), false);
  assert.equal(statements(), soFar, 'nothing is asked of one that has not changed');
  const anew = openFullText(database, 1); // with nothing cached
  assert.deepEqual([...anew.search('alder 7')].sort(), [...before].sort());
  database.close();
});

test('text that was removed or replaced no longer influences scores', () => {
  const word = fc.constantFrom('alder', 'wood', 'river', 'rot', 'bridge');
  const text = fc.array(word, { minLength: 6, maxLength: 6 }).map((each) => each.join(' '));
  fc.assert(
    fc.property(fc.array(text, { minLength: 2, maxLength: 20 }), fc.nat(300), word, (texts, changes, asked) => {
      const database = new DatabaseSync(':memory:');
      const [changed, fresh] = [1, 2].map((key) => openFullText(database, key));
      for (const [at, each] of texts.entries()) for (const table of [changed, fresh]) table!.add(at + 1, '', each);
      for (let at = 0; at < changes; at += 1) {
        const key = 1 + (at % texts.length);
        changed!.remove(key);
        changed!.add(key, '', texts[key - 1]!);
      }
      changed!.add(1000, '', 'alder wood river rot bridge alder');
      changed!.remove(1000);
      const [found, expected] = [changed, fresh].map((table) => [...table!.search(asked)].sort());
      assert.deepEqual(
        found!.map(([key, score]) => [key, score.toFixed(9)]),
        expected!.map(([key, score]) => [key, score.toFixed(9)]),
      );
      database.close();
    }),
    { numRuns: 50 },
  );
});
