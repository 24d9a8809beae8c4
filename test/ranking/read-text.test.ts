import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from '../../src/ranking/read-text.ts';

test('a thousand passages of usual size are remembered, but not five hundred large ones, which take up as much as four thousand', () => {
  const textOf = (name: string, words: number) =>
    Array.from({ length: words }, (_, at) => name + 'bcdfghjklm'.charAt(at % 10)).join(' ');
  const isRemembered = (count: number, words: number) => {
    const first = readText(textOf('first', words));
    for (let at = 1; at < count; at += 1) readText(`${textOf('other', words - 1)} number${at}`);
    return readText(textOf('first', words)) === first;
  };
  assert.ok(isRemembered(1_000, 120));
  assert.ok(!isRemembered(500, 1_000));
});
