import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withKnownElements } from '../../../src/ingest/formats/docx-elements.ts';
import { loadDocument } from '../../../src/ingest/load.ts';
import { makeDocx, paragraph } from './make-docx.ts';
import type { ZipEntry } from './make-zip.ts';

const W = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
const load = (body: string, more: ZipEntry[] = []) => loadDocument({ bytes: makeDocx(body, { more }), name: 'a.docx' });
const linesOf = async (...paragraphs: string[]) =>
  (await load(paragraphs.map((runs) => `<w:p>${runs}</w:p>`).join(''))).text.split('\n\n');

const words = (text: string) => `<w:t xml:space="preserve">${text}</w:t>`;
const run = (content: string, properties = '') => `<w:r><w:rPr>${properties}</w:rPr>${content}</w:r>`;
const field = (part: string, data = '') => run(`<w:fldChar w:fldCharType="${part}">${data}</w:fldChar>`);
const instruction = (text: string) => run(`<w:instrText xml:space="preserve">${text}</w:instrText>`);

test('words on both sides of a line end, the end of a page or column, or an aligned tab do not run into each other', async () => {
  const parting = (element: string) => run(`${words('one')}${element}${words('two')}`);
  assert.deepEqual(
    await linesOf(
      parting('<w:cr/>'),
      parting('<w:br w:type="page"/>'),
      parting('<w:br w:clear="all" w:type="column" />'),
      parting('<w:ptab w:relativeTo="margin" w:alignment="right" w:leader="none"/>'),
      run('<w:br w:type="page"/>') + run(words('A page of its own.')) + run('<w:br w:type="page"/>'),
      run('<w:br w:type="page"/>'),
      run(words('The end.')),
    ),
    ['one\ntwo', 'one\ntwo', 'one\ntwo', 'one two', 'A page of its own.', 'The end.'],
  );
});

test('signs are read whether or not their font is one of symbols, and however their codes are written', async () => {
  const sign = (font: string, digits: string) => `<w:sym w:font="${font}" w:char="${digits}"/>`;
  const signs = [
    ['Wingdings', 'F0FC'],
    ['Wingdings', 'f0fc'],
    ['Symbol', 'f061'],
    ['MS Gothic', '2612'],
    ['Symbol', '00B0'],
  ] as const;
  const written = signs.map(([font, digits]) => sign(font, digits)).join(' ');
  assert.deepEqual(await linesOf(run(written + words(' Paid'))), ['✓✓α☒° Paid']);
});

test('of a field, what is shown is read: not the results that its instruction holds, and the choice of a drop-down', async () => {
  const merged = field('begin') + instruction(' MERGEFIELD land ') + field('separate') + run(words('«land»'));
  const condition = `${field('begin')}${instruction(' IF ')}${merged}${field('end')}${instruction(' = "DE" "19%" "0%" ')}`;
  const choices = (chosen: string) =>
    `<w:ffData><w:ddList>${chosen}<w:listEntry w:val="red"/><w:listEntry w:val="blue &amp; green"/></w:ddList></w:ffData>`;
  const choice = (chosen: string) =>
    field('begin', choices(chosen)) + instruction(' FORMDROPDOWN ') + field('separate') + field('end');
  assert.deepEqual(
    await linesOf(
      run(words('VAT: ')) + condition + field('separate') + run(words('0%')) + field('end') + run(words(' in all.')),
      `${field('begin')}${instruction(' PAGE ')}${field('end')}${merged}${field('end')}`,
      choice('<w:result w:val="1"/><w:default w:val="0"/>') + choice('') + choice('<w:default w:val="7"/>'),
      field('end') + run(words('A field that does not begin.')) + field('separate'),
      field('begin') + run(words('Nor does this end.')),
    ),
    ['VAT: 0% in all.', '«land»', 'blue & greenred', 'A field that does not begin.', 'Nor does this end.'],
  );
});

test('text that is struck out doubly is marked as struck, too', async () => {
  assert.deepEqual(await linesOf(run(words('Due in ')) + run(words('May'), '<w:dstrike/>') + run(words(' June.'))), [
    'Due in ~~May~~ June.',
  ]);
});

test('a letter that is set apart as the large first one of a paragraph belongs to it', async () => {
  const dropped = (kind: string) =>
    `<w:p><w:pPr><w:framePr w:dropCap="${kind}" w:lines="3"/></w:pPr>${run(words('O'))}</w:p>`;
  const { text } = await load(
    dropped('drop') + paragraph('nce.') + dropped('margin') + paragraph('n.') + dropped('none') + paragraph('kay.'),
  );
  assert.equal(text, 'Once.\n\nOn.\n\nO\n\nkay.');
});

test('text boxes and shapes are read once, whichever kinds of programs they were written for', async () => {
  const namespaces =
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:wps="wps" xmlns:wp="wp" xmlns:a="a"';
  const content = (text: string) => `<w:txbxContent>${paragraph(text)}</w:txbxContent>`;
  const drawing = (text: string) =>
    `<w:drawing><wp:anchor a="1"><wp:docPr id="1"/><a:graphic><a:graphicData uri="u"><wps:wsp><wps:txbx>${content(text)}</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing>`;
  const older = (text: string, shape = 'rect') =>
    `<w:pict><v:${shape} id="1"><v:textbox>${content(text)}</v:textbox></v:${shape}></w:pict>`;
  const choice = (inner: string) => `<mc:Choice Requires="wps">${inner}</mc:Choice>`;
  const fallback = (inner: string) => `<mc:Fallback>${inner}</mc:Fallback>`;
  const either = (inner: string) => `<mc:AlternateContent>${inner}</mc:AlternateContent>`;
  const nested = either(choice(drawing('Nested.')) + fallback(older('Nested.')));
  const within = drawing('Outer.').replace('</w:p>', `<w:r>${nested}</w:r></w:p>`);
  const boxes = [
    either(choice(drawing('Both.')) + fallback(older('Both.'))),
    either(choice(drawing('Newer alone.'))),
    either(choice(drawing('Beside a picture.')) + choice(drawing('Not this.')) + fallback('<w:pict/>')),
    drawing('Without an alternative.'),
    older('An oval.', 'oval'),
    older('A polyline.', 'polyline'),
    either(choice(within)),
    either(choice(within) + fallback(older('Older.'))),
    either(choice('<x/>') + fallback(words('A sign.'))),
    either(choice('<x/>')),
    either('<mc:Fallback/>'),
  ];
  const body = boxes.map((box) => `<w:p><w:r ${namespaces}>${box}</w:r></w:p>`).join('');
  assert.deepEqual((await load(body)).text.split('\n\n'), [
    'Both.',
    'Newer alone.',
    'Beside a picture.',
    'Without an alternative.',
    'An oval.',
    'A polyline.',
    'Outer.',
    'Nested.',
    'Older.',
    'A sign.',
  ]);
  assert.equal(withKnownElements('</mc:AlternateContent>x<mc:Choice>'), '</mc:AlternateContent>x<mc:Choice>');
});

test('of what nobody reads nothing is kept, so that a document of two thousand pages fits into memory', () => {
  const typed = (text: string, look = '') =>
    `<w:r w:rsidRPr="00A1"><w:rPr><w:rFonts w:ascii="Arial"/><w:b></w:b><w:szCs w:val="22"/>${look}</w:rPr>${words(text)}</w:r><w:proofErr w:type="gramEnd"/>`;
  const parts = [
    typed('One '),
    '<w:bookmarkStart w:id="1" w:name="x"/>',
    typed('sentence.'),
    '<w:bookmarkEnd w:id="1"/>',
  ];
  const struck = '<w:r><w:rPr><w:strike/></w:rPr><w:t xml:space="preserve">Gone.</w:t></w:r>';
  assert.equal(
    withKnownElements(`<w:p w:rsidR="00A1" w14:paraId="2">${parts.join('')}${typed('Gone.', '<w:strike/>')}</w:p>`),
    `<w:p>${run(words('One sentence.')).replace('<w:rPr></w:rPr>', '')}${struck}</w:p>`,
  );
  assert.equal(withKnownElements('<w:tr xmlns:w="w" w:rsidR="1"/>'), '<w:tr xmlns:w="w" w:rsidR="1"/>');
});

const level =
  '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl></w:abstractNum>';
const numberingXml = `<w:numbering xmlns:w="${W}">${level}<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num></w:numbering>`;
const numbered = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>';
const item = (text: string, mark = '', around = '') => {
  const [opening, closing] = around === '' ? ['', ''] : [`<w:${around} w:id="1">`, `</w:${around}>`];
  return `<w:p><w:pPr>${numbered}<w:rPr>${mark}</w:rPr></w:pPr>${opening}${run(words(text))}${closing}</w:p>`;
};

test('an item that was moved has its number where it was moved to, and counts there alone', async () => {
  const body =
    item('First.') +
    item('Moved.', '<w:moveFrom w:id="2" w:author="A"/>', 'moveFrom') +
    item('Second.') +
    item('Moved.', '<w:moveTo w:id="3" w:author="A"/>', 'moveTo');
  const { text } = await load(body, [{ name: 'word/numbering.xml', content: numberingXml }]);
  assert.equal(text, '1. First.\n2. Second.\n3. Moved.');
});

test('properties whose elements are closed by a tag of their own are read', async () => {
  const long = item('One.').replaceAll(/<(w:(?:ilvl|numId)) ([^<>]*)\/>/g, '<$1 $2></$1>');
  const { text } = await load(item('Zero.') + paragraph('Between.') + long, [
    { name: 'word/numbering.xml', content: numberingXml },
  ]);
  assert.deepEqual(text.split(/\n+/), ['1. Zero.', 'Between.', '2. One.']);
});

test('styles and numbering are read where the document says that they are', async () => {
  const styles = `<w:styles xmlns:w="${W}"><w:style w:styleId="Part"><w:name w:val="Part"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style></w:styles>`;
  const override = (name: string, kind: string) =>
    `<Override PartName="${name}" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.${kind}+xml"/>`;
  const types = [
    override('/word/glossary/styles.xml', 'styles'),
    override('/word/document.xml', 'document.main'),
    override('/word/styles2.xml', 'styles'),
    override('/word/numbering3.xml', 'numbering'),
  ];
  const { text, headings } = await load(paragraph('Costs', 'Part') + item('One.'), [
    { name: '[Content_Types].xml', content: `<Types>${types.join('')}</Types>` },
    { name: 'word/glossary/styles.xml', content: '<w:styles/>' },
    { name: 'word/styles2.xml', content: styles },
    { name: 'word/numbering3.xml', content: numberingXml },
  ]);
  assert.equal(text, 'Costs\n\n1. One.');
  assert.deepEqual(
    headings.map((heading) => [heading.level, heading.text]),
    [[2, 'Costs']],
  );
});

test('elements made to be slow are looked through in time', { timeout: 20_000 }, () => {
  const many = 100_000;
  for (const piece of [
    '<w:sym ',
    '<w:br w:type="page"',
    '<w:ddList>',
    '<w:ddList><w:result w:val="1">',
    '<w:t></w:t',
    '<w:t ',
    '<w:r><w:t>x</w:t>',
    '<w:r><w:t>x</w:t></w:r>',
    '<mc:Choice>',
    '<mc:AlternateContent>',
    '<w:fldChar w:fldCharType="begin">',
  ])
    withKnownElements(piece.repeat(many));
  for (const attribute of ['w:type="page" ', 'w:char="F0FC" ']) {
    const within = ['br', 'sym', 'p'].map((name) => `<w:${name} ${attribute.repeat(many)}`).join('');
    assert.equal(withKnownElements(within), within);
  }
  const fields = '<w:fldChar w:fldCharType="begin"/>'.repeat(many) + '<w:fldChar w:fldCharType="end"/>'.repeat(many);
  assert.equal(withKnownElements(fields), fields);
  const choices = `${'<mc:AlternateContent><mc:Choice>'.repeat(many)}<w:txbxContent>${'</mc:Choice></mc:AlternateContent>'.repeat(many)}`;
  assert.ok(withKnownElements(choices).includes('<w:txbxContent>'));
});

test('a row that leaves out columns at its beginning keeps its cells in their columns', async () => {
  const rows = ['<w:tr>', '<w:tr><w:trPr><w:cantSplit/><w:gridBefore w:val="2"/><w:wBefore w:w="9"/></w:trPr>'];
  const cells = [['a', 'b', 'c'], ['z']].map((row) => row.map((cell) => `<w:tc>${paragraph(cell)}</w:tc>`).join(''));
  const body = `<w:tbl>${rows.map((row, at) => `${row}${cells[at]}</w:tr>`).join('')}</w:tbl>`;
  assert.equal((await load(body)).text, 'a | b | c\n|  | z');
});

test('a reference to a note that the file lacks is passed over, and other notes are read', async () => {
  const w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
  const reference = (id: number) => `<w:r><w:footnoteReference w:id="${id}"/></w:r>`;
  const body = `<w:p><w:r><w:t>One</w:t></w:r>${reference(2)}${reference(7)}${reference(0)}<w:r><w:endnoteReference w:id="2"/></w:r></w:p>`;
  const notes = `<w:footnotes ${w}><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote><w:footnote w:id="2">${paragraph('A note.')}</w:footnote></w:footnotes>`;
  const more = [{ name: 'word/footnotes.xml', content: notes }];
  const { text } = await load(body, more);
  assert.equal(text.replace(/\s+/g, ' '), 'One[1] 1. A note.');
});
