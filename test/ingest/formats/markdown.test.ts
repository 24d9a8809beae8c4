import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { loadMarkdown } from '../../../src/ingest/formats/markdown.ts';

const headingsOf = (source: string) => loadMarkdown(source).headings.map(({ level, text }) => [level, text]);
const blocksOf = (source: string) =>
  loadMarkdown(source).blocks.map(({ kind, start, end }) => [kind, source.slice(start, end)]);

test('prose that begins with import or export is not taken for MDX code', () => {
  for (const words of [
    'export default settings from the menu first.',
    'import data from "Excel" or a text file.',
    'export function keys are F5 and F6.',
    'export const values only.',
    'import "Excel" files here.',
  ])
    assert.deepEqual(loadMarkdown(words).blocks, []);
  for (const code of [
    "import a, { b as c } from 'x';",
    'import "x.css"',
    'import {',
    "import * as a from 'x' // why",
    'export default ({ children }) => (',
    'export default Page;',
    'export default function Page() {',
    'export default async function Page() {',
    'export default defineConfig({',
    'export const a = 1',
    'export const a: Kind = {',
    'export function f(x) {',
    "export * from 'x'",
    'export {',
  ])
    assert.deepEqual(
      loadMarkdown(code).blocks.map(({ kind }) => kind),
      ['code'],
      code,
    );
});

test('headings marked with # and underlined ones are found, their words without markup', () => {
  assert.deepEqual(
    headingsOf('# The **bold** `x_y` [link](u) &amp; ![pic](p) ##\n\nUnder *line*\n===\n\nSecond\n---\n### \n#no\n'),
    [
      [1, 'The bold x_y link & pic'],
      [1, 'Under line'],
      [2, 'Second'],
    ],
  );
  const source = 'Text\n\n  ## Two ##  \n\nmore';
  const [heading] = loadMarkdown(source).headings;
  assert.equal(source.slice(heading?.start, heading?.end), '## Two ##');
});

test('lines that only look like headings are not headings', () => {
  assert.deepEqual(
    headingsOf('```\n# no\n```\n    # no\n\n- # no\n\n> # no\n\n<!--\n# no\n-->\n\n<div>\n# no\n</div>\n\n\\# no'),
    [],
  );
  assert.deepEqual(headingsOf(`# ${'long '.repeat(100)}\n\n${'long '.repeat(100)}\n---\n`), []);
});

test('tables, code blocks and lists are found whole', () => {
  assert.deepEqual(blocksOf('Lead\n\n| a | b |\n|---|:-:|\n| 1 | 2 |\nafter | x\n\ntext\n'), [
    ['table', '| a | b |\n|---|:-:|\n| 1 | 2 |\nafter | x\n'],
  ]);
  assert.deepEqual(blocksOf('~~~js\ncode\n```\n~~~\n\n    indented\n\n    more\n\ntext'), [
    ['code', '~~~js\ncode\n```\n~~~\n'],
    ['code', '    indented\n\n    more\n'],
  ]);
  assert.deepEqual(blocksOf('para\n- a\n  ```\n  # x\n\n  ```\n- b\n  c\n\n  d\n   1. e\n\nafter'), [
    ['list', '- a\n  ```\n  # x\n\n  ```\n- b\n  c\n\n  d\n   1. e\n'],
  ]);
});

test('list items and the paragraphs of a quotation begin a new piece of text', () => {
  const source = '- a\n- b\n  - c\n\n> One\n>\n> Two\n';
  assert.deepEqual(
    loadMarkdown(source).breaks.map((at) => source.slice(at, at + 6).trim()),
    ['- a\n-', '- b', '- c', '> Two'],
  );
});

test("the title is the front matter's or, without one, the first heading of level 1", () => {
  const titleOf = (source: string) => loadMarkdown(source).title;
  assert.equal(titleOf('---\nlayout: post\ntitle: "My: title"\n---\n# Other\n'), 'My: title');
  assert.equal(titleOf('---\nlayout: post\n---\n## Two\n# One\n'), 'One');
  assert.equal(titleOf('---\n\ntitle: no\n\n---\n'), null);
  assert.equal(titleOf('text'), null);
  assert.deepEqual(headingsOf('---\ntitle: x\n---\ntext'), []);
});

test('headings are the same as those a CommonMark parser finds', () => {
  const lines =
    '# One|## Two ##|   ### Three|####### seven|#hash|word|more words|===|---|- - -|***||||- item|* other|  inside|    deep|' +
    '1. first|```|~~~|```js|> quote|>|<div>|</div>|<!-- x|-->|<!-- y -->|- # in item|   - indented';
  const line = fc.constantFrom(...lines.split('|'));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (some) => {
      const source = some.join('\n');
      const tree = fromMarkdown(source);
      const expected = tree.children.flatMap((node) =>
        node.type === 'heading' && node.children.length > 0
          ? [[node.depth, node.position?.start.offset, node.position?.end.offset]]
          : [],
      );
      const found = loadMarkdown(source).headings.map(({ level, start, end }) => [level, start, end]);
      assert.deepEqual(found, expected, JSON.stringify(source));
    }),
    { seed: 3, numRuns: 3_000 },
  );
});

test('headings, code and lists are where a CommonMark parser finds them, however far their marks are indented', () => {
  const marks =
    '# a|###### a|####### a|#a|- a|+ a|* a|-a|1. a|1) a|123456789) a|1234567890. a|> a|```|````|``|~~~|~~|```a`|<div>|</div>|' +
    '<b c=>|<!-- a|-->|<pre|<pre>|<script>|<hr/>|***|* * *|- - -|--|__|_ _ _|===|= =|=|a|a b|#';
  const indents = ['', '', '', ' ', '   ', '    ', '\t', ' \t'];
  const line = fc.tuple(
    fc.constantFrom(...indents),
    fc.constantFrom(...marks.split('|')),
    fc.constantFrom('', '', ' ', '\t'),
  );
  // A rule before each number other than 1: that parser lets none begin a list below code, although no paragraph goes on there.
  const beginning = (text: string) => (/^\s*\d{2}/.test(text) ? '\n\n***\n' : '\n');
  fc.assert(
    fc.property(fc.array(fc.tuple(line, fc.boolean()), { maxLength: 4 }), (some) => {
      // Behind an item or a quotation, a blank line always: that parser takes some lines for HTML that go on in the paragraph above.
      const isHolder = (text: string) => /^\s*(?:[-+*>]|\d+[.)])/.test(text);
      const source = some
        .map(([parts, isApart]) => ({ text: parts.join(''), isApart }))
        .map(({ text, isApart }) => beginning(text) + text + (isApart || isHolder(text) ? '\n' : ''))
        .join('');
      // Spans without white space around them, and those of one kind that follow each other as one: here, lists are.
      const joined = (spans: { kind: string; start: number; end: number }[]) => {
        const all: [string, number, number][] = [];
        for (const { kind, start, end } of spans) {
          const text = source.slice(start, end);
          const [from, to] = [start + text.length - text.trimStart().length, start + text.trimEnd().length];
          const last = all.at(-1);
          if (last?.[0] === kind && source.slice(last[2], from).trim() === '') last[2] = to;
          else all.push([kind, from, to]);
        }
        return all;
      };
      const expected = fromMarkdown(source).children.flatMap(({ type: kind, position, ...node }) =>
        /^(?:heading|code|list)$/.test(kind) && (kind !== 'heading' || ('children' in node && node.children.length))
          ? [{ kind, start: position!.start.offset!, end: position!.end.offset! }]
          : [],
      );
      const { headings, blocks } = loadMarkdown(source);
      const found = [...headings.map((each) => ({ kind: 'heading', ...each })), ...blocks].sort(
        (one, other) => one.start - other.start,
      );
      assert.deepEqual(joined(found), joined(expected), JSON.stringify(source));
    }),
    { seed: 3, numRuns: 5_000 },
  );
});

test('a heading is none below an HTML tag that stands alone, and is one below what only looks like such a tag', () => {
  for (const html of ['<b>', '<b c="d" e=f />', '</pre>', '<divx>', '   <b>'])
    assert.deepEqual(headingsOf(`${html}\n# a\n`), [], html);
  for (const text of ['<b c=>', '<b> c', '    <b>', '<1>']) assert.equal(headingsOf(`${text}\n# a\n`).length, 1, text);
});

test('megabytes crafted to be slow to read are read', () => {
  const parts = [
    '>',
    '> ',
    '[',
    '- ',
    '`',
    '```\n',
    'a\n-\n',
    '\t',
    '\n',
    '|a\n',
    '-|',
    '<!--\n',
    '- ```\n',
    '# ',
    '* * ',
    ' #',
  ];
  for (const part of parts) loadMarkdown(`${part.repeat(1_000_000 / part.length)}x`);
  loadMarkdown('# *a*\n'.repeat(100_000));
  for (const run of ['\t', '-', '- ', '|\t']) loadMarkdown(`a|b\n-${run.repeat(1_000_000 / run.length)}|0\n`);
});

test('front matter may be TOML, begin with comments, and have a comment after its title', () => {
  for (const frontMatter of [
    '---\n# reviewers:\n# - someone\ntitle: Pods\n---\n',
    '+++\ntitle = "Pods"\ndraft = false\n+++\n',
    '---\ntitle: Pods # shown above\n---\n',
  ]) {
    const { title, headings, blocks } = loadMarkdown(`${frontMatter}# About pods\nWords.\n`);
    assert.equal(title, 'Pods');
    assert.deepEqual(
      headings.map(({ text }) => text),
      ['About pods'],
    );
    assert.deepEqual(blocks, [{ start: 0, end: frontMatter.length, kind: 'code' }]);
  }
  assert.equal(loadMarkdown('---\ntitle: C# in depth\n---\n').title, 'C# in depth');
  assert.equal(
    loadMarkdown('---\n# A rule, then a heading\n\nNote: no more.\n\n---\n').title,
    'A rule, then a heading',
  );
});

test("a heading's id and classes do not belong to its words", () => {
  const { headings } = loadMarkdown(
    '# What a pod is {#what-is}\n\n## Two {.wide #two}\n\nThree {#three}\n---\n\n## A {set}\n',
  );
  assert.deepEqual(
    headings.map(({ text }) => text),
    ['What a pod is', 'Two', 'Three', 'A {set}'],
  );
});

test('imports and exports of MDX are code, and the opening line of a callout or admonition stands apart from its text', () => {
  const source =
    "import {\n  Tabs } from '@theme/Tabs';\nimport Tab from '@theme/Tab';\n\nexport const Mark = (p) => (\n  <b>{p}</b>\n);\n\n# Keys\n\n:::note Rotation\nThey rotate.\n:::\n\n> [!TIP] Title\n> Rotate.\n\nimport the customer's data. export it.";
  const { blocks, headings, breaks } = loadMarkdown(source);
  assert.deepEqual(
    blocks.map(({ kind, start, end }) => [kind, source.slice(start, end).split('\n').length - 1]),
    [
      ['code', 3],
      ['code', 3],
    ],
  );
  assert.equal(headings[0]!.text, 'Keys');
  assert.deepEqual(
    breaks.map((at) => source.slice(at).split('\n')[0]),
    ['They rotate.', '> Rotate.'],
  );
});
