import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { layOutPage, type TextItem, tablesIn } from '../../../src/ingest/formats/pdf-layout.ts';
import { withoutRunningLines } from '../../../src/ingest/formats/running-lines.ts';
import { loadDocument } from '../../../src/ingest/load.ts';
import { makePdf } from './make-pdf.ts';

const load = (bytes: Uint8Array) => loadDocument({ bytes, name: 'a.pdf' });

test('a label with a colon is joined to its value in a form, and stays a cell in a table', async () => {
  const rows = (cells: string[][]) =>
    cells.flatMap((row, at) => row.map((text, column) => ({ text, x: 72 + column * 120, y: 700 - at * 20 })));
  for (const [cells, lines] of [
    [
      [
        ['Region', 'Q1', 'Q2'],
        ['Total:', '11', '12'],
      ],
      ['Region | Q1 | Q2', 'Total: | 11 | 12'],
    ],
    [
      [
        ['To:', 'All staff'],
        ['From:', 'Accounts'],
      ],
      ['To: All staff', 'From: Accounts'],
    ],
    [
      [
        ['Nr:', '12', 'City:', 'Rome'],
        ['Day:', '1 May', 'Room:', '5'],
      ],
      ['Nr: 12 | City: Rome', 'Day: 1 May | Room: 5'],
    ],
  ] as const)
    assert.equal((await load(makePdf([rows(cells.map((row) => [...row]))]))).text, lines.join('\n'));
});

test('lines are joined into paragraphs, pages stand apart, and words broken at a line end are joined', async () => {
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

test('soft hyphens are removed, at the end of a line and within it', () => {
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

test('short lines, as in lists and code, stay lines of their own', async () => {
  const lines = ['- one', '- two is a much longer item than the others', '- three', '- four'];
  const { text, breaks } = await load(makePdf([lines.map((line, index) => ({ text: line, y: 700 - 14 * index }))]));
  assert.equal(text.split('\n')[1], lines[1]?.concat(' - three'));
  assert.equal(breaks[0], 0);
});

test('a PDF without a usable title takes its first line', async () => {
  const pages = [
    [
      { text: 'First line', y: 700, size: 20 },
      { text: 'Text.', y: 650 },
    ],
  ];
  assert.equal((await load(makePdf(pages))).title, 'First line');
  assert.equal((await load(makePdf(pages, { title: 'Microsoft Word - draft3.doc' }))).title, 'First line');
});

test('a running header is kept once, and page numbers are left out', async () => {
  const pages = ['Alpha.', 'Beta.', 'Gamma.', 'Delta.'].map((text, index) => [
    { text: 'The report', y: 760, size: 9 },
    { text, y: 700 },
    { text: `Page ${index + 1}`, y: 30, size: 9 },
  ]);
  assert.equal((await load(makePdf(pages))).text, 'The report\n\nAlpha.\n\nBeta.\n\nGamma.\n\nDelta.');
});

/** A PDF whose pages have these paragraphs, with gaps between them. */
const pagesOf = (pages: string[][]) =>
  makePdf(pages.map((lines) => lines.map((text, at) => ({ text, y: 720 - 60 * at }))));

test('numbers that do not count the pages are text', async () => {
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

test('a number that rises with the pages is left out as a page number, whatever it begins at, in Roman numerals too', async () => {
  const words = ['alpha', 'beta', 'gamma', 'delta'];
  for (const footer of [
    (at: number) => `Report 2020 - page ${at + 90} of 140`,
    (at: number) => `- ${at + 1001} -`,
    (at: number) => ['ii', 'iii', 'iv', 'v'][at]!,
  ])
    assert.equal((await load(pagesOf(words.map((word, at) => [word, footer(at)])))).text, words.join('\n\n'));
});

test('what runs along three pages goes, but a header stays on the first; two, long text and other numerals do not run', async () => {
  const words = ['alpha', 'beta', 'gamma'];
  const runs = async (of: (at: number) => string[], pages = words) =>
    (await load(pagesOf(pages.map((word, at) => of(at).map((line) => line || word))))).text.split('\n\n');
  assert.deepEqual(await runs((at) => [`Report, page ${at + 1}`, '']), ['Report, page 1', ...words]);
  assert.equal((await runs((at) => [`Report, page ${at + 1}`, ''], ['alpha', 'beta'])).length, 4);
  const notice =
    'All figures of this report are in thousands of euros, unless the table in which they stand says otherwise. ';
  const noticed = words.map((word) => `${notice}${notice.trim()}\n\n${word}`);
  assert.deepEqual(withoutRunningLines(noticed), noticed);
  for (const numerals of ['xlix l li', 'xcix c ci', 'iv v vi'])
    assert.deepEqual(await runs((at) => ['', numerals.split(' ')[at]!]), words);
  for (const numerals of ['iv vi v', 'l x c', 'viii ix xi']) {
    assert.equal((await runs((at) => ['', numerals.split(' ')[at]!])).length, 6, numerals);
  }
});

test('a line that is the same on every page is read once, unless a page would be left empty', async () => {
  const hotline = 'Hotline: 0800 123';
  const words = ['alpha', 'beta', 'gamma', 'delta'];
  const { text } = await load(pagesOf(words.map((word) => ['Handbook', word, hotline])));
  assert.equal(text, ['Handbook', ...words, hotline].join('\n\n'));
  const stamped = await load(pagesOf(Array.from({ length: 4 }, () => ['Stamped'])));
  assert.equal(stamped.text, Array(4).fill('Stamped').join('\n\n'));
});

test('a PDF that cannot be read is refused as BAD_DOCUMENT without quoting its text', async () => {
  const secret = [[{ text: 'The secret text', y: 700 }]];
  const broken = makePdf(secret).map((byte, index) => (index > 20 ? byte ^ 0x55 : byte));
  const rejected = { code: 'BAD_DOCUMENT', name: 'AppError' };
  await assert.rejects(load(makePdf(secret, { encrypted: true })), {
    ...rejected,
    message: 'The PDF needs a password. Save it without one and try again.',
  });
  await assert.rejects(load(broken), { ...rejected, message: "The PDF is damaged: it can't be read." });
  await assert.rejects(load(makePdf([[]])), { ...rejected, message: /holds no text/ });
});

test('a PDF of ten thousand pages is refused before its pages are read', async () => {
  const pages = Array.from({ length: 10_000 }, () => []);
  await assert.rejects(load(makePdf(pages)), { code: 'BAD_DOCUMENT', message: /more than 5000 pages/ });
});

/** The texts of one line as pdf.js reports them, with blank items between. */
function lineOfItems(y: number, ...texts: [x: number, width: number, text: string, more?: Partial<TextItem>][]) {
  return texts.flatMap(([x, width, str, more], index): TextItem[] => {
    const item = { str, transform: [10, 0, 0, 10, x, y], width, height: 10, hasEOL: index === texts.length - 1 };
    const blank = { ...item, str: ' ', width: 999, height: 0, hasEOL: false };
    return index === 0 || more ? [{ ...item, ...more }] : [blank, item];
  });
}
const small = (y: number, x: number): Partial<TextItem> => ({ transform: [7, 0, 0, 7, x, y], height: 7 });

test('table rows become lines of cells, and the prose after the table does not belong to it', async () => {
  const cells = [
    ['City', 'Hotel limit', 'Meals'],
    ['Berlin', '150 EUR', '40 EUR'],
    ['Tokyo', '220 EUR', '60 EUR'],
  ];
  const rows = cells.flatMap((row, line) =>
    row.map((text, column) => ({ text, x: 72 + 110 * column, y: 700 - 20 * line })),
  );
  const prose = { text: 'Receipts are due in ten days.', y: 640 };
  const { text, blocks } = await load(makePdf([[...rows, prose]]));
  const table = 'City | Hotel limit | Meals\nBerlin | 150 EUR | 40 EUR\nTokyo | 220 EUR | 60 EUR';
  assert.equal(text, `${table}\nReceipts are due in ten days.`);
  assert.deepEqual(blocks, [{ start: 0, end: table.length, kind: 'table' }]);
});

test('a row whose cells have several lines is one line, in the order in which programs draw them', () => {
  const header = lineOfItems(700, [72, 40, 'Item'], [172, 90, 'Description'], [300, 40, 'Price']);
  const first = [
    ...lineOfItems(686, [72, 40, 'Widget'], [172, 90, 'It has several']),
    ...lineOfItems(674, [172, 90, 'lines, since it is im-']),
    ...lineOfItems(662, [174, 60, 'portant.']),
    ...lineOfItems(686, [300, 50, '10.00 EUR']),
  ];
  const second = [
    ...lineOfItems(648, [72, 60, 'Another']),
    ...lineOfItems(636, [72, 60, 'widget']),
    ...lineOfItems(642, [172, 30, 'Short.'], [300, 50, '20.00 EUR']),
    ...lineOfItems(630, [300, 50, 'a piece']),
  ];
  const prose = lineOfItems(616, [72, 300, 'After the table comes prose.']);
  const rows = ['Item | Description | Price', 'Widget | It has several lines, since it is important. | 10.00 EUR'];
  const last = 'Another widget | Short. | 20.00 EUR a piece';
  const text = layOutPage([...header, ...first, ...second, ...prose]);
  assert.equal(text, [...rows, last, 'After the table comes prose.'].join('\n'));
  assert.equal(layOutPage([...header, ...second]), `${rows[0]}\n\n${last}`);
  assert.equal(layOutPage([...second, ...prose, ...header]).split('\n')[0], 'Another widget');
});

test('columns of prose, boxes side by side and what is beside no other row stay apart', () => {
  const lines = (x: number, tops: number[], text: string) =>
    tops.flatMap((y, at) => lineOfItems(y, [x, 90, `${text} ${at + 1}.`]));
  const columns = [...lines(72, [700, 688, 676], 'Left'), ...lines(172, [700, 688, 676], 'Right')];
  assert.equal(layOutPage(columns), 'Left 1. Left 2. Left 3.\n\nRight 1. Right 2. Right 3.');
  // Too long for a row, too high for a cell, not to the right of all cells, another column, and other distances from the left.
  const row = (top: number, left: number, text: string) => [
    ...lines(left, [top, top - 12], text),
    ...lines(left + 100, [top, top - 12], `${text} on`),
  ];
  for (const others of [
    row(700, 72, 'long '.repeat(70)),
    [...lines(72, [700, 540], 'High'), ...lines(172, [700], 'High')],
    row(700, 90, 'Moved'),
  ]) {
    const text = layOutPage([...others, ...row(500, 72, 'Low')]);
    assert.ok(!text.includes(' | '), text);
  }
  const cell = (x: number, ...tops: number[]) =>
    tops.flatMap((y, at) => lineOfItems(y, [x, 30 + 90 * at, `${at + 1}.`]));
  for (const others of [
    // A line that is indented, and one that reaches over the next cell.
    [...cell(72, 700), ...cell(90, 688), ...cell(172, 700)],
    [...cell(72, 700, 688), ...cell(172, 700)],
  ])
    assert.equal(layOutPage([...others, ...row(600, 72, 'Low')]).includes(' | '), false);
  const below = [712, 700].flatMap((y) => lineOfItems(y, [72, 30, 'a'], [172, 30, 'b']));
  assert.match(layOutPage([...below, ...cell(172, 683)]), /b\s*\n1\.$/);
  const tall = [...lines(72, [676, 664, 652, 640, 628, 616], 'a'), ...lines(172, [676], 'b')];
  assert.equal(layOutPage([...row(700, 72, 'High'), ...tall]).split('\n').length, 2);
  assert.equal(layOutPage([...row(700, 72, 'High'), ...row(600, 72, 'Low')]).match(/ \| /g)?.length, 2);
});

test('bullets, section numbers and the wide spaces of justified lines do not make table cells, and a bullet begins a line', () => {
  const items = [
    ...lineOfItems(700, [72, 4, '•'], [96, 100, 'first item']),
    ...lineOfItems(686, [72, 4, '•'], [96, 100, 'second item']),
    ...lineOfItems(640, [72, 20, '3.2'], [110, 80, 'A heading']),
    ...lineOfItems(600, [72, 80, 'telecommunication'], [170, 80, 'infrastructure'], [268, 20, 'was']),
  ];
  assert.equal(
    layOutPage(items),
    '• first item\n• second item\n\n3.2 A heading\n\ntelecommunication infrastructure was',
  );
});

test('bullets and numbers that are drawn after the text stand before their items, on the right of Hebrew ones', () => {
  const items = [
    ...lineOfItems(700, [80, 200, 'The ferry runs in']),
    ...lineOfItems(686, [80, 60, 'summer.']),
    ...lineOfItems(672, [80, 200, 'The bridge is open.']),
    ...lineOfItems(720, [92, 60, 'A chart'], [160, 60, '2020']),
    ...lineOfItems(740, [80, 200, 'שלום', { dir: 'rtl' }]),
    ...lineOfItems(760, [140, 60, 'Far off.']),
    ...lineOfItems(700, [70, 5, '•']),
    ...lineOfItems(672.8, [70, 5, 'b)']),
    ...lineOfItems(719.2, [70, 10, 'ii.']),
    ...lineOfItems(740, [285, 10, '12.']),
    ...lineOfItems(760, [70, 5, '•']),
    ...lineOfItems(550, [70, 5, '4']),
  ];
  assert.equal(
    layOutPage(items).replace(/\s*\n\s*/g, '\n'),
    '• The ferry runs in summer.\nb) The bridge is open.\nii. A chart 2020\n12. שלום\nFar off.\n•\n4',
  );
});

test('a page made to be slow, all of whose lines and bullets are at one height, is laid out in time', {
  timeout: 30_000,
}, async () => {
  const many = 30_000;
  const items = ['word', '•'].flatMap((text, kind) =>
    Array.from({ length: many }, () => lineOfItems(700, [80 + kind * 400, 20, text])).flat(),
  );
  assert.equal(layOutPage(items).split('•').length, many + 1);
  await setTimeout(1); // the test's own time runs out before this does
});

test('superscripts, subscripts and footnote marks do not run into the numbers and words beside them', () => {
  const items = lineOfItems(
    700,
    [72, 20, 'It costs 10'],
    [92, 4, '6', small(704, 92)],
    [96, 30, ' dollars', {}],
    [126, 4, '3', small(704, 126)],
    [130, 30, ' for H', {}],
    [160, 4, '2', small(698, 160)],
    [164, 20, 'O, log', {}],
    [184, 4, '2', small(698, 184)],
    [188, 20, ' 8 and 101', {}],
    [208, 4, '2', small(698, 208)],
    [212, 4, ' ', { ...small(698, 212), height: 0 }],
    [216, 9, '11', small(698, 216)],
    [225, 9, ' and 10', {}],
    [234, 5, '9', { transform: [9.7, 0, 0, 9.7, 234, 705], height: 9.7 }],
    [239, 9, ' not 10', {}],
    [248, 5, '9', { transform: [9.7, 0, 0, 9.7, 248, 702], height: 9.7 }],
  );
  assert.equal(layOutPage(items), 'It costs 10⁶ dollars ³ for H2O, log2 8 and 101₂ 11 and 10⁹ not 109');
});

test('the bullets of Symbol and Wingdings begin lines', () => {
  const items = [
    ...lineOfItems(700, [72, 5, '\uf0b7'], [90, 200, 'The first item of the list.']),
    ...lineOfItems(686, [72, 5, '\uf0a7'], [90, 200, 'The second item of it.']),
  ];
  assert.equal(layOutPage(items), '• The first item of the list.\n• The second item of it.');
});

test('a page that is turned sideways is read like an upright one', () => {
  const lines = ['The first line goes', 'on in the second one.', 'Another paragraph.'];
  const items = lines.map((str, index) => ({
    str,
    transform: [0, 12, -12, 0, 100 + [0, 14, 50][index]!, 140],
    width: 100,
    height: 12,
    hasEOL: true,
  }));
  assert.equal(layOutPage(items), 'The first line goes on in the second one.\n\nAnother paragraph.');
});

test('Hebrew and Arabic drawn from left to right are put into reading order, in their plain letters', () => {
  const rtl = { dir: 'rtl' };
  const hebrew = lineOfItems(
    700,
    [72, 20, 'שקל.', rtl],
    [92, 4, ' ', {}],
    [96, 10, '30', {}],
    [106, 4, ' ', {}],
    [110, 90, 'שלום עולם, המחיר הוא', rtl],
  );
  assert.equal(layOutPage(hebrew), 'שלום עולם, המחיר הוא 30 שקל.');
  const phrase = lineOfItems(
    700,
    [60, 20, 'מחיר', rtl],
    [80, 9, ' ', { height: 0 }],
    [90, 30, 'Blue', {}],
    [120, 9, ' ', { height: 0 }],
    [130, 30, 'Alder', {}],
    [160, 9, ' ', { height: 0 }],
    [170, 10, '15', {}],
    [180, 9, ' ', { height: 0 }],
    [190, 90, 'שלום עולם בשנת', rtl],
    [280, 9, ' ', { height: 0 }],
    [290, 10, '24', {}],
    [300, 9, ' ', { height: 0 }],
    [310, 10, '20', {}],
  );
  assert.equal(layOutPage(phrase), '20 24 שלום עולם בשנת Blue Alder 15 מחיר');
  // Drawn in reading order, which pdf.js puts no spaces into.
  const fromRight = lineOfItems(700, [155, 50, 'שלום עולם', rtl], [123, 28, '2024', {}], [90, 30, 'בדיקה', rtl]);
  assert.equal(layOutPage(fromRight), 'שלום עולם 2024 בדיקה');
  const arabic = lineOfItems(
    700,
    [72, 9, 'ﺎ', rtl],
    [81, 9, 'ﺒ', rtl],
    [90, 9, 'ﺣ', rtl],
    [99, 9, 'ﺮ', rtl],
    [108, 9, 'ﻣ', rtl],
  );
  assert.equal(layOutPage(arabic), 'مرحبا');
});

test('letters drawn twice to be bold are read once', () => {
  assert.equal(
    layOutPage(lineOfItems(700, [72.3, 80, 'Payment terms', {}], [72, 80, 'Payment terms', {}])),
    'Payment terms',
  );
});

test('rows of a table may be far apart, and a change of the letter size parts paragraphs', () => {
  const rows = [700, 660, 620, 570].flatMap((y) => lineOfItems(y, [72, 40, 'Alder'], [172, 40, `${y} m`]));
  const prose = [530, 518, 506].flatMap((y) => lineOfItems(y, [72, 300, 'Prose.']));
  const text = layOutPage([...rows, ...prose]);
  assert.equal(text, 'Alder | 700 m\nAlder | 660 m\nAlder | 620 m\n\nAlder | 570 m\n\nProse. Prose. Prose.');
  const large = (y: number) =>
    lineOfItems(y, [72, 200, 'A heading']).map((item) => ({ ...item, transform: [12, 0, 0, 12, 72, y], height: 12 }));
  assert.equal(layOutPage([...prose, ...large(494)]), 'Prose. Prose. Prose.\n\nA heading');
  assert.equal(layOutPage([...large(542), ...prose]), 'A heading\n\nProse. Prose. Prose.');
});

test('two rows or more in a row are a table', () => {
  const text = 'x\na | b\nc | d\n\ny\ne | f\n\ng | h\ni | j';
  assert.deepEqual(
    tablesIn(text).map(({ start, end, kind }) => [kind, text.slice(start, end)]),
    [
      ['table', 'a | b\nc | d'],
      ['table', 'g | h\ni | j'],
    ],
  );
});

test('a word that is parted in a cell of a table is put together', () => {
  const tools = [...lineOfItems(700, [72, 40, 'Tools'], [200, 40, 'wood-']), ...lineOfItems(688, [200, 40, 'cutters'])];
  assert.equal(layOutPage(tools), 'Tools | woodcutters');
  const animals = [
    ...lineOfItems(676, [72, 40, 'Hedge-']),
    ...lineOfItems(664, [72, 40, 'hogs'], [200, 40, 'pre-']),
    ...lineOfItems(652, [72, 40, 'owls'], [200, 40, 'none']),
  ];
  assert.equal(layOutPage(animals), 'Hedgehogs | pre-\nowls | none');
});

test('a title that a program made up is not used', async () => {
  for (const title of ['(anonymous)', 'untitled'])
    assert.equal((await load(makePdf([[{ text: 'Travel limits', y: 700 }]], { title }))).title, 'Travel limits');
});

test('what was filled in on a form is read beside its labels', async () => {
  const lines = [
    { text: 'Registration', y: 740 },
    { text: 'Company:', y: 700 },
    { text: 'Approved', x: 100, y: 670 },
    { text: 'Paid', x: 200, y: 670 },
    { text: 'Colour', y: 640 },
    { text: 'Remarks', y: 600 },
    { text: 'Fees are due in May.', y: 500 },
  ];
  const box = (x: number, y: number, state: string) =>
    `/FT /Btn /Rect [${x} ${y} ${x + 10} ${y + 10}] /V /${state} /AS /${state} /AP << /N << /Yes 3 0 R /Off 3 0 R >> >>`;
  const fields = [
    '/FT /Tx /V (Acme Ltd) /Rect [150 695 350 712]',
    box(85, 668, 'Yes'),
    box(185, 668, 'Off'),
    '/FT /Ch /Ff 131072 /Opt [(Red) (Blue)] /V (Blue) /Rect [150 635 350 652]',
    '/FT /Tx /V (Ring twice.) /Rect [72 550 350 590]',
    '/FT /Tx /V () /Rect [150 495 350 512]',
    '/FT /Tx /Ff 8192 /V (secret) /Rect [150 495 350 512]',
    '/FT /Tx /F 2 /V (hidden) /Rect [150 495 350 512]',
    '/FT /Tx /V (no place)',
    '/FT /Tx /V (Below all.) /Rect [72 440 350 460]',
  ];
  const { text } = await load(makePdf([lines], { fields }));
  assert.deepEqual(text.split(/\n+/), [
    'Registration',
    'Company: Acme Ltd',
    '☑ Approved | ☐ Paid',
    'Colour | Blue',
    'Remarks',
    'Ring twice.',
    'Fees are due in May.',
    'Below all.',
  ]);
});

test('a numbered paragraph begins a line if the one before has ended', async () => {
  const lines = [
    '1.1 The fee is ten euros and is due.',
    '1.2 Notice is as in',
    '1.3 and holds:',
    '(a) in writing;',
    '3 May.',
  ];
  const { text } = await load(makePdf([lines.map((line, index) => ({ text: line, y: 700 - 14 * index }))]));
  assert.match(text, /is due\.\n1\.2 Notice .*\n\(a\) in writing/s);
});

test('paragraphs numbered in all usual ways begin lines, but not in the midst of a sentence', () => {
  const lines = (texts: string[]) => texts.flatMap((text, at) => lineOfItems(700 - 12 * at, [72, 300, text]));
  for (const label of ['12.', '(123)', 'b)', '2.1', '10.2.11.', '§'])
    for (const end of ['the end.”', 'the end:', 'the end。'])
      assert.equal(layOutPage(lines([end, `${label} Next`])), `${end}\n${label} Next`);
  for (const [end, next] of [
    ['as in', '12. Next'],
    ['the end.', 'See 12. Next'],
    ['the end.', '2024. Next'],
  ])
    assert.equal(layOutPage(lines([end!, next!])), `${end} ${next}`);
  assert.equal(layOutPage(lines(['a) in writing', 'b) by letter'])), 'a) in writing\nb) by letter');
});

test('a label that ends in a colon is not a cell of its own', async () => {
  const row = (y: number, label: string, value: string) => [
    { text: label, y },
    { text: value, x: 300, y },
  ];
  const { text } = await load(makePdf([[...row(700, 'Name:', 'Jane Doe'), ...row(686, 'Total', '300.00')]]));
  assert.equal(text, 'Name: Jane Doe\nTotal | 300.00');
});

test('a line of two words that is stretched to the width of its column is no table row', () => {
  const prose = (y: number, text: string) => lineOfItems(y, [72, 200, text]);
  const stretched = lineOfItems(686, [72, 70, 'recommendations'], [212, 60, 'electronically.']);
  assert.equal(
    layOutPage([
      ...prose(700, 'The administration gives its'),
      ...stretched,
      ...prose(672, 'Contractors must be certified.'),
    ]),
    'The administration gives its recommendations electronically. Contractors must be certified.',
  );
  const total = lineOfItems(686, [72, 30, 'Total'], [300, 40, '300.00']);
  assert.equal(
    layOutPage([...prose(700, 'All sums are in euros.'), ...total]),
    'All sums are in euros.\nTotal | 300.00',
  );
  // The next line's first word would have fitted into the gap: the date was put to the right on purpose.
  const post = lineOfItems(686, [72, 50, 'Engineer, Acme'], [232, 40, '2019–2023']);
  assert.equal(
    layOutPage([...post, ...prose(672, 'Led the team that built the'), ...lineOfItems(658, [72, 50, 'payments.'])]),
    'Engineer, Acme | 2019–2023\nLed the team that built the payments.',
  );
});

test('the cells of a table stay apart where they are all equally far apart, and a number in the first one is no label', () => {
  const row = (y: number, ...cells: [x: number, width: number, text: string][]) => lineOfItems(y, ...cells);
  const even = (y: number, texts: string[], from = 72) =>
    row(y, ...texts.map((text, column): [number, number, string] => [from + column * 60, 20, text]));
  assert.equal(
    layOutPage([...even(700, ['1', '2', '–']), ...even(686, ['40', '50', '60'])]),
    '1 | 2 | –\n40 | 50 | 60',
  );
  assert.equal(layOutPage(even(700, ['1.20', '1.30'])), '1.20 | 1.30');
  const named = row(686, [72, 40, 'North'], [192, 20, 'open'], [252, 20, 'shut']);
  assert.equal(
    layOutPage([...even(700, ['Mon', 'Tue', 'Wed'], 132), ...named]),
    'Mon | Tue | Wed\nNorth | open | shut',
  );
  // As where the widest cell of each column is in one row, and all are set to the right.
  const right = (y: number, width: number, texts: string[]) =>
    row(y, ...texts.map((text, column): [number, number, string] => [100 + column * 60 - width, width, text]));
  assert.equal(
    layOutPage([...right(700, 30, ['aaa', 'bbb', 'ccc']), ...right(686, 20, ['dd', 'ee', 'ff'])]),
    'aaa | bbb | ccc\ndd | ee | ff',
  );
  assert.equal(
    layOutPage(row(700, [72, 60, 'South east'], [152, 30, 'North'], [202, 30, 'West'])),
    'South east | North | West',
  );
  // Words of justified lines are equally far apart too, but neither aligned nor beside a row.
  const justified = [
    ...row(700, [72, 80, 'telecommunication'], [170, 80, 'infrastructure'], [268, 20, 'was']),
    ...row(686, [72, 60, 'constructed'], [152, 70, 'everywhere'], [242, 46, 'although']),
  ];
  assert.equal(layOutPage(justified), 'telecommunication infrastructure was constructed everywhere although');
  const far = [...even(700, ['Mon', 'Tue', 'Wed']), ...row(640, [72, 40, 'North'], [192, 20, 'a'], [252, 20, 'b'])];
  assert.match(layOutPage(far), /^Mon Tue Wed\n/);
  const wider = [...even(700, ['Mon', 'Tue', 'Wed', 'Thu']), ...row(686, [72, 40, 'North'], [192, 20, 'open'])];
  assert.match(layOutPage(wider), /^Mon Tue Wed Thu\n/);
});

test('a cell half a line higher than the lines of the one beside it is a cell of its own', () => {
  // As LibreOffice draws rows whose cells are centred: pdf.js takes what is half a line apart for one line.
  const row = (y: number, [first, second]: [string, string], third: [string, string]) => [
    ...lineOfItems(y, [72, 60, first]),
    ...lineOfItems(y - 12, [72, 40, second], [152, 10, '15'], [202, 60, third[0]]),
    ...lineOfItems(y - 12, [202, 60, third[1]], [302, 10, '17']),
  ];
  const items = [
    ...row(700, ['South east and', 'islands'], ['built of alder', 'by the parish']),
    ...row(670, ['North west and', 'coast'], ['built of oak', 'by the crown']),
  ].map((item) => {
    const rise = item.str.startsWith('built') ? 12 : item.str === '15' || item.str === '17' ? 6 : 0;
    const [a = 0, b = 0, c = 0, d = 0, x = 0, y = 0] = item.transform;
    return { ...item, transform: [a, b, c, d, x, y + rise] };
  });
  assert.equal(
    layOutPage(items),
    'South east and islands | 15 | built of alder by the parish | 17\nNorth west and coast | 15 | built of oak by the crown | 17',
  );
});

test('a heading in large letters that goes over several lines is one paragraph', () => {
  const large = (y: number, text: string) =>
    lineOfItems(y, [72, text.length * 12, text, { transform: [24, 0, 0, 24, 72, y], height: 24 }]);
  const prose = [640, 628, 616, 604].flatMap((y, line) => lineOfItems(y, [72, 300, `line ${line} of it`]));
  assert.equal(
    layOutPage([...large(700, 'A heading that is longer'), ...large(672, 'than the page is wide'), ...prose]).split(
      '\n\n',
    )[0],
    'A heading that is longer than the page is wide',
  );
  const apart = layOutPage([...large(700, 'A heading'), ...large(664, 'Another one'), ...prose]);
  assert.deepEqual(apart.split('\n\n').slice(0, 2), ['A heading', 'Another one']);
});

test('cells that are drawn from the right do not run into each other', () => {
  const rtl = { dir: 'rtl' };
  const row = (y: number, ...texts: [number, number, string, Partial<TextItem>][]) => lineOfItems(y, ...texts);
  // Each column is set to the right, as wide as its widest cell.
  const table = [
    ...row(700, [510, 20, 'שנה', rtl], [460, 25, 'עלות', rtl], [410, 20, 'חלק', rtl]),
    ...row(680, [500, 30, '1890', {}], [450, 35, '4,100', {}], [405, 25, 'סיפון', rtl]),
  ];
  assert.equal(layOutPage(table), 'שנה | עלות | חלק\n1890 | 4,100 | סיפון');
  const english = [760, 748, 736].flatMap((y) => lineOfItems(y, [72, 300, 'A line in English.']));
  assert.match(layOutPage([...english, ...table]), /1890 4,100 סיפון$/);
  assert.equal(layOutPage(row(700, [300, 40, '17 crowns', {}], [72, 40, 'Alder', {}])), '17 crowns Alder');
  const fallen = [
    ...row(700, [72, 40, 'Alder', {}], [112, 9, ' ', { hasEOL: false }]),
    ...row(692, [200, 40, 'Oak', {}]),
  ];
  assert.equal(layOutPage(fallen), 'Alder\nOak');
});

test('in lines from the right, signs beside numbers stand where they are read, and lines are kept that end on purpose', () => {
  const rtl = { dir: 'rtl' };
  const line = (y: number, ...texts: [number, number, string, Partial<TextItem>][]) => lineOfItems(y, ...texts);
  const signs = line(
    700,
    [60, 4, ',', {}],
    [64, 34, '1904-', {}],
    [98, 10, 'וב', rtl],
    [108, 4, ' ', {}],
    [112, 34, '.1890-', {}],
    [146, 7, 'ב', rtl],
    [153, 4, ' ', {}],
    [157, 9, '-5', {}],
    [166, 4, ' ', {}],
    [170, 60, 'שופץ פעמיים', rtl],
  );
  assert.equal(layOutPage(signs), 'שופץ פעמיים -5 ב-1890. וב-1904,');
  const items = [
    ...line(700, [100, 200, 'שלבי העבודה הם אלה', rtl]),
    ...line(686, [286, 4, '.', {}], [290, 6, '1', {}], [240, 40, 'ראשון', rtl]),
    ...line(672, [286, 4, '.', {}], [290, 6, '2', {}], [260, 20, 'שני', rtl]),
    ...line(658, [200, 100, 'רחוב', rtl]),
    ...line(644, [180, 120, 'העיר', rtl]),
  ];
  assert.equal(layOutPage(items), 'שלבי העבודה הם אלה\n1. ראשון\n2. שני\nרחוב\nהעיר');
});

test('items of a numbered list are lines of their own, though none ends in a full stop', () => {
  const lines: [number, string][] = [
    [72, '1. Plan the harvest together with the owners and the municipality of'],
    [84, '2. February at the latest'],
    [72, '2. Notify the owners three weeks before the machines are to arrive'],
    [84, 'a) by letter or by telephone, but never by an electronic message'],
    [84, 'b) and in person'],
    [72, '3. Start'],
  ];
  const items = lines.flatMap(([x, text], index) => lineOfItems(700 - 14 * index, [x, text.length * 5, text]));
  const [first, wrapped, ...others] = lines.map(([, text]) => text);
  assert.equal(layOutPage(items), [`${first} ${wrapped}`, ...others].join('\n'));
});

test('a sentence goes on over the end of a page and of a column', async () => {
  const pages = [
    ['The notice period for contracts of this kind is three'],
    ['months, counted from the day on which the notice is re-'],
    ['ceived. Another sentence that ends with the end of its page.'],
    ['another list of things that someone wrote in small letters'],
    ['a) first'],
    ['Name'],
    ['of the owner'],
    ['The fee was raised twice in the years', '1 https://statistics.example.org/fees/by-year/2026'],
    ['before the reform.'],
  ];
  const { text } = await load(
    makePdf(pages.map((lines) => lines.map((line, index) => ({ text: line, y: 700 - 40 * index })))),
  );
  assert.deepEqual(text.split('\n\n'), [
    'The notice period for contracts of this kind is three months, counted from the day on which the notice is received. Another sentence that ends with the end of its page.',
    'another list of things that someone wrote in small letters',
    'a) first',
    'Name',
    'of the owner',
    'The fee was raised twice in the years\n1 https://statistics.example.org/fees/by-year/2026',
    'before the reform.',
  ]);
  const column = (x: number, top: number, lines: string[]) =>
    lines.flatMap((line, index) => lineOfItems(top - 14 * index, [x, 200, line]));
  const left = [
    'The harvesting machines',
    'operate in the northern',
    'districts under considerable',
    'environmental and often also',
  ];
  const right = ['legal restrictions.', 'They are old.'];
  assert.equal(
    layOutPage([...column(72, 700, left), ...column(300, 742, right)]),
    `${left.join(' ')} ${right.join(' ')}`,
  );
  // Not from one cell of a table, or one block of a letterhead, to the next.
  assert.equal(
    layOutPage([...column(72, 700, left), ...column(300, 668, right)]),
    `${left.join(' ')}\n\n${right.join(' ')}`,
  );
});

test('a heading in a font of its own is a line of its own', () => {
  const line = (y: number, width: number, text: string, fontName: string) =>
    lineOfItems(y, [72, width, text]).map((item) => ({ ...item, fontName }));
  const items = [
    ...line(700, 300, 'Taxis are paid only between ten at night and', 'regular'),
    { ...line(686, 20, 'six', 'bold')[0]!, hasEOL: false },
    ...line(686, 290, ' in the morning, and never to an airport.', 'regular'),
    ...line(672, 80, 'How to claim', 'bold'),
    ...line(658, 250, 'Send the receipt.', 'regular'),
  ];
  assert.equal(
    layOutPage(items),
    'Taxis are paid only between ten at night and six in the morning, and never to an airport.\nHow to claim\nSend the receipt.',
  );
});

test('a paragraph of very many hyphenated lines is put together in time', () => {
  const many = 500_000;
  const items = Array.from({ length: many }, (_, index) =>
    lineOfItems(12 * (many - index), [72, 200, 'and so-']),
  ).flat();
  assert.equal(layOutPage(items).length, 'and so'.length * many + 1);
});

test('wrapped lines of Chinese or Japanese are joined without a space', () => {
  const line = (y: number, text: string) => lineOfItems(y, [72, 200, text]);
  assert.equal(
    layOutPage([...line(700, '离职通知期为三'), ...line(686, '个月，到季度末为'), ...line(672, 'X月为止。')]),
    '离职通知期为三个月，到季度末为 X月为止。',
  );
});

test('a title or a first line that is longer than any heading is no title', async () => {
  const long = 'x'.repeat(301);
  const titleOf = async (text: string, title?: string) =>
    (await load(makePdf([[{ text, y: 700, size: 1 }]], title === undefined ? {} : { title }))).title;
  assert.equal(await titleOf('Travel limits', long), 'Travel limits');
  assert.equal(await titleOf('Travel limits', long.slice(1)), long.slice(1));
  assert.equal(await titleOf(long), null);
  assert.equal(await titleOf(long.slice(1)), long.slice(1));
});
