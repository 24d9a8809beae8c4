import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AskTrail } from '../src/chain/trace.ts';
import { outermost, Trail } from '../src/trail.ts';

/** Steps, each within an earlier one or at the top. */
const steps = fc
  .array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), within: fc.nat() }), { maxLength: 30 })
  .map((given) => given.map(({ name, within }, at) => ({ name, parent: (within % (at + 1)) - 1 })));
type Steps = { name: string; parent: number }[];

function begin<Some extends Trail>(trail: Some, given: Steps): Some {
  for (const [at, { name, parent }] of given.entries()) {
    const place = trail.begin(name, 'step', `input ${at}`, parent);
    trail.end(place, `output ${at}`);
  }
  return trail;
}

/** The steps as a trace should list them, found by recursion: place and depth. */
function told(given: Steps, parent = outermost, depth = 0): { at: number; depth: number }[] {
  return given.flatMap((step, at) => (step.parent === parent ? [{ at, depth }, ...told(given, at, depth + 1)] : []));
}

test('however steps are nested, a trace lists parents before their children, in the order they began', () => {
  fc.assert(
    fc.property(steps, (given) => {
      assert.deepEqual(
        begin(new AskTrail(), given)
          .steps()
          .map(({ name, depth, input, output }) => ({ name, depth, input, output })),
        told(given).map(({ at, depth }) => ({
          ...{ name: given[at]!.name, depth },
          ...{ input: `input ${at}`, output: `output ${at}` },
        })),
      );
    }),
  );
});

test('asks with the same sequence of steps share one layout, and others do not', () => {
  fc.assert(
    fc.property(steps, steps, (one, other) => {
      const layoutOf = (given: Steps) => begin(new Trail(), given).course.layout;
      assert.equal(layoutOf(one), layoutOf(one));
      assert.equal(layoutOf(one) === layoutOf(other), JSON.stringify(one) === JSON.stringify(other));
    }),
  );
});

test('only a limited number of layouts is remembered, and steps of forgotten ones are recorded as well', () => {
  for (let at = 0; at < 20_000; at += 1) {
    const trail = begin(new AskTrail(), [
      { name: `name ${at}`, parent: outermost },
      { name: `within ${at}`, parent: 0 },
    ]);
    assert.deepEqual(trail.course.layout.names, [`name ${at}`, `within ${at}`]);
  }
  const layouts = [1, 2].map(() => begin(new Trail(), [{ name: 'name 19999', parent: outermost }]).course.layout);
  assert.notEqual(layouts[0], layouts[1]);
  assert.deepEqual(layouts[0], layouts[1]);
});

test('a token count reported by a model is used only if it is plausible', () => {
  const trail = new AskTrail();
  const report = (input_tokens: unknown, output_tokens: unknown) =>
    trail.end(trail.begin('m', 'model', null, outermost), { usage_metadata: { input_tokens, output_tokens } });
  for (const told of [-5, 0.5, 1e300, Number.POSITIVE_INFINITY, Number.NaN, 100_000_001, '7', null, undefined, {}])
    report(told, told);
  assert.deepEqual(trail.usage(), { promptTokens: 0, completionTokens: 0, modelCalls: 10 });
  report(7, 100_000_000);
  report(0, 1);
  assert.deepEqual(trail.usage(), { promptTokens: 7, completionTokens: 100_000_001, modelCalls: 12 });
});
