import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAbstention, mayAbstain } from '../../src/chain/abstention.ts';
import { abstention } from '../../src/chain/state.ts';

test('an answer that only says that it does not know, and why, is an abstention', () => {
  for (const answer of [
    "I don't know.",
    '“I don’t know”',
    '**I do not know.**',
    'i dont know',
    abstention,
    'I don’t know. The passages are silent.',
    "I don't know, based on the passages.",
    "I don't know who built it; the passages don't say so.",
    "I don't know: none of the passages names him :(",
    "I don't know what happened at 12:30.",
    "I don't know the name of the butler.",
  ])
    assert.ok(isAbstention(answer), answer);
});

test('an answer that says what it knows is none, whatever it admits before', () => {
  for (const answer of [
    "I don't know the exact date, but the dam broke in 1911.",
    'I do not know the day. However, the passages say that it was in 1911.',
    "I don't know the day; the year was 1911.",
    "I don't know the day: passage 2 only says 1911.",
    "I don't know the day.\nThe year was 1911.",
    `I don't know ${'very '.repeat(50)}well.`,
    "I don't knowingly quote it.",
    'It is said: I don’t know.',
    'Я не знаю.',
    '1911',
    '',
  ])
    assert.ok(!isAbstention(answer), answer);
});

test('an answer in other letters than English ones is not waited for', () => {
  assert.ok(!mayAbstain('П') && !mayAbstain('大') && !mayAbstain('1'));
});

test('whatever becomes an abstention may be one from its first letter on; what may not be one never becomes one', () => {
  const part = fc.constantFrom(
    'I',
    ' ',
    'don’t',
    "don't",
    'do not',
    'know',
    'but',
    'ter',
    ',',
    ': ',
    '\n',
    'no',
    '“',
    'é',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), fc.boolean(), (parts, admits) => {
      const whole = (admits ? "I don't know" : '') + parts.join('');
      let mayStill = true;
      for (let end = 1; end <= whole.length; end += 1) {
        const text = whole.slice(0, end).trim();
        const may = mayAbstain(text);
        assert.ok(mayStill || !may, text);
        assert.ok(may || !isAbstention(text), text);
        mayStill = may;
      }
    }),
    { seed: 1911, numRuns: 5000 },
  );
});
