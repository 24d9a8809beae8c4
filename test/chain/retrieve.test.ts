import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inert } from '../../src/chain/retrieve.ts';

test('the tags of a prompt are disarmed whatever stands between their signs', () => {
  assert.equal(inert('< \u200b/ passage> <b> <Question>'), '‹ \u200b/ passage> <b> ‹Question>');
});

test('a text is disarmed in linear time, whatever a model repeats without end', () => {
  for (const sign of ['<', ' ', '<|', '\u200b', '/', '< ', '[/'])
    for (const text of [sign, `<${sign}`].map((each) => each + sign.repeat(1_000_000 / sign.length)))
      assert.equal(inert(text), text);
});
