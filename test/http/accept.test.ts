import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wantsEvents, weightOf } from '../../src/http/accept.ts';

test('the weight of a name in a header is the one that the client gives to exactly this name, or else 1', () => {
  for (const [header, weight] of [
    [undefined, 0],
    ['', 0],
    ['*', 0],
    ['brotli, x-br', 0],
    ['br', 1],
    ['gzip, BR', 1],
    ['br ; Q=0.5 , gzip', 0.5],
    ['gzip;q=0.9,br;level=5;q=0.25', 0.25],
    ['br;q=0', 0],
    ['br;q=1', 1],
    ['br;q=much', 0],
    [['gzip', 'br;q=0.5'], 0.5],
  ] as const)
    assert.equal(weightOf(header as string, 'br'), weight, String(header));
});

test('a header is read in linear time, however many spaces are in it', () => {
  const spaces = ' '.repeat(1_000_000);
  assert.equal(weightOf(`a${spaces}b, br${spaces};${spaces}q=0.5`, 'br'), 0.5);
});

test('events are wanted where they weigh as much as JSON, and anything at all', () => {
  for (const accept of ['text/event-stream', 'application/json;q=0.4, text/event-stream;q=0.4'])
    assert.equal(wantsEvents(accept), true, accept);
  for (const accept of [undefined, 'text/event-stream;q=0', 'application/json, text/event-stream;q=0.9'])
    assert.equal(wantsEvents(accept), false, String(accept));
});
