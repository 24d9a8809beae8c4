import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadText } from '../../src/ingest/load.ts';
import type { LoadedDocument } from '../../src/ingest/loaded-document.ts';
import { type PassageSpan, splitDocument } from '../../src/ingest/split.ts';
import { createTokenCounter } from '../../src/ingest/tokens.ts';
import { unitsOf } from '../../src/ingest/units.ts';
import { splitSentences } from '../../src/sentences.ts';

const countTokens = createTokenCounter();
const sizes = { chunkSizeTokens: 60, chunkOverlapTokens: 12, countTokens };

const markdown = (text: string) => loadText({ text, format: 'markdown' });
const split = (document: LoadedDocument, options = sizes) => splitDocument(document, options);
const textsOf = (document: LoadedDocument, passages: PassageSpan[]) =>
  passages.map(({ start, end }) => document.text.slice(start, end));
const countWords = (text: string) => text.match(/\S+/g)?.length ?? 0;
const sentence = (words: number, name = 'word') => `It ${`${name} `.repeat(words).trim()}.`;

test('a section that fits becomes one passage, which begins with its heading and knows its heading path', async () => {
  const document = await markdown(
    `# Book\n\n${sentence(40)}\n\n## One\n\n${sentence(40)}\n\n## Two\n\n${sentence(40)}`,
  );
  const passages = split(document);
  assert.deepEqual(
    passages.map(({ headingPath }) => headingPath),
    [['Book'], ['Book', 'One'], ['Book', 'Two']],
  );
  assert.ok(textsOf(document, passages)[1]?.startsWith('## One\n\nIt word'));
});

test('a large section is split evenly between sentences, and the overlap repeats whole sentences only', async () => {
  const sentences = Array.from({ length: 30 }, (_, index) => sentence(3, `w${index}`));
  const document = await markdown(`## One\n\n${sentences.join(' ')}\n\n## Two\n\n${sentence(50)}`);
  const passages = split(document);
  const texts = textsOf(document, passages);
  const first = passages.filter(({ headingPath }) => headingPath[0] === 'One');
  assert.ok(first.length > 3);
  for (const [index, passage] of first.entries()) {
    assert.ok(texts[index]?.endsWith('.'));
    const following = first[index + 1];
    if (!following) break;
    const repeated = document.text.slice(following.start, passage.end);
    assert.ok(following.start > passage.start && following.start < passage.end);
    assert.ok(
      countTokens(repeated) <= 12 &&
        splitSentences(repeated).every(({ start, end }) => sentences.includes(repeated.slice(start, end))),
    );
  }
  assert.ok(texts.at(-1)?.startsWith('## Two'), 'nothing is repeated across a heading');
  const tokens = first.map(({ start, end }) => countTokens(document.text.slice(start, end)));
  assert.ok(Math.min(...tokens) > 30, `no small remainder: ${tokens}`);
});

test('small sections merge with siblings and subsections, never into a higher section; their heading path is the part they share', async () => {
  const document = await markdown('# A\n\n## A1\n\nFirst text.\n\n## A2\n\nSecond text.\n\n# B\n\nThird text.\n');
  const passages = split(document);
  assert.deepEqual(textsOf(document, passages), [
    '# A\n\n## A1\n\nFirst text.\n\n## A2\n\nSecond text.\n\n# B\n\nThird text.',
  ]);
  assert.deepEqual(passages[0]?.headingPath, []);
  assert.deepEqual(
    passages[0]?.windows.map(({ start, end, headingPath }) => [
      document.text.slice(start, end),
      headingPath.join(' > '),
    ]),
    [
      ['First text.', 'A > A1'],
      ['Second text.', 'A > A2'],
      ['Third text.', 'B'],
    ],
  );
  const upwards = await markdown('## A1\n\nFirst text.\n\n# B\n\nThird text.\n');
  assert.deepEqual(
    split(upwards).map(({ headingPath }) => headingPath),
    [['A1'], ['B']],
  );
});

test('a section under half the size is merged with the next one, or else with the one before, up to exactly the size', async () => {
  /** The heading paths of the passages of a document whose sections have these numbers of tokens. */
  const pathsOf = async (...tokens: number[]) => {
    // Besides its words a section has a heading of two tokens, and an empty line before each of the two but the first.
    const sections = tokens.map((count, at) => `# ${at}\n\n${sentence(count - (at === 0 ? 4 : 5))}`);
    const options = { chunkSizeTokens: 40, chunkOverlapTokens: 0, countTokens: countWords };
    return split(await markdown(sections.join('\n\n')), options).map(({ headingPath }) => headingPath.join());
  };
  assert.deepEqual(await pathsOf(24, 15, 30), ['', '2'], 'the second fits only into the first');
  assert.deepEqual(await pathsOf(24, 16, 30), ['', '2'], 'and fills it');
  assert.deepEqual(await pathsOf(24, 17, 30), ['0', '1', '2'], 'and fits nowhere');
  assert.deepEqual(await pathsOf(24, 15, 25), ['0', ''], 'it fits into the next, and fills it');
  assert.deepEqual(await pathsOf(19, 21), [''], 'the first is small');
  assert.deepEqual(await pathsOf(20, 20), ['0', '1'], 'neither is small');
});

test('a heading without text of its own joins the first passage of the section under it, however large that is', async () => {
  const document = await markdown(`# Book\n\n## Part\n\n${`${sentence(20)} `.repeat(6)}`);
  const [first] = split(document);
  assert.equal(first?.start, 0);
  assert.deepEqual(first?.headingPath, ['Book', 'Part']);
  assert.ok(first && first.windows[0]!.start >= document.text.indexOf('It word'));
});

test('a document that is only a heading becomes a passage with one window', async () => {
  const document = await markdown('# Nothing else');
  assert.deepEqual(split(document), [
    {
      start: 0,
      end: 14,
      headingPath: ['Nothing else'],
      windows: [{ start: 0, end: 14, headingPath: ['Nothing else'] }],
    },
  ]);
});

test('a list, table or code block that fits into a passage is not split', async () => {
  const list = Array.from({ length: 5 }, (_, index) => `- item ${index} of five`).join('\n');
  const table = `| a | b |\n|---|---|\n${'| one | two |\n'.repeat(5)}`.trim();
  const code = `\`\`\`\n${'call(me);\n'.repeat(6)}\`\`\``;
  for (const block of [list, table, code]) {
    const document = await markdown(`## One\n\n${sentence(30)}\n\n${block}\n\n${sentence(30)}`);
    const texts = textsOf(document, split(document));
    assert.ok(texts.length > 1);
    assert.ok(
      texts.some((text) => text.includes(block)),
      texts.join('\n=====\n'),
    );
  }
});

test('a section is split evenly, rather where a paragraph or a list begins; sentences are repeated up to the overlap', async () => {
  /** How a text is split whose paragraphs, lists (with empty lines: m) and tables have these numbers of sentences, of ten tokens each: a letter for each sentence. */
  const splitOf = async (parts: string, chunkSizeTokens: number, chunkOverlapTokens = 0) => {
    let at = 0;
    const next = (line: string) => line.replace('?', String.fromCharCode(65 + at++));
    const blocks = parts.split(' ').map((part) => {
      const lines = (line: string) => Array.from({ length: Number(part.slice(1)) }, () => next(line));
      if (part === 'h') return '# Of trees';
      if (part[0] === 'p') return lines('?: Of nine other words that follow here in it.').join(' ');
      const items = () => lines('- ?: Of eight other words that follow it here.');
      if (part[0] === 'l') return items().join('\n');
      if (part[0] === 'm') return items().join('\n\n');
      return ['| A | B |\n|---|---|', ...lines('| ?: | Five other words in it. |')].join('\n');
    });
    const document = await markdown(blocks.join('\n\n'));
    const passages = splitDocument(document, { chunkSizeTokens, chunkOverlapTokens, countTokens: countWords });
    return textsOf(document, passages).map((text) => text.match(/\w(?=:)/g)?.join(''));
  };
  for (const [parts, size, overlap, ...passages] of [
    ['p6', 60, 0, 'ABCDEF'],
    ['p7', 60, 0, 'ABCD', 'EFG'],
    ['p10', 40, 0, 'ABCD', 'EFG', 'HIJ'],
    ['p10', 40, 9, 'ABCD', 'EFG', 'HIJ'],
    ['p10', 40, 10, 'ABCD', 'DEFG', 'GHIJ'],
    ['p10', 40, 20, 'ABC', 'BCDE', 'DEFG', 'FGHI', 'HIJ'],
    ['p4 p5', 60, 0, 'ABCD', 'EFGHI'],
    ['p3 p6', 60, 0, 'ABCDE', 'FGHI'],
    ['p1 l5', 55, 0, 'A', 'BCDEF'],
    ['p1 m5', 55, 0, 'A', 'BCDEF'],
    ['p3 l3 p2', 60, 0, 'ABC', 'DEFGH'],
    ['p3 t3 p2', 60, 0, 'ABC', 'DEFGH'],
    ['p2 l4 p1', 64, 0, 'ABCDEF', 'G'],
    ['h l5', 55, 0, 'ABC', 'DE'],
    ['l8', 40, 10, 'ABC', 'CDE', 'EFG', 'GH'],
    ['t8', 40, 10, 'ABC', 'DEF', 'GH'],
  ] as const)
    assert.deepEqual(await splitOf(parts, size, overlap), passages, `${parts} by ${size} and ${overlap}`);
});

test('lines of code are taken together, fewer where a blank line parts them', () => {
  const line = (length: number) => 'x'.repeat(length);
  const [short, long] = [
    [line(20), line(20)],
    [line(60), line(60)],
  ];
  const text = [...short, '', ...long, '', ...short, ...Array(12).fill(line(30))].join('\n');
  const blocks = [{ start: 0, end: text.length, kind: 'code' as const }];
  const units = unitsOf({ text, headings: [], blocks, breaks: [] }, { sizeTokens: 1_000, countTokens });
  assert.deepEqual(
    units.map(({ start, end }) =>
      text
        .slice(start, end)
        .split('\n')
        .map((each) => each.length),
    ),
    [[20, 20, 0, 60, 60], [20, 20, ...Array(8).fill(30)], Array(4).fill(30)],
  );
});

test('list items and table rows count as sentences of their own; a horizontal rule does not', async () => {
  const document = await markdown('Lead in:\n\n- one\n- two\n\n---\n\n| a | b |\n|---|---|\n| 1 | 2 |\n');
  assert.deepEqual(
    split(document)[0]?.windows.map(({ start, end }) => document.text.slice(start, end)),
    [
      'Lead in:\n\n- one',
      '- one\n- two\n\n---',
      '- two\n\n---\n\n| a | b |\n|---|---|',
      '| a | b |\n|---|---|\n| 1 | 2 |',
    ],
  );
});

test('a rule before the first sentence belongs to that sentence', async () => {
  const document = await markdown('---\n\nAlder is light. It floats. It burns.');
  assert.deepEqual(
    split(document)[0]?.windows.map(({ start, end }) => document.text.slice(start, end)),
    ['---\n\nAlder is light. It floats.', 'It floats. It burns.'],
  );
});

test('a passage of one sentence has one window, a passage of three sentences has two', async () => {
  assert.equal(split(await markdown('One.'))[0]?.windows.length, 1);
  assert.equal(split(await markdown('One is. Two is. Three is.'))[0]?.windows.length, 2);
});

test('a document of white space alone has no passages', () => {
  assert.deepEqual(splitDocument({ text: ' \n', headings: [], blocks: [], breaks: [] }, sizes), []);
});

const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.lorem({ maxCount: 8, mode: 'sentences' }),
      fc.constantFrom('\n\n', '\n', '. ', '😀😀', '— ', '漢字。'),
    ),
  )
  .map((parts) => parts.join(''));
const markdownBlock = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.lorem({ maxCount: 4 }))
    .map(([level, words]) => `${'#'.repeat(level)} ${words}`),
  fc.lorem({ maxCount: 6, mode: 'sentences' }),
  fc
    .array(fc.lorem({ maxCount: 6 }), { minLength: 1, maxLength: 6 })
    .map((items) => items.map((item) => `- ${item}`).join('\n')),
  fc
    .array(fc.lorem({ maxCount: 3 }), { minLength: 1, maxLength: 6 })
    .map((rows) => `| a | b |\n|---|---|\n${rows.map((row) => `| ${row} | 1 |`).join('\n')}`),
  fc
    .array(fc.lorem({ maxCount: 5 }), { minLength: 1, maxLength: 8 })
    .map((lines) => `\`\`\`\n${lines.join('\n')}\n\`\`\``),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('---', '> Quoted.\n>\n> More.', '***', 'Title\n==='),
);
const anyDocument = fc.tuple(
  fc.constantFrom('text', 'markdown', 'html'),
  fc.oneof(
    anyText,
    fc.array(markdownBlock, { maxLength: 14 }).map((blocks) => blocks.join('\n\n')),
  ),
);
const anySizes = fc.record({
  chunkSizeTokens: fc.integer({ min: 1, max: 80 }),
  chunkOverlapTokens: fc.integer({ min: 0, max: 40 }),
});

test('in any document, passages are exact slices that together lose no text, and windows leave out headings at most', async () => {
  await fc.assert(
    fc.asyncProperty(anyDocument, anySizes, async ([format, source], size) => {
      const document = await loadText({ text: source.toWellFormed().replaceAll('\0', '') || 'x', format }).catch(
        () => null,
      );
      if (!document) return;
      const { text, headings } = document;
      const passages = splitDocument(document, { ...size, countTokens });
      assert.deepEqual(splitDocument(document, { ...size, countTokens }), passages, 'the same again');

      const isHeading = new Uint8Array(text.length);
      for (const { start, end } of headings) isHeading.fill(1, start, end);
      const covered = new Uint8Array(text.length);
      let lastStart = -1;
      for (const { start, end, windows } of passages) {
        const passage = text.slice(start, end);
        assert.ok(start > lastStart && end > start && end <= text.length);
        assert.ok(passage.isWellFormed() && passage === passage.trim());
        covered.fill(1, start, end);
        lastStart = start;

        const inWindows = new Uint8Array(text.length);
        assert.ok(windows.length > 0);
        for (const window of windows) {
          assert.ok(window.start >= start && window.end <= end && window.end > window.start);
          assert.ok(text.slice(window.start, window.end).isWellFormed());
          inWindows.fill(1, window.start, window.end);
        }
        for (let at = start; at < end; at++) assert.ok(inWindows[at] || isHeading[at] || /\s/.test(text.charAt(at)));
        assert.ok(countTokens(passage) <= size.chunkSizeTokens || [...passage].length === 1);
      }
      for (let at = 0; at < text.length; at++) assert.ok(covered[at] || /\s/.test(text.charAt(at)), `lost at ${at}`);
    }),
    { seed: 5, numRuns: 300 },
  );
});

test('documents of two megabytes are split, whatever they consist of', async () => {
  const prose = 'The quick fox, e.g. a red one, jumps over version 3.14 of Dr. Smith. Is it good? "Yes," he said.\n\n';
  const parts = [`# One\n\n${prose}- item\n- item\n\n`, '# a\n', '|a|b|\n|-|-|\n|1|2|\n\n', 'a', '.\n\n'];
  for (const part of parts) {
    const document = await markdown(part.repeat(2_000_000 / part.length));
    const passages = splitDocument(document, { chunkSizeTokens: 256, chunkOverlapTokens: 32, countTokens });
    assert.ok(passages.length > 100);
  }
});
