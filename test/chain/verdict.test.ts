import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readJudgement } from '../../src/chain/verdict.ts';

const whole = { quotes: ['a {b} "c"'], reason: 'because', verdict: 'Correct', score: 0.9 };
const json = JSON.stringify(whole);

for (const [how, reply] of [
  ['bare', json],
  ['in a code fence', `Sure!\n\`\`\`json\n${json}\n\`\`\`\nHope this helps {really}`],
  ['after a thinking block that weighs another verdict', `<think>Maybe {"verdict": "Incorrect"}?</think>${json}`],
  ['after thinking that only its end tells', `Maybe {"verdict": "Incorrect"}?\n</think>\n${json}`],
  ['after a draft of another verdict', `{"verdict":"Incorrect","reason":"draft"} No, rather: ${json}`],
  ['after a brace that is none of its own', `Use {curly} braces: ${json}`],
] as const)
  test(`a judgement is read ${how}`, () => assert.deepEqual(readJudgement(reply), whole));

test('fields of another case or type are read where they are plain', () => {
  const read = readJudgement('{"Verdict": "INCORRECT.", "Score": "0.2", "quotes": "one"}');
  assert.deepEqual(read, { quotes: ['one'], reason: '', verdict: 'Incorrect', score: 0.2 });
});

test('a score outside 0 to 1 is no score', () => {
  assert.equal(readJudgement('{"verdict":"Correct","score":7}')?.score, null);
});

test('what says no verdict is not guessed at', () => {
  for (const reply of [
    '',
    'Correct',
    'The answer is Correct.',
    '{"verdict":"Maybe"}',
    `<think>The reply looks like ${json}, so`,
    `Let me see.\n<think>The reply looks like\n${json}`,
    `${json}</think>`,
    '{"verdict":',
    '[]',
    'null',
    '{}',
  ])
    assert.equal(readJudgement(reply), null, reply);
});

test('any judgement survives any wrapping without braces', () => {
  const judgement = fc.record({
    quotes: fc.array(fc.string(), { maxLength: 5 }),
    reason: fc.string(),
    verdict: fc.constantFrom('Correct', 'Incorrect'),
    score: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(null)),
  });
  const around = fc.string().map((text) => text.replace(/[{}<>"\\]/g, ''));
  fc.assert(
    fc.property(judgement, around, around, (given, before, after) => {
      const plain = JSON.parse(JSON.stringify(given));
      // Thinking is taken out first, so a judgement that quotes its tags is not itself any more.
      fc.pre(!/<\/?think/i.test(JSON.stringify(given)));
      assert.deepEqual(readJudgement(before + JSON.stringify(given) + after), plain);
    }),
  );
});

test('no reply makes it throw', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('{', '}', '"', '\\', 'a', ':') }),
      (reply) => void readJudgement(reply),
    ),
  );
});
