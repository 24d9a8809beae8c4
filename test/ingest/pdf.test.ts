import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDocument } from '../../src/ingest/load.ts';
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
