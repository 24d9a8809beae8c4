import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { wellFormed, withoutThinking } from '../../src/chain/thinking.ts';
import { closingTags, dialects } from '../../src/chain/thinking-tags.ts';

const analysis = '<|channel|>analysis<|message|>';
const final = '<|channel|>final<|message|>';

for (const [what, reply, answer] of [
  ['a block', '<think>When was it?</think>\n\nIn 1904.', 'In 1904.'],
  ['blocks one after the other', '<think>a</think> <Thinking>b</THINKING>In 1904.', 'In 1904.'],
  ['a block within an answer', 'In 1904 <think>or 1905?</think> it was.', 'In 1904  it was.'],
  ['a block between pieces of code', 'Set `a` <think>or?</think> and `b`.', 'Set `a`  and `b`.'],
  ['a block between stray backticks', 'It is ` odd.\n<think>Hm.</think>\nIn 1904` so.', 'It is ` odd.\n\nIn 1904` so.'],
  [
    'what mentions a fence within a line',
    'They put ``` first.\n</think>\nIn 1904, and ``` last.',
    'In 1904, and ``` last.',
  ],
  ['all before a closing tag that nothing opened', 'The log says so.\n</think>\nIn 1904.', 'In 1904.'],
  ['all before the last closing tag', 'Draft <think>a</think> b</think>In 1904.', 'In 1904.'],
  ['thinking that mentions its tags', '<think>I close with `</think>`.\nSo.</think>In 1904.', 'In 1904.'],
  ['a block that is never closed', ' <think>Maybe in 1904', ''],
  ['an unclosed block after an answer, on a line of its own', 'In 1904.\n<think>Or', 'In 1904.'],
  ['an unclosed block after a sentence', 'Let me see. <think>In 1904', 'Let me see.'],
  ['an unclosed block after an exclamation', 'Let me see! <think> In 1904', 'Let me see!'],
  ['an unclosed block after a question', 'When was it? <think> In 1904', 'When was it?'],
  ['an unclosed block in a line where no sentence goes on', 'Well <think>In 1904', 'Well'],
  ['an unclosed block after another block', 'In 1904<think>a</think><think>Or', 'In 1904'],
  ['nothing after the closing tag', 'Maybe in 1904</think>\n', ''],
  ['as Magistral writes it', '[THINK]When?[/THINK]In 1904.', 'In 1904.'],
  ['as Seed-OSS writes it', '<seed:think>When?</seed:think>In 1904.', 'In 1904.'],
  ['as EXAONE Deep writes it', 'When?\n</thought>\n\nIn 1904.', 'In 1904.'],
  ['piece by piece, as Bedrock has it', '<reasoning>When</reasoning><reasoning>?</reasoning>In 1904.', 'In 1904.'],
  ['as gpt-oss writes it', `${analysis}When?<|end|><|start|>assistant${final}In 1904.`, 'In 1904.'],
  [
    'as gpt-oss writes it before JSON',
    `${analysis}When?<|channel|>final <|constrain|>JSON<|message|>{"a":1}`,
    '{"a":1}',
  ],
  [
    'as gpt-oss writes it with a plan',
    `${analysis}a<|end|><|channel|>commentary<|message|>b${final}In 1904.`,
    'In 1904.',
  ],
  ['where gpt-oss was cut off', `${analysis}Maybe in 1904.<|end|><|start|>assist`, ''],
  ['where gpt-oss did not think', `${final}In 1904.`, 'In 1904.'],
  ['as Gemma writes it', '<|channel>thought\nWhen?<channel|>In 1904.', 'In 1904.'],
  ['thinking that holds tags of other dialects', '<think>No </thought> [/THINK] here</think>In 1904.', 'In 1904.'],
] as const)
  test(`thinking is removed: ${what}`, () => assert.equal(withoutThinking(reply), answer));

for (const answer of [
  'Such models put <think> before what they think.',
  'Some write <think>, some <think>; all mean <think>: it begins (by <think>).',
  'They write `<think>` first and `</think>` last.',
  '- So:\n  ```\n  <think>\n  Hm.\n  </think>\n  ```\n- Or:\n\t```\n\t</think>\n\t```\nThat is all.',
  'They write `<think>…</think>` first.',
  'The block ends with "</think>" and begins with “<think>”.',
  'A reply looks so:\n```\n<think>\nHm.\n</think>\nIn 1904.\n```\nThat is all.',
  'I think </thin> is < no > tag <thinker>.',
  'See [think](think.md), [Think] and [1]: <thoughts> are <reasons>, <|channel|> is none.',
  'Magistral begins with `[THINK]`, gpt-oss with "<|channel|>analysis".',
  'Some put <reasoning> or <thought> first, as others put [THINK] there.',
])
  test(`a mere mention of thinking tags stays: ${JSON.stringify(answer)}`, () => {
    assert.equal(withoutThinking(answer), answer);
    assert.equal(withoutThinking(`<think>Hm.</think>\n${answer}`), answer);
  });

test('the tags of every dialect are read alike', () => {
  const [usual, ...others] = dialects;
  const part = fc.constantFrom('<open>', '<close>', '\n', ' ', 'a', '.', ', ', '`', '"');
  for (const { opening, closing } of others)
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 12 }),
        fc.constantFrom(...opening),
        fc.constantFrom(...closing),
        (parts, ...own) => {
          const inTags = (open: string, close: string) =>
            parts.join('').replaceAll('<open>', open).replaceAll('<close>', close);
          const read = withoutThinking(inTags(...own));
          const asUsual = withoutThinking(inTags(usual!.opening[0]!, usual!.closing[0]!));
          assert.equal(read, asUsual.replaceAll('<think>', own[0]).replaceAll('</think>', own[1]));
        },
      ),
      { seed: 1904, numRuns: 500 },
    );
});

test('a reply without code is read as plain replacements would read its tags', () => {
  const part = fc.constantFrom('<think>', '</think>', '<thinking>', '</thinking>', '\n', ' ', 'a', '.', '<', '>');
  /** Removes whole blocks, then all before the last closing tag, then all after the first tag that may open thinking. */
  const straightforward = (reply: string) =>
    reply
      .replace(/<think(?:ing)?>[\s\S]*?<\/think(?:ing)?>/gi, '\0')
      .replace(/^[\s\S]*<\/think(?:ing)?>/i, '')
      .replace(/(?:(?<=(?:^|\0|\n|[.!?])\s*)<think(?:ing)?>|<think(?:ing)?>(?=[^ ,;:.)]))[\s\S]*$/i, '')
      .replaceAll('\0', '')
      .trim();
  fc.assert(
    fc.property(fc.array(part, { maxLength: 16 }), (parts) => {
      assert.equal(withoutThinking(parts.join('')), straightforward(parts.join('')));
    }),
    { seed: 1904, numRuns: 5000 },
  );
});

test('a reply that consists of tags and signs is read in linear time', () => {
  const many = 1_000_000;
  const otherTags = dialects.slice(1).flatMap(({ opening, closing }) => [...opening, ...closing, opening.join('a')]);
  for (const sign of [
    '<think>',
    'a <think>',
    '</think>',
    '<think></think>',
    '`',
    '\n```',
    '"<think>',
    ' ',
    '\n',
    '<',
    ...otherTags,
  ])
    for (const around of ['', 'a', '<think>', '</b>'])
      assert.ok(withoutThinking(around + sign.repeat(many / sign.length) + around).length <= many + 20);
});

test('a closing tag that is nowhere ahead is looked for once, however many tags are mentioned', (t) => {
  const looked = t.mock.method(closingTags[0]!, 'test');
  const mentions = 'a <think> '.repeat(1_000);
  assert.equal(withoutThinking(`${mentions}b`), `${mentions}b`);
  assert.equal(looked.mock.callCount(), 1);
});

test('text that a model wrote can be sent back: NUL and halves of characters are replaced', () => {
  assert.equal(wellFormed('a\0b \ud800 😀'), 'a\ufffdb \ufffd 😀');
});
