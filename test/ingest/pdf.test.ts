import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDocument } from '../../src/ingest/load.ts';
import { layOutPage } from '../../src/ingest/pdf-layout.ts';
import { makePdf } from './make-pdf.ts';

const load = (bytes: Uint8Array) => loadDocument({ bytes, name: 'a.pdf' });

test('lines become paragraphs, pages stand apart, broken words are made whole', async () => {
  const { text, title, format } = await load(
    makePdf(
      [
        [
          { text: 'A heading', y: 720, size: 18 },
          { text: 'The first paragraph has lines that are wrapped at the mar-', y: 690 },
          { text: 'gin, so a word may be parted, and a state-of-the-', y: 675 },
          { text: 'art compound keeps its hyphens.', y: 660 },
          { text: 'The second one follows a gap.', y: 620 },
        ],
        [{ text: 'Another page.', y: 720 }],
      ],
      { title: 'The \\(real\\) title'.replaceAll('\\', '') },
    ),
  );
  assert.equal(format, 'pdf');
  assert.equal(title, 'The (real) title');
  assert.equal(
    text,
    [
      'A heading',
      'The first paragraph has lines that are wrapped at the margin, so a word may be parted, and a state-of-the-art compound ' +
        'keeps its hyphens.',
      'The second one follows a gap.',
      'Another page.',
    ].join('\n\n'),
  );
});

test('hints where words may be broken are not kept, at the end of a line or within', () => {
  const lines = ['A three-year war\u00adran\u00adty is given for every de\u00ad', 'vice that we sell.'];
  const items = lines.map((str, at) => ({
    str,
    transform: [12, 0, 0, 12, 72, 700 - 14 * at],
    width: 300 - 200 * at,
    height: 12,
    hasEOL: true,
  }));
  assert.equal(layOutPage(items), 'A three-year warranty is given for every device that we sell.');
});

test('short lines, as of lists and code, stay lines', async () => {
  const lines = ['- one', '- two is a much longer item than the others', '- three', '- four'];
  const { text, breaks } = await load(makePdf([lines.map((line, index) => ({ text: line, y: 700 - 14 * index }))]));
  assert.equal(text.split('\n')[1], lines[1]?.concat(' - three'));
  assert.equal(breaks[0], 0);
});

test('without a title of its own the first line serves', async () => {
  const pages = [
    [
      { text: 'First line', y: 700, size: 20 },
      { text: 'Text.', y: 650 },
    ],
  ];
  assert.equal((await load(makePdf(pages))).title, 'First line');
  assert.equal((await load(makePdf(pages, { title: 'Microsoft Word - draft3.doc' }))).title, 'First line');
});

test('running headers and page numbers are left out', async () => {
  const pages = ['Alpha.', 'Beta.', 'Gamma.', 'Delta.'].map((text, index) => [
    { text: 'The report', y: 760, size: 9 },
    { text, y: 700 },
    { text: `Page ${index + 1}`, y: 30, size: 9 },
  ]);
  assert.equal((await load(makePdf(pages))).text, 'The report\n\nAlpha.\n\nBeta.\n\nGamma.\n\nDelta.');
});

/** Pages of these paragraphs, each with a gap above. */
const pagesOf = (pages: string[][]) =>
  makePdf(pages.map((lines) => lines.map((text, at) => ({ text, y: 720 - 60 * at }))));

test('numbers that do not follow the pages are text', async () => {
  const totals = ['Total due: 1137 EUR', 'Total due: 88 EUR', 'Total due: 4012 EUR', 'Total due: 88 EUR'];
  const invoices = totals.map((total, at) => [`To customer ${'ABCD'[at]}`, 'Please pay within 30 days.', total]);
  const { text } = await load(pagesOf(invoices));
  assert.equal(text, invoices.flat().join('\n\n'));
  const lines = ['Room 1 has 7 chairs.', 'Room 2 has 14 chairs.', 'Room 3 has 9 chairs.', 'Room 4 has 12 chairs.'];
  assert.equal((await load(pagesOf(lines.map((line) => [line])))).text, lines.join('\n\n'));
  const measured = [13, 40, 7, 21].map((share, at) => [`Part ${'ABCD'[at]}`, `Measured in 2020: ${share} percent`]);
  assert.equal((await load(pagesOf(measured))).text, measured.flat().join('\n\n'));
  const numbered = [1, 2, 3, 4].map((at) => [`Invoice ${1000 + at}`, `To customer ${'ABCD'[at - 1]}`, `File 00${at}`]);
  assert.equal((await load(pagesOf(numbered))).text, numbered.flat().join('\n\n'));
  const fractions = [1, 2, 3, 4].map((tenth) => [`Part ${'ABCD'[tenth - 1]}`, `A dose of 0.${tenth} mg`]);
  assert.equal((await load(pagesOf(fractions))).text, fractions.flat().join('\n\n'));
});

test('a number that rises with the pages is theirs, whatever page it begins at, in Roman numerals too', async () => {
  const words = ['alpha', 'beta', 'gamma', 'delta'];
  for (const footer of [
    (at: number) => `Report 2020 - page ${at + 90} of 140`,
    (at: number) => `- ${at + 1001} -`,
    (at: number) => ['ii', 'iii', 'iv', 'v'][at]!,
  ])
    assert.equal((await load(pagesOf(words.map((word, at) => [word, footer(at)])))).text, words.join('\n\n'));
});

test('a line that is the same on every page is read once, and no page loses all it has', async () => {
  const hotline = 'Hotline: 0800 123';
  const words = ['alpha', 'beta', 'gamma', 'delta'];
  const { text } = await load(pagesOf(words.map((word) => ['Handbook', word, hotline])));
  assert.equal(text, ['Handbook', ...words, hotline].join('\n\n'));
  const stamped = await load(pagesOf(Array.from({ length: 4 }, () => ['Stamped'])));
  assert.equal(stamped.text, Array(4).fill('Stamped').join('\n\n'));
});

test('what can not be read is a BAD_DOCUMENT that tells nothing of the text', async () => {
  const secret = [[{ text: 'The secret text', y: 700 }]];
  const broken = makePdf(secret).map((byte, index) => (index > 20 ? byte ^ 0x55 : byte));
  const rejected = { code: 'BAD_DOCUMENT', name: 'AppError' };
  await assert.rejects(load(makePdf(secret, { encrypted: true })), {
    ...rejected,
    message: 'The PDF needs a password.',
  });
  await assert.rejects(load(broken), { ...rejected, message: "The PDF is damaged: it can't be read." });
  await assert.rejects(load(makePdf([[]])), { ...rejected, message: /holds no text/ });
});

test('a PDF of ten thousand pages is refused before they are read', async () => {
  const pages = Array.from({ length: 10_000 }, () => []);
  await assert.rejects(load(makePdf(pages)), { code: 'BAD_DOCUMENT', message: /more than 5000 pages/ });
});
