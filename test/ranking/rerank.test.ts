import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { featuresOfPassages, rerank, rerankFeatures } from '../../src/ranking/rerank.ts';
import { foundPassage } from '../doubles/found-passage.ts';

test('of passages that the search scores alike, the one that states the answer comes first', () => {
  const said = foundPassage('The old mill was sold. The bridge over the Leine was built in 1912.', {
    id: 'said',
    rank: 2,
  });
  const scattered = foundPassage(
    'A bridge was closed in May. Much else was built that year. The Leine is a river in the north.',
    { id: 'scattered', rank: 1 },
  );
  const [first, second] = rerank('When was the bridge over the Leine built?', [scattered, said], 2);
  assert.equal(first!.id, 'said');
  assert.deepEqual([first!.rank, first!.score, second!.rank], [1, 1, 2]);
  assert.ok(second!.score < 1 && second!.score > 0);
});

test('for any texts, each passage comes back once, best first, and only its score and rank are changed', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.lorem({ maxCount: 4, mode: 'sentences' }));
  fc.assert(
    fc.property(text, fc.array(text, { maxLength: 8 }), fc.integer({ min: 1, max: 10 }), (question, texts, topK) => {
      const found = texts.map((each, at) => foundPassage(each, { id: String(at), rank: at + 1 }));
      const ranked = rerank(question, found, topK);
      assert.equal(ranked.length, Math.min(topK, found.length));
      assert.equal(new Set(ranked.map(({ id }) => id)).size, ranked.length);
      for (const [at, { score, rank, ...passage }] of ranked.entries()) {
        const { score: _score, rank: _rank, ...before } = found[Number(passage.id)]!;
        assert.deepEqual(passage, before);
        assert.equal(rank, at + 1);
        assert.ok(score >= 0 && score <= (ranked[at - 1]?.score ?? 1), `score ${score} at ${at}`);
      }
      for (const features of featuresOfPassages(question, found)) {
        assert.equal(features.length, rerankFeatures.length);
        assert.ok(features.every(Number.isFinite));
      }
    }),
  );
});

test('the features of a passage do not depend on the passages read before it', () => {
  const long = Array.from({ length: 200 }, (_, at) => `Bridge ${at} was built over the Leine in ${1700 + at}.`).join(
    ' ',
  );
  const found = [long, 'The bridge over the Leine was built in 1912.', '', 'A river. The Leine.'].map((text, at) =>
    foundPassage(text, { id: String(at), rank: at + 1 }),
  );
  const question = 'When was the bridge over the Leine built?';
  const features = featuresOfPassages(question, found);
  assert.deepEqual(featuresOfPassages(question, found.toReversed()), features.toReversed());
});
