import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { withoutHidden } from '../../../src/ingest/formats/docx-hidden.ts';
import { createNumbering } from '../../../src/ingest/formats/docx-numbering.ts';
import { wordStyles } from '../../../src/ingest/formats/docx-styles.ts';
import { loadDocument } from '../../../src/ingest/load.ts';
import { makeDocx, paragraph } from './make-docx.ts';
import type { ZipEntry } from './make-zip.ts';

const W = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
const textOf = async (body: string, more: ZipEntry[] = []) =>
  (await loadDocument({ bytes: makeDocx(body, { more }), name: 'a.docx' })).text;

test('what hides text and what does not is told however the XML is written', async () => {
  const run = (text: string, properties: string) => `<w:r><w:rPr>${properties}</w:rPr><w:t>${text}</w:t></w:r>`;
  const off = ["<w:vanish w:val='0'/>", '<w:vanish w:val = "false" />', '<w:vanish w:val="off"></w:vanish>'];
  const on = ['<w:vanish></w:vanish>', '<w:vanish\n/>', "<w:rStyle w:val='Secret'></w:rStyle>"];
  const styles = {
    name: 'word/styles.xml',
    content: `<w:styles xmlns:w="${W}"><w:style w:type="character" w:styleId="Secret"><w:name w:val="Secret"/><w:rPr><w:vanish/></w:rPr></w:style></w:styles>`,
  };
  for (const properties of off)
    assert.equal(await textOf(`<w:p>${run('Shown.', properties)}</w:p>`, [styles]), 'Shown.');
  for (const properties of on)
    assert.equal(await textOf(`${paragraph('Shown.')}<w:p>${run('Hidden.', properties)}</w:p>`, [styles]), 'Shown.');
});

test('the hidden properties of a control in a text box hide nothing, and one in a hidden box goes with it', async () => {
  const control = `<w:sdt><w:sdtPr><w:rPr><w:vanish/></w:rPr></w:sdtPr><w:sdtContent>${paragraph('Boxed.')}</w:sdtContent></w:sdt>`;
  const textBox = (properties: string) =>
    `<w:p><w:r>${properties}<w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textbox><w:txbxContent>${control}</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>`;
  assert.equal(await textOf(textBox('') + paragraph('The end.')), 'Boxed.\n\nThe end.');
  assert.equal(await textOf(textBox('\n<w:rPr><w:vanish/></w:rPr>') + paragraph('The end.')), 'The end.');
});

test('a document whose elements have another prefix is read as any other', async () => {
  const chapter = '<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:r><w:t>Chapter.</w:t></w:r></w:p>';
  const hidden = '<w:r><w:rPr><w:vanish/></w:rPr><w:t>Hidden.</w:t></w:r>';
  const document = `<w:document xmlns:w="${W}"><w:body>${chapter}<w:p>${hidden}<w:r><w:t>Shown: ns0:p.</w:t></w:r></w:p></w:body></w:document>`;
  const content = document.replaceAll(/(?<=<\/?|\s)w(?=:)|(?<=xmlns:)w(?==)/g, 'ns0');
  for (const xml of [content, content.replace('><', ` xmlns:w="${W}"><`)]) {
    const bytes = makeDocx('', { more: [{ name: 'word/document.xml', content: xml }] });
    const { text, headings } = await loadDocument({ bytes, name: 'a.docx' });
    assert.equal(text, 'Chapter.\n\nShown: ns0:p.');
    assert.equal(headings.length, 1);
  }
});

test('hidden formulas, and hidden parts of formulas, are not read', async () => {
  const math = 'http://schemas.openxmlformats.org/officeDocument/2006/math';
  const run = (text: string, properties = '') => `<m:r>${properties}<m:t>${text}</m:t></m:r>`;
  const hidden = '<m:rPr><m:sty m:val="p"/></m:rPr><w:rPr><w:rFonts w:ascii="Cambria Math"/><w:vanish/></w:rPr>';
  const shown = '<m:rPr/><w:rPr><w:vanish w:val="0"/></w:rPr>';
  const half = `<m:f><m:num>${run('1', hidden)}</m:num><m:den>${run('2', hidden)}</m:den></m:f>`;
  const formula = (inner: string) => `<w:p><m:oMath xmlns:m="${math}">${inner}</m:oMath></w:p>`;
  const body = [
    formula(run('a', shown) + run('+b', hidden) + run('=c')),
    formula(half + run('x', hidden)),
    paragraph('The end.'),
  ];
  assert.equal(await textOf(body.join('')), 'a=c\n\nThe end.');
  assert.equal(await textOf(body.join('').replaceAll(/(?<=<\/?|\s|xmlns:)m(?=[:=])/g, 'ns1')), 'a=c\n\nThe end.');
});

test('a document whose elements have no prefix is read as any other', async () => {
  const chapter = '<p><pPr><outlineLvl w:val="0"/></pPr><r><t>Chapter.</t></r></p>';
  const body = `<body>${chapter}<p><r><rPr><vanish/></rPr><t>Hidden.</t></r><r><t>Shown: 1 &lt; 2.</t></r></p></body>`;
  // Attributes have a prefix nevertheless; without any declared, there are none.
  for (const [declared, headingCount] of [
    [`xmlns:w="${W}" xmlns="${W}"`, 1],
    [`xmlns='${W}' xmlns:a="x" xmlns:w = '${W}'`, 1],
    [`xmlns="${W}"`, 0],
  ] as const) {
    const written = headingCount > 0 ? body : body.replace(' w:val="0"', '');
    const content = `<?xml version="1.0"?><document ${declared}>${written}</document>`;
    const bytes = makeDocx('', { more: [{ name: 'word/document.xml', content }] });
    const { text, headings } = await loadDocument({ bytes, name: 'a.docx' });
    assert.equal(text, 'Chapter.\n\nShown: 1 < 2.');
    assert.equal(headings.length, headingCount);
  }
});

test('a list that shows bullets in place of the numbers of another list has bullets', async () => {
  const level = (format: string, text: string) =>
    `<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="${format}"/><w:lvlText w:val="${text}"/></w:lvl>`;
  const override = `<w:lvlOverride w:ilvl="0">${level('bullet', '\uf0b7')}</w:lvlOverride>`;
  const numbering = {
    name: 'word/numbering.xml',
    content: `<w:numbering xmlns:w="${W}"><w:abstractNum w:abstractNumId="1">${level('decimal', '%1.')}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/>${override}</w:num></w:numbering>`,
  };
  const item = (text: string, list: number) =>
    `<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="${list}"/></w:numPr></w:pPr><w:r><w:t>${text}</w:t></w:r></w:p>`;
  const relationships =
    '<Relationship Id="r8" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering" Target="numbering.xml"/>';
  const body =
    item('One.', 1) +
    item('Two.', 1) +
    item('A dot.', 2) +
    `<w:tbl><w:tr><w:tc>${item('In a cell.', 2)}</w:tc></w:tr></w:tbl>`;
  const bytes = makeDocx(body, { relationships, more: [numbering] });
  const { text } = await loadDocument({ bytes, name: 'a.docx' });
  assert.deepEqual(text.split(/\n+/), ['1. One.', '2. Two.', '- A dot.', '- In a cell.']);
});

const level = (at: number, format: string, text: string, more = '') =>
  `<w:lvl w:ilvl="${at}">${more}<w:numFmt w:val="${format}"/><w:lvlText w:val="${text}"/></w:lvl>`;
const list = (id: number, content: string) => `<w:abstractNum w:abstractNumId="${id}">${content}</w:abstractNum>`;
const num = (id: number, of: number) => `<w:num w:numId="${id}"><w:abstractNumId w:val="${of}"/></w:num>`;

test('the numbers of a list are written and counted as each of its levels says', () => {
  const start = (at: number) => `<w:start w:val="${at}"/>`;
  const { labelOf, levelOfStyle } = createNumbering(
    `<w:numbering>${list(
      1,
      level(0, 'upperLetter', '%1.', start(2)) +
        level(1, 'decimalZero', '%1-%2') +
        level(2, 'decimal', '%1.%2.%3', `<w:lvlRestart w:val="0"/><w:isLgl w:val="false"/><w:pStyle w:val="Clause"/>`) +
        level(3, 'lowerRoman', '%1 %4 %9', '<w:isLgl/>') +
        level(4, 'upperLetter', `${'x'.repeat(59)}%5`) +
        level(5, 'upperLetter', `${'x'.repeat(60)}%6`) +
        level(6, 'none', '%7.'),
    )}${num(7, 1)}</w:numbering>`,
    () => undefined,
  );
  const levels = [2, 0, 1, 2, 2, 1, 2, 0, 1, 2, 3, 4, 5, 6, 9, -1];
  assert.deepEqual(
    levels.map((at) => labelOf('7', at)),
    ['B.01.1', 'B.', 'B-01', 'B.01.2', 'B.01.3', 'B-02', 'B.02.4', 'C.', 'C-01', 'C.01.5', '3 1 1'].concat(
      `${'x'.repeat(59)}A`,
      ['', '', '', ''],
    ),
  );
  assert.deepEqual([labelOf('8', 0), levelOfStyle('7', 'Clause'), levelOfStyle('7', 'Other')], ['', 2, null]);
});

test('a list may take its levels from the one that a style stands for, and is counted with it', () => {
  const linked = list(1, '<w:numStyleLink w:val="Outline"/>') + list(2, level(0, 'decimal', '%1)'));
  const lost = list(3, '<w:numStyleLink w:val="Lost"/>') + list(4, '<w:numStyleLink w:val="Round"/>');
  const { labelOf } = createNumbering(
    `<w:numbering>${linked}${lost}${[1, 2, 3, 4].map((id) => num(id, id)).join('')}</w:numbering>`,
    (style) => ({ Outline: '2', Round: '4' })[style],
  );
  assert.deepEqual(
    ['1', '2', '1', '3', '4'].map((id) => labelOf(id, 0)),
    ['1)', '2)', '3)', '', ''],
  );
});

test('a style takes what it does not say itself from the one that it is based on, and those from theirs', () => {
  const style = (id: string, content: string) =>
    `<w:style w:styleId="${id}"><w:name w:val="${id}"/>${content}</w:style>`;
  const numPr = (content: string) => `<w:pPr><w:numPr>${content}</w:numPr></w:pPr>`;
  const styles = wordStyles(
    `<w:styles>${[
      style('Heading 2', numPr('<w:ilvl w:val="1"/><w:numId w:val="5"/>')),
      style('Own', `<w:basedOn w:val="Heading 2"/><w:rPr><w:vanish/></w:rPr>${numPr('<w:numId w:val="6"/>')}`),
      style('Plain', '<w:basedOn w:val="Own"/><w:outlineLvl w:val="9"/><w:vanish w:val="off"/>'),
      style('Lost', '<w:basedOn w:val="Gone"/><w:outlineLvl w:val="7"/>'),
      style('Lost', '<w:outlineLvl w:val="1"/>'),
      style('Heading 10', ''),
    ].join('')}</w:styles>`,
  );
  const nothing = { heading: null, numId: null, level: null, isHidden: false };
  assert.deepEqual(Object.fromEntries(styles), {
    'Heading 2': { heading: 2, numId: '5', level: 1, isHidden: false },
    Own: { heading: 2, numId: '6', level: 1, isHidden: true },
    Plain: { heading: null, numId: '6', level: 1, isHidden: false },
    Lost: { ...nothing, heading: 6 },
    'Heading 10': nothing,
  });
});

test('a table of contents whose lines have no style of their own, as in Google Docs, is left out', async () => {
  const control = (properties: string, content: string) =>
    `<w:sdt><w:sdtPr><w:id w:val="-1"/>${properties}</w:sdtPr><w:sdtContent>${content}</w:sdtContent></w:sdt>`;
  const contents =
    '<w:docPartObj><w:docPartGallery w:val="Table of Contents"/><w:docPartUnique w:val="1"/></w:docPartObj>';
  const body =
    paragraph('Guide', 'Title') +
    control(contents, paragraph('Booking 2') + paragraph('Claims 3')) +
    control('<w:tag w:val="goog_rdk_0"/>', paragraph('Booking', 'Heading1')) +
    paragraph('Book by the portal.');
  assert.equal(await textOf(body), 'Guide\n\nBooking\n\nBook by the portal.');
});

test('XML made to be slow is looked through in time', { timeout: 20_000 }, async () => {
  const many = 200_000;
  const hidden = '<w:rPr><w:vanish/></w:rPr>';
  for (const xml of [
    `${hidden}${'<w:p '.repeat(many)}`,
    `<w:vanish ${'w:val="'.repeat(many)}>`,
    `<w:vanish w:val${' '.repeat(many)}>`,
    `<w:vanish/>${`<w:r>${' '.repeat(20)}`.repeat(many)}${'<w:rPr/></w:r>'.repeat(many)}`,
  ])
    assert.equal(withoutHidden(xml, new Map()), xml);
  const within = `<w:r>${hidden}`.repeat(many) + '</w:r>'.repeat(many);
  assert.equal(withoutHidden(within, new Map()), `<w:r>${hidden}</w:r>`);
  await setTimeout(1); // the test's own time runs out before this does
});
