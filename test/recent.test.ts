import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRecent, remembering } from '../src/recent.ts';

type Operation = { what: 'set' | 'get' | 'remove'; key: number };

/** Carries out all operations; `truth` has the values in the order of their last use, and null in place of removed ones. */
function carryOut(most: number, operations: Operation[]) {
  const recent = createRecent<number, number>(most);
  const truth = new Map<number, number | null>();
  for (const [at, { what, key }] of operations.entries()) {
    const value = what === 'set' ? at : what === 'get' ? recent.get(key) : undefined;
    if (value !== undefined && what === 'get') assert.equal(value, truth.get(key));
    if (what === 'set') recent.set(key, at);
    if (what === 'remove') {
      recent.remove(key);
      if (truth.has(key)) truth.set(key, null);
    }
    if (value === undefined) continue;
    truth.delete(key);
    truth.set(key, value);
  }
  return { recent, truth };
}

test('at least the most recently used half of the limit is remembered, never more than the limit, and nothing removed', () => {
  const keys = Array.from({ length: 16 }, (_, key) => key);
  const operation = fc.record({
    what: fc.constantFrom('set' as const, 'set' as const, 'get' as const, 'remove' as const),
    key: fc.constantFrom(...keys),
  });
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 12 }), fc.array(operation, { maxLength: 80 }), (most, operations) => {
      // Looking a key up counts as use, so each key is looked up in a memory of its own.
      const kept = keys.filter((key) => carryOut(most, operations).recent.get(key) !== undefined);
      const { truth } = carryOut(most, operations);
      assert.ok(kept.length <= most, `${kept.length} of ${most}`);
      for (const [key, value] of [...truth].slice(-Math.floor(most / 2)))
        assert.equal(kept.includes(key), value !== null, String(key));
      for (const key of kept) assert.ok((truth.get(key) ?? null) !== null, String(key));
    }),
  );
});

test('a remembered value is made once, and again after it was forgotten', () => {
  const made: number[] = [];
  const squareOf = remembering(8, (number: number) => {
    made.push(number);
    return { square: number ** 2 };
  });
  assert.equal(squareOf(3), squareOf(3));
  assert.deepEqual([squareOf(3).square, made], [9, [3]]);
  for (let number = 10; number < 20; number += 1) squareOf(number);
  squareOf(3);
  assert.equal(made.filter((number) => number === 3).length, 2);
});
