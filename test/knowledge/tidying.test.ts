import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createTidying } from '../../src/knowledge/tidying.ts';

/** Parts with so many steps of work left, each of six milliseconds; `done` tells whose turn it was. */
function partsOf(t: TestContext, left: Record<string, number>, inTurn?: (step: () => void) => void) {
  let now = 0;
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(performance, 'now', () => now);
  const done: string[] = [];
  const parts = Object.keys(left).map((name) => ({
    tidy() {
      if (left[name] === 0) return false;
      if (left[name]! < 0) throw new Error('The disk is full.');
      left[name]! -= 1;
      now += 6;
      done.push(name);
      return left[name]! > 0;
    },
  }));
  const after = (ms: number) => {
    t.mock.timers.tick(ms);
    return done.splice(0).join('');
  };
  return { tidying: createTidying(() => parts, { inTurn }), after };
}

test('tidying begins a second after the last change, and goes on in short steps until nothing is left', (t) => {
  const left = { a: 1, b: 1, c: 3 };
  const { tidying, after } = partsOf(t, left);
  assert.equal(after(999), '');
  tidying.postpone();
  assert.equal(after(999), '');
  assert.deepEqual([after(1), after(49), after(1), after(50), after(50), after(50)], ['ab', '', 'c', 'c', 'c', '']);
  left.b = 1;
  assert.equal(after(60_000), '', 'it has come to its end');
  tidying.ensureScheduled();
  assert.equal(after(999), '');
  tidying.ensureScheduled();
  assert.equal(after(1), 'b', 'it was not put off');
  left.c = 1;
  tidying.postpone();
  tidying.close();
  assert.equal(after(60_000), '');
});

test('after a failure tidying is tried again in a minute', (t) => {
  const left = { a: -1, b: 1 };
  const { after } = partsOf(t, left);
  assert.equal(after(1_000), '');
  left.a = 1;
  assert.deepEqual([after(59_999), after(1)], ['', 'ab']);
});

test('a step that waits for its turn is carried out once, and not if it was put off or given up meanwhile', (t) => {
  const left = { a: 3 };
  const waiting: (() => void)[] = [];
  const { tidying, after } = partsOf(t, left, (step) => waiting.push(step));
  const turn = () => {
    for (const step of waiting.splice(0)) step();
    return after(0);
  };
  assert.equal(after(1_000), '');
  tidying.ensureScheduled();
  assert.deepEqual([after(1_000), waiting.length, turn()], ['', 1, 'a']);
  after(50);
  tidying.postpone();
  assert.deepEqual([turn(), after(1_000), turn()], ['', '', 'a']);
  after(50);
  tidying.close();
  assert.equal(turn(), '');
});
