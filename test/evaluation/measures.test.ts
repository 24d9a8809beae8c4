import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bestF1, holdsOne, isExact } from '../../evaluation/answer-measures.ts';
import { fitBoostedTrees } from '../../evaluation/boosted-trees.ts';
import { shortfalls } from '../../evaluation/gate.ts';
import { auroc, estimate, reliability, rocPoints, type Scored } from '../../evaluation/measures.ts';
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
