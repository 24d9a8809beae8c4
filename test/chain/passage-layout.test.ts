import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { layoutOf } from '../../src/chain/passage-layout.ts';

const text = `# Mill

Before a start:

- oil the
  shaft
- close the sluice

Is it loud?

Yes. Wear plugs.

| Part | Weight |
|---|---|
| Stone | 900 kg |

\`\`\`
a | b
- c
\`\`\`
`;

test('lists, code, tables, headings and questions are recognised, even where one looks like another', () => {
  const { blocks, tables, headings, asked } = layoutOf(text);
  const read = ({ start, end }: { start: number; end: number }) => text.slice(start, end);
  assert.deepEqual(blocks.map(read), ['- oil the\n  shaft\n- close the sluice', '```\na | b\n- c\n```']);
  assert.deepEqual(
    blocks.map(({ lead }) => lead),
    ['Before a start:', ''],
  );
  assert.deepEqual(
    tables.map(({ head }) => read(head)),
    ['| Part | Weight |\n|---|---|'],
  );
  assert.deepEqual(tables.map(read), ['\n| Stone | 900 kg |']);
  assert.deepEqual(headings, [{ start: 0, text: 'Mill' }]);
  assert.deepEqual(
    asked.map(({ question, answer }) => [read(question), read(answer)]),
    [['Is it loud?', 'Yes. Wear plugs.']],
  );
});

test('whatever a text holds, the blocks and tables found in it lie within it, in order', () => {
  const piece = fc.constantFrom('# a', '- b', '1. c', 'd?', 'e:', '| f | g |', '|---|', '```', ' ', '\n', '\n\n', 'h');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const whole = pieces.join('');
      const { blocks, tables } = layoutOf(whole);
      for (const parts of [blocks, tables])
        for (const [at, { start, end }] of parts.entries()) {
          assert.ok(start >= (parts[at - 1]?.end ?? 0) && end >= start && end <= whole.length);
        }
    }),
  );
});

test('a line of a table is read in linear time, however much white space is in it', () => {
  const spaces = ' '.repeat(500_000);
  for (const line of [`${spaces}x|y`, `${spaces}|${spaces}-${spaces}|x`, `|${'-'.repeat(500_000)}x|`])
    assert.deepEqual(
      layoutOf(`a|b\n${line}`).tables.map(({ isMarkdown }) => isMarkdown),
      [false],
    );
});
