import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FoundPassage } from '../../src/passage.ts';
import { namesSomething } from '../../src/ranking/question-type.ts';
import { featuresOfPassages, rerank, rerankFeatures } from '../../src/ranking/rerank.ts';
import { contentStems, rarityOf, readWords } from '../../src/ranking/words.ts';
import { splitSentences } from '../../src/sentences.ts';
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
    }),
  );
});

/** The features by their definitions, without regard to time. */
function plainFeatures(question: string, found: FoundPassage[]): number[][] {
  const words = readWords(question);
  const asked = words.filter(({ common }) => !common).map(({ stem }) => stem);
  const stems = [...new Set(asked)];
  const sentencesOf = ({ text }: FoundPassage) =>
    splitSentences(text).map(({ start, end }) => ({
      start,
      end,
      stems: readWords(text.slice(start, end)).flatMap(({ stem, common }) => (common ? [] : [stem])),
    }));
  const allSentences = found.flatMap(sentencesOf);
  const weights = stems.map((stem) =>
    rarityOf(allSentences.filter((sentence) => sentence.stems.includes(stem)).length, allSentences.length),
  );
  const weightOf = (stem: string) => weights[stems.indexOf(stem)]!;
  const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0);
  const share = (isHeld: (stem: string) => boolean) =>
    sum(stems.filter(isHeld).map((stem) => weightOf(stem) / sum(weights)));
  const pairs = asked.slice(1).map((stem, at) => [asked[at]!, stem] as const);
  const pairWeight = ([one, other]: (typeof pairs)[number]) => weightOf(one) + weightOf(other);

  const nearest = found.map(({ similarities }) => {
    const [first = 0, second = first, third = second] = similarities.toSorted((one, other) => other - one);
    return [first, second, third] as const;
  });
  const mean = sum(nearest.map(([first]) => first)) / found.length;
  const spread = Math.max(...nearest.map(([first]) => first)) - mean;
  const relative = (similarity: number) => (spread > 1e-6 ? Math.max(-3, (similarity - mean) / spread) : 0);

  return found.map((passage, at) => {
    const sentences = sentencesOf(passage);
    const inOrder = sentences.flatMap((sentence) => sentence.stems);
    const isSaid = (stem: string) => inOrder.includes(stem) || contentStems(passage.title).has(stem);
    const [first, second, third] = nearest[at]!;
    const alone = sentences.map((sentence) => share((stem) => sentence.stems.includes(stem)));
    const near = sentences.map(({ start, end }) => {
      const over = passage.similarities.filter((_, window) => {
        const span = passage.windows[window]!;
        return span.start < passage.start + end && passage.start + start < span.end;
      });
      return relative(over.length > 0 ? Math.max(...over) : first);
    });
    const withNext = sentences.map((sentence, at) => [...sentence.stems, ...(sentences[at + 1]?.stems ?? [])]);
    const reached = inOrder.map((_, from) => inOrder.slice(from, from + 10));
    const beginning = (stem: string) => stem.slice(0, 5);
    const greatest = (numbers: number[]) => Math.max(0, ...numbers);
    const heldPairs = pairs.filter(([one, other]) => inOrder.some((s, at) => s === one && inOrder[at + 1] === other));
    const missing = words.filter((word) => namesSomething(word) && !isSaid(word.stem));
    return [
      passage.score,
      relative(first),
      relative(second),
      relative((first + second + third) / 3),
      share(isSaid),
      greatest(alone),
      greatest(withNext.map((said) => share((stem) => said.includes(stem)))),
      greatest(reached.map((said) => share((stem) => said.includes(stem)))),
      greatest(withNext.map((said) => share((stem) => said.map(beginning).includes(beginning(stem))))),
      pairs.length > 0 ? sum(heldPairs.map(pairWeight)) / sum(pairs.map(pairWeight)) : 0,
      near.length > 0 ? Math.max(...near.filter((_, at) => alone[at] === greatest(alone))) : 0,
      greatest(near.map((each, at) => each + alone[at]!)),
      Math.min(3, missing.length),
      Math.log(1 + inOrder.length),
    ];
  });
}

test('the features are what they are called, whatever was read before', () => {
  const fewWords = fc.constantFrom(
    ...['bridge', 'Bridge', 'Leine', 'built', '1912', 'the', 'was', 'river', 'mill', 'Celle', 'Otto', 'Anna', '7'],
    ...['proclaim', 'proclamation', 'proclaimed', 'stone', 'old', 'year', 'water', 'tower', 'sold', 'Aller', 'bank'],
  );
  const manyWords = fc.nat(900).map((number) => `thing${number}`);
  const words = (least: number, most: number, word = fewWords) =>
    fc.array(word, { minLength: least, maxLength: most }).map((some) => some.join(' '));
  const sentences = (least: number, most: number) =>
    fc
      .array(words(1, 14), { minLength: least, maxLength: most })
      .map((all) => all.map((each) => `So ${each}.`).join(' '));
  const passage = fc.record({
    text: fc.oneof({ weight: 9, arbitrary: sentences(0, 6) }, { weight: 1, arbitrary: sentences(100, 200) }),
    title: words(1, 3),
    start: fc.nat(100),
    score: fc.integer({ min: 0, max: 9 }),
    similarities: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 8, maxLength: 8 }),
    windows: fc.nat(8),
  });
  const question = fc.oneof(
    { weight: 9, arbitrary: words(1, 12) },
    { weight: 1, arbitrary: words(70, 200, fc.oneof(fewWords, manyWords)) },
  );
  fc.assert(
    fc.property(question, fc.array(passage, { maxLength: 5 }), (question, passages) => {
      const found = passages.map(({ text, title, start, score, similarities, windows }, at) => {
        let next = 0;
        const similarity = () => similarities[next++ % similarities.length]! / 10;
        const made = foundPassage(text, { id: String(at), title, start, similarity });
        const some = (list: unknown[]) => list.slice(0, windows === 8 ? list.length : windows);
        return { ...made, score: score / 9, windows: some(made.windows), similarities: some(made.similarities) };
      }) as FoundPassage[];
      const features = featuresOfPassages(question, found);
      for (const [at, expected] of plainFeatures(question, found).entries())
        for (const [feature, name] of rerankFeatures.entries()) {
          const [is, should] = [features[at]![feature]!, expected[feature]!];
          assert.ok(Math.abs(is - should) < 1e-9, `“${name}” of passage ${at} is ${is}, not ${should}`);
        }
    }),
    { numRuns: 150 },
  );
});
