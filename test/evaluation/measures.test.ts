import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bestF1, holdsOne, isExact } from '../../evaluation/answer-measures.ts';
import { fitBoostedTrees } from '../../evaluation/boosted-trees.ts';
import { shortfalls } from '../../evaluation/gate.ts';
import { auroc, estimate, reliability, rocPoints, type Scored } from '../../evaluation/measures.ts';
import { verdictFigures } from '../../evaluation/verdict-figures.ts';
import { sumOfTrees } from '../../src/chain/boosted-trees.ts';

const scored = fc.array(
  fc.record({ score: fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10), right: fc.boolean() }),
  {
    minLength: 2,
    maxLength: 60,
  },
);
const both = (items: Scored[]) => items.some(({ right }) => right) && items.some(({ right }) => !right);

test('AUROC is the share of pairs in which the right one scores higher, ties counting half', () => {
  fc.assert(
    fc.property(scored.filter(both), (items) => {
      const rights = items.filter(({ right }) => right);
      const wrongs = items.filter(({ right }) => !right);
      let won = 0;
      for (const one of rights)
        for (const other of wrongs) won += one.score > other.score ? 1 : one.score === other.score ? 0.5 : 0;
      assert.ok(Math.abs(auroc(items)! - won / (rights.length * wrongs.length)) < 1e-9);
    }),
  );
});

test('the area under the points of the ROC curve is the AUROC', () => {
  fc.assert(
    fc.property(scored.filter(both), (items) => {
      const points = rocPoints(items);
      assert.deepEqual(points.at(-1), [1, 1]);
      let area = 0;
      for (const [at, [x, y]] of points.entries()) {
        const [fromX, fromY] = points[at - 1] ?? [0, 0];
        area += ((x - fromX) * (y + fromY)) / 2;
      }
      assert.ok(Math.abs(area - auroc(items)!) < 1e-9);
    }),
  );
});

test('a confidence interval contains its figure and is reproducible, and a single group has none', () => {
  const items = Array.from({ length: 200 }, (_, at) => ({ group: String(at >> 1), holds: at % 3 === 0 }));
  const mean = (of: typeof items) => of.filter(({ holds }) => holds).length / of.length;
  const options = { groupOf: ({ group }: (typeof items)[number]) => group };
  const found = estimate(items, mean, options);
  assert.ok(found.low! < found.value! && found.value! < found.high!);
  assert.ok(found.high! - found.low! < 0.2);
  assert.deepEqual(found, estimate(items, mean, options));
  const alone = estimate(items, mean, { groupOf: () => 'one' });
  assert.deepEqual([alone.low, alone.high, alone.value], [null, null, found.value]);
});

test('where all are alike, the interval is that of a share of which nothing, or everything, was seen to hold', () => {
  const groupOf = ({ at }: { at: number }) => String(at);
  const all = Array.from({ length: 20 }, (_, at) => ({ at, score: at < 15 ? 0.9 : 0.1, right: at < 15 }));
  const near = (estimated: { low: number | null; high: number | null }, low: number, high: number) => {
    assert.ok(
      Math.abs(estimated.low! - low) < 1e-4 && Math.abs(estimated.high! - high) < 1e-4,
      JSON.stringify(estimated),
    );
  };
  // As in tables of Clopper and Pearson's interval: 20 of 20, 0 of 20, and 5 of 5, of which there are as many wrong ones.
  near(
    estimate(all, () => 1, { groupOf }),
    0.83157,
    1,
  );
  near(
    estimate(all, () => 0, { groupOf }),
    0,
    0.16843,
  );
  near(estimate(all, auroc, { groupOf, classOf: ({ right }) => right }), 0.47818, 1);
});

test('of wrong answers alone, or right ones alone, it is told how many are called Correct', () => {
  const answer = (right: boolean, label: string, at: number) => ({
    score: 0.5,
    right,
    label,
    kind: 'k',
    question: `${at}`,
  });
  const wrong = verdictFigures({ name: 'j', scored: [1, 2, 3, 4].map((at) => answer(false, 'Correct', at)) }, false);
  assert.equal(wrong['verdict.j.falseCorrect']!.value, 1);
  assert.equal(wrong['verdict.j.auroc'], undefined);
  const right = verdictFigures({ name: 'j', scored: [1, 2, 3, 4].map((at) => answer(true, 'Incorrect', at)) }, false);
  assert.equal(right['verdict.j.rightCalledCorrect']!.value, 0);
});

test('reliability puts every score into exactly one bin', () => {
  fc.assert(
    fc.property(scored, (items) => {
      assert.equal(
        reliability(items).reduce((sum, { count }) => sum + count, 0),
        items.length,
      );
    }),
  );
});

test('answers are compared as SQuAD compares them', () => {
  assert.ok(isExact('The 1382.', ['1382']));
  assert.ok(!isExact('in 1382', ['1382']));
  assert.ok(holdsOne('It was built in 1382, they say.', ['a 1382']));
  assert.ok(!holdsOne('It was built in 11382.', ['1382']));
  assert.ok(holdsOne('必须在14天内提交。', ['14天', '三个月']));
  assert.ok(!holdsOne('必须在114天内提交。', ['14天']));
  assert.ok(holdsOne('Le cafe\u0301 ouvre \uff18 heures.', ['café', '8 heures']));
  assert.ok(isExact('cafe\u0301', ['caf\u00e9']) && isExact('\uff18', ['8']));
  for (const [answer, right] of [
    ['It has 10⁶ cells.', '106'],
    ['12 litres', '½ litres'],
    ['x²', 'x2'],
  ] as const)
    assert.ok(!holdsOne(answer, [right]), `${answer} is not ${right}`);
  assert.equal(bestF1('三个月', ['三个月']), 1);
  assert.equal(bestF1('Peter Hale', ['the mason Peter Hale']), (2 * 2) / (2 + 3));
  assert.equal(bestF1('nobody', ['Peter Hale']), 0);
});

test('boosted trees learn what no straight line can separate, and are the same for the same examples', () => {
  const examples = Array.from({ length: 800 }, (_, at) => {
    const [x, y] = [((at * 37) % 100) / 100, ((at * 61) % 97) / 97];
    return { features: [x, y], right: x > 0.5 !== y > 0.5, weight: 1 };
  });
  const starts = examples.map(() => 0);
  const trees = fitBoostedTrees(examples, starts);
  assert.deepEqual(trees, fitBoostedTrees(examples, starts));
  const right = examples.filter((each) => sumOfTrees(trees, each.features) > 0 === each.right).length;
  assert.ok(right > 780, String(right));
});

test('a gate names each figure that is too low, too high or was not measured', () => {
  const figures = { one: { value: 0.5 }, two: { value: 0.2 } };
  assert.deepEqual(shortfalls(figures, { one: 0.5, two: { atMost: 0.2 } }), []);
  assert.deepEqual(shortfalls(figures, { one: 0.6, two: { atMost: 0.1 }, three: 0 }), [
    'one is 0.5, and must be at least 0.6.',
    'two is 0.2, and must be at most 0.1.',
    'three was not measured.',
  ]);
});
