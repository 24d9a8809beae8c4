import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDocument } from '../../../src/ingest/load.ts';
import { makeDocx, paragraph, table } from './make-docx.ts';

const load = (bytes: Uint8Array) => loadDocument({ bytes, name: 'a.docx' });
const bad = { code: 'BAD_DOCUMENT', name: 'AppError' };

test('headings, paragraphs, lists and tables of a Word document are read in order, with their places in the text', async () => {
  const body = [
    paragraph('The report', 'Title'),
    paragraph('Fish &amp; chips. More words.'),
    paragraph('Part one', 'Heading1'),
    paragraph('Deeper', 'Heading2'),
    table([
      ['Name', 'Size'],
      ['Bo', '3'],
    ]),
  ];
  const { text, title, format, headings, blocks } = await load(makeDocx(body.join('')));
  assert.equal(format, 'docx');
  assert.equal(title, 'The report');
  assert.equal(text, 'The report\n\nFish & chips. More words.\n\nPart one\n\nDeeper\n\nName | Size\nBo | 3');
  assert.deepEqual(
    headings.map(({ level, start, end }) => [level, text.slice(start, end)]),
    [
      [1, 'The report'],
      [1, 'Part one'],
      [2, 'Deeper'],
    ],
  );
  assert.deepEqual(
    blocks.map(({ kind, start, end }) => [kind, text.slice(start, end)]),
    [['table', 'Name | Size\nBo | 3']],
  );
});

test("the title is the document's own before any heading", async () => {
  const { title } = await load(makeDocx(paragraph('Part', 'Heading1'), { title: ' Own\n title ' }));
  assert.equal(title, 'Own title');
  const long = 'x'.repeat(301);
  for (const [own, expected] of [
    [long.slice(1), long.slice(1)],
    [long, 'Part'],
  ] as const)
    assert.equal((await load(makeDocx(paragraph('Part', 'Heading1'), { title: own }))).title, expected);
});

test('superscript digits stay superscript', async () => {
  const run = (text: string, place = '') =>
    `<w:r><w:rPr>${place && `<w:vertAlign w:val="${place}"/>`}</w:rPr><w:t>${text}</w:t></w:r>`;
  const paragraph = `<w:p>${run('10')}${run('6', 'superscript')}${run(' H')}${run('2', 'subscript')}${run('O')}</w:p>`;
  assert.equal((await load(makeDocx(paragraph))).text, '10⁶ H2O');
});

test('a picture is ignored, even one that links to a file on this machine', async () => {
  const picture =
    '<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">' +
    '<wp:docPr id="1" name="p" descr="d"/><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">' +
    '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">' +
    '<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill><a:blip r:link="r9"/>' +
    '</pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>';
  const relationships =
    '<Relationship Id="r9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" ' +
    'Target="file:///etc/passwd" TargetMode="External"/>';
  const { text } = await load(makeDocx(paragraph('Before.') + picture, { relationships }));
  assert.equal(text, 'Before.');
});

test('NUL and halves of surrogate pairs, written as character references, do not reach the text', async () => {
  const { text } = await load(makeDocx(paragraph('a&#xD800;b&#0;c')));
  assert.ok(text.isWellFormed() && !text.includes('\0'));
});

test('a file that is damaged, protected or not a Word document at all is refused without quoting it', async () => {
  const secret = paragraph('The secret text');
  const protectedFile = Buffer.concat([
    Buffer.from('d0cf11e0a1b11ae1', 'hex'),
    Buffer.alloc(600),
    Buffer.from('EncryptedPackage', 'utf16le'),
  ]);
  await assert.rejects(load(protectedFile), { ...bad, message: /needs a password/ });
  await assert.rejects(load(protectedFile.subarray(0, 500)), { ...bad, message: /older Office program/ });
  await assert.rejects(load(Buffer.from('plain')), { ...bad, message: /is none/ });
  await assert.rejects(load(makeDocx(secret).subarray(0, 700)), { ...bad, message: 'The file is damaged.' });
  const types = { name: '[Content_Types].xml', content: '<Types/>' };
  await assert.rejects(load(makeDocx(secret, { more: [types] })), { ...bad, message: /is none/ });
  const broken = { name: 'word/document.xml', content: '<w:document><w:body>The secret text' };
  await assert.rejects(load(makeDocx('', { more: [broken] })), (error: Error & { code: string }) => {
    assert.equal(error.code, 'BAD_DOCUMENT');
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});

test('entities are not expanded, and elements that nest too deep are refused', async () => {
  const entities = {
    name: 'word/document.xml',
    content: `<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "${'&a;'.repeat(10)}">]><w:document>&b;</w:document>`,
  };
  await assert.rejects(load(makeDocx('', { more: [entities] })), { ...bad, message: /entities/ });
  await assert.rejects(load(makeDocx('', { more: [{ ...entities, name: 'docProps/core.xml' }] })), bad);
  await assert.rejects(load(makeDocx(`${'<w:p>'.repeat(50_000)}x${'</w:p>'.repeat(50_000)}`)), bad);
});

test('formulas are read in line with their text, with powers, fractions and brackets', async () => {
  const run = (text: string) => `<m:r><m:t>${text}</m:t></m:r>`;
  const squared = `<m:sSup><m:e>${run('c')}</m:e><m:sup>${run('2')}</m:sup></m:sSup>`;
  const half = `<m:f><m:fPr><m:type m:val="bar"/></m:fPr><m:num>${run('1')}</m:num><m:den>${run('a&lt;b')}</m:den></m:f>`;
  const sum = `<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>${run('0')}</m:sub><m:sup>${run('n')}</m:sup><m:e>${run('x')}</m:e></m:nary>`;
  const brackets = `<m:d><m:dPr><m:begChr m:val="["/><m:endChr m:val="]"/></m:dPr><m:e>${run('y')}</m:e></m:d>`;
  const root = `<m:rad><m:radPr><m:degHide m:val="1"/></m:radPr><m:deg></m:deg><m:e>${run('3')}</m:e></m:rad>`;
  const either = `<m:e>${run('1')}</m:e><m:e>${run('2')}</m:e>`;
  const matrix = `<m:m><m:mr><m:e>${run('1')}</m:e><m:e>${run('2')}</m:e></m:mr></m:m>`;
  const words = '<w:r><w:t xml:space="preserve">where </w:t></w:r>';
  const textOf = async (formula: string) =>
    (await load(makeDocx(`<w:p>${words}<m:oMathPara><m:oMath>${formula}</m:oMath></m:oMathPara></w:p>`))).text;
  for (const [formula, text] of [
    [run('E=m') + squared, 'where E=mc²'],
    [half, 'where 1/(a<b)'],
    [`${run('2')}<m:f><m:num>${run('1')}</m:num><m:den>${run('2')}</m:den></m:f>${run('m')}`, 'where 2 1/2 m'],
    [sum, 'where ∑₀ⁿx'],
    [brackets + root, 'where [y]√3'],
    [matrix, 'where 1 2;'],
    [`<m:d>${either}</m:d><m:d><m:dPr><m:sepChr m:val=","/></m:dPr>${either}</m:d>`, 'where (1|2)(1,2)'],
    [
      `<m:d><m:dPr><m:begChr m:val="{"/><m:endChr m:val=""/></m:dPr><m:e><m:eqArr>${either}</m:eqArr></m:e></m:d>`,
      'where {1; 2',
    ],
    [`<m:limLow><m:e>${run('lim')}</m:e><m:lim>${run('x→0')}</m:lim></m:limLow>${run('f')}`, 'where lim_(x→0)f'],
    [`<m:limUpp><m:e>${run('a')}</m:e><m:lim>${run('2')}</m:lim></m:limUpp>`, 'where a²'],
    ['</m:e></m:e><m:r>', 'where'],
  ] as const)
    assert.equal(await textOf(formula), text);
});

test('formulas with extra attributes, or under another namespace prefix, are read', async () => {
  const math = 'http://schemas.openxmlformats.org/officeDocument/2006/math';
  const inner =
    '<m:r><m:t xml:space="preserve">x</m:t></m:r><m:sSup><m:e><m:r><m:t>c</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup>';
  const root = '<m:rad><m:radPr><m:degHide m:val="1"/></m:radPr><m:deg/><m:e><m:r><m:t>3</m:t></m:r></m:e></m:rad>';
  for (const formula of [
    `<m:oMathPara xmlns:m="${math}"><m:oMath>${inner}${root}</m:oMath></m:oMathPara>`,
    `<m:oMath xmlns:m="${math}" xmlns:o='x'>${inner}${root}</m:oMath>`,
    `<ns1:oMath xmlns:ns1="${math}">${inner}${root}</ns1:oMath>`.replaceAll(/(<\/?| )m:/g, '$1ns1:'),
    `<m:oMath xmlns:m="${math}"/><m:oMath>${inner}${root}</m:oMath>`,
  ])
    assert.equal((await load(makeDocx(`<w:p>${formula}</w:p>`))).text, 'xc²√3');
  const prefixed = `${paragraph('In math: add.')}<w:p><math:oMath xmlns:math="${math}"><math:r><math:t>x</math:t></math:r></math:oMath></w:p>`;
  assert.equal((await load(makeDocx(prefixed))).text, 'In math: add.\n\nx');
});

test('formulas crafted to be slow to read are read', async () => {
  const deep = `${'<m:sup>'.repeat(200)}<m:t>${'1'.repeat(1_000_000)}x</m:t>${'</m:sup>'.repeat(200)}`;
  assert.match((await load(makeDocx(`<w:p><m:oMath>${deep}</m:oMath></w:p>`))).text, /1x/);
  await assert.rejects(load(makeDocx(`<w:p><m:oMath><m:${'a'.repeat(1_000_000)}</m:oMath></w:p>`)), bad);
});

const W = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
const stylesXml = (styles: string) => ({
  name: 'word/styles.xml',
  content: `<w:styles xmlns:w="${W}">${styles}</w:styles>`,
});
const style = (id: string, name: string, rest = '') =>
  `<w:style w:type="paragraph" w:styleId="${id}"><w:name w:val="${name}"/>${rest}</w:style>`;
const basedOn = (id: string) => `<w:basedOn w:val="${id}"/>`;
const outline = (level: number) => `<w:outlineLvl w:val="${level}"/>`;
const withProperties = (text: string, properties: string) =>
  paragraph(text).replace('<w:p>', `<w:p><w:pPr>${properties}</w:pPr>`);

test('a paragraph is a heading if its style is based on a heading style or if it, or its style, has an outline level', async () => {
  const styles = stylesXml(
    [
      style('berschrift1', 'heading 1', outline(0)),
      style('Chapter', 'Our chapter', basedOn('berschrift1')),
      style('Part', 'Our part', `<w:pPr>${outline(1)}</w:pPr>`),
      style('Deep', 'heading 8', outline(7)),
      style('Contents', 'TOC Heading', basedOn('berschrift1') + outline(9)),
      style('Round', 'Round', basedOn('Round')),
      style('toc1', 'toc 1'),
    ].join(''),
  );
  const body = [
    paragraph('Contents', 'Contents'),
    paragraph('Chapter one 3', 'toc1'),
    paragraph('Chapter one', 'Chapter'),
    paragraph('Part', 'Part'),
    paragraph('Deep', 'Deep'),
    paragraph('No heading', 'Round'),
    withProperties('By itself', outline(2)),
    withProperties(
      'Was a heading',
      `<w:pPrChange w:id="1" w:author="A"><w:pPr><w:pStyle w:val="Chapter"/></w:pPr></w:pPrChange>`,
    ),
    `<w:tbl><w:tr><w:tc>${paragraph('Name', 'Part')}</w:tc><w:tc>${paragraph('Size', 'Part')}</w:tc></w:tr></w:tbl>`,
  ];
  const { headings, text, blocks } = await load(makeDocx(body.join(''), { more: [styles] }));
  assert.deepEqual(
    headings.map((heading) => [heading.level, heading.text]),
    [
      [1, 'Chapter one'],
      [2, 'Part'],
      [6, 'Deep'],
      [3, 'By itself'],
    ],
  );
  assert.equal(text.includes('Chapter one 3'), false);
  assert.deepEqual(
    blocks.map(({ start, end }) => text.slice(start, end)),
    ['Name | Size'],
  );
});

test('hidden text is not read', async () => {
  const run = (text: string, properties = '') =>
    `<w:r w:rsidR="1">${properties && `<w:rPr>${properties}</w:rPr>`}<w:t xml:space="preserve">${text}</w:t></w:r>`;
  const hidden = '<w:b/><w:vanish/>';
  const wasHidden =
    '<w:rPrChange w:id="1" w:author="A"><w:rPr><w:rStyle w:val="Secret"/><w:vanish/></w:rPr></w:rPrChange>';
  const textBox = (content: string, properties = '') =>
    `<w:r><w:rPr>${properties}</w:rPr><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textbox><w:txbxContent>${content}</w:txbxContent></v:textbox></v:shape></w:pict></w:r>`;
  const body = [
    `<w:p>${run('Pay ')}${run('9 or ', hidden)}${run('8 euros', '<w:vanish w:val="0"/>')}${run(' or 7.', '<w:rStyle w:val="Secret"/>')}${run('.', wasHidden)}</w:p>`,
    `<w:p>${run('A note to ourselves.', hidden)}</w:p>`,
    paragraph('By its style.', 'Inner'),
    `<w:p><w:pPr><w:pStyle w:val="Inner"/></w:pPr>${run('Twice hidden is shown.', '<w:rStyle w:val="Secret"/>')}${run(' So is this.', '<w:vanish w:val="false"/>')}</w:p>`,
    `<w:p><w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr>${run('Its mark alone is hidden.')}</w:p>`,
    `<w:p>${textBox(`${paragraph('Boxed.')}<w:p>${run('Not this.', hidden)}</w:p>`)}${run('Beside it.')}</w:p>`,
    `<w:p>${textBox(`<w:p>${run('Within, ', hidden)}${run('without.')}</w:p>`, '<w:vanish/>')}${run('After it.')}</w:p>`,
  ];
  const styles = stylesXml(
    style('Hidden', 'Hidden', '<w:rPr><w:vanish/></w:rPr>') +
      style('Inner', 'Inner', '<w:basedOn w:val="Hidden"/>') +
      style('Secret', 'Secret', '<w:rPr><w:vanish/></w:rPr>'),
  );
  const { text } = await load(makeDocx(body.join(''), { more: [styles] }));
  assert.deepEqual(text.split('\n\n'), [
    'Pay 8 euros.',
    'Twice hidden is shown. So is this.',
    'Its mark alone is hidden.',
    'Beside it.',
    'Boxed.',
    'After it.',
  ]);
});

test('a hidden paragraph of a numbered list has no number and does not count', async () => {
  const level = '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>';
  const numbering = {
    name: 'word/numbering.xml',
    content: `<w:numbering xmlns:w="${W}"><w:abstractNum w:abstractNumId="1">${level}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num></w:numbering>`,
  };
  const item = (text: string, ofMark = '', ofRun = '') =>
    `<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr><w:rPr>${ofMark}</w:rPr></w:pPr><w:r><w:rPr>${ofRun}</w:rPr><w:t>${text}</w:t></w:r></w:p>`;
  const body =
    item('One.') +
    item('Hidden.', '<w:vanish/>', '<w:vanish/>') +
    item('Hidden too.', "<w:vanish w:val='true' />", '<w:vanish/>') +
    item('Two.', '<w:vanish/><w:specVanish/>');
  const { text } = await load(makeDocx(body, { more: [numbering] }));
  assert.equal(text, '1. One.\n2. Two.');
});

test('numbered paragraphs and headings have the numbers that Word shows', async () => {
  const level = (at: number, format: string, text: string, rest = '') =>
    `<w:lvl w:ilvl="${at}"><w:start w:val="1"/><w:numFmt w:val="${format}"/>${rest}<w:lvlText w:val="${text}"/></w:lvl>`;
  const list = (id: number, levels: string) => `<w:abstractNum w:abstractNumId="${id}">${levels}</w:abstractNum>`;
  const num = (id: number, of: number, rest = '') =>
    `<w:num w:numId="${id}"><w:abstractNumId w:val="${of}"/>${rest}</w:num>`;
  const restart = (at: number) => `<w:lvlOverride w:ilvl="${at}"><w:startOverride w:val="1"/></w:lvlOverride>`;
  const clauses =
    level(0, 'decimal', '%1.', '<w:pStyle w:val="Heading1"/>') +
    level(1, 'decimal', '%1.%2') +
    level(2, 'lowerLetter', '(%3)') +
    level(3, 'upperRoman', 'Annex %4 &amp; %1', '<w:isLgl/>');
  const numbering = {
    name: 'word/numbering.xml',
    content: `<w:numbering xmlns:w="${W}">${[
      list(1, clauses),
      list(2, level(0, 'decimal', '%1)')),
      list(3, level(0, 'bullet', 'o') + level(1, 'lowerRoman', '%2.')),
      list(4, level(0, 'none', '') + level(1, 'bullet', ' ')),
      num(1, 1),
      num(2, 2),
      num(3, 2, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>'),
      num(4, 3),
      num(5, 4),
      num(6, 1, [0, 1, 2].map(restart).join('')),
      num(7, 1, [0, 1, 2].map(restart).join('')),
    ].join('')}</w:numbering>`,
  };
  const styles = stylesXml(
    style('Heading1', 'heading 1', `<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr>${outline(0)}</w:pPr>`) +
      style('Steps', 'Steps', '<w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr>'),
  );
  const at = (list: number, ilvl: number) => `<w:numPr><w:ilvl w:val="${ilvl}"/><w:numId w:val="${list}"/></w:numPr>`;
  const body = [
    paragraph('Terms', 'Heading1'),
    withProperties('Fee is a sum.', at(1, 1)),
    paragraph('Notice', 'Heading1'),
    withProperties('It takes sixty days.', at(1, 1)),
    `<w:p><w:pPr>${at(1, 1)}<w:rPr><w:del w:id="1"/></w:rPr></w:pPr><w:del><w:r><w:delText>Dropped.</w:delText></w:r></w:del></w:p>`,
    withProperties('Clause 2.1 is void where:', at(1, 1)),
    withProperties('fees are late;', at(1, 2)),
    withProperties('a party is bankrupt.', at(1, 2)),
    paragraph('A remark.'),
    withProperties('Letters go by post.', at(1, 1)),
    withProperties('What is owed', at(1, 3)),
    paragraph('Stop.', 'Steps'),
    paragraph('Mind the light.'),
    paragraph('Open.', 'Steps'),
    withProperties('Unnumbered.', `<w:pStyle w:val="Steps"/><w:numPr><w:numId w:val="0"/></w:numPr>`),
    withProperties('Five.', at(3, 0)),
    withProperties('Six.', at(3, 0)),
    withProperties('Dot', at(4, 0)),
    withProperties('Within', at(4, 1)),
    withProperties('Bare', at(5, 0)),
    withProperties('Naked', at(5, 1)),
    withProperties('Each list within a list is one that starts anew, as pandoc has it.', at(6, 0)),
    withProperties('Within.', at(7, 1)),
    withProperties('Within.', at(7, 1)),
    withProperties('The outer goes on.', at(6, 0)),
  ];
  const relationships =
    '<Relationship Id="r8" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering" Target="numbering.xml"/>';
  const { text, headings, blocks } = await load(makeDocx(body.join(''), { relationships, more: [styles, numbering] }));
  const lines = text.split(/\n+/);
  assert.deepEqual(lines, [
    '1. Terms',
    '1.1 Fee is a sum.',
    '2. Notice',
    '2.1 It takes sixty days.',
    '2.2 Clause 2.1 is void where:',
    '(a) fees are late;',
    '(b) a party is bankrupt.',
    'A remark.',
    '2.3 Letters go by post.',
    'Annex 1 & 2 What is owed',
    '1) Stop.',
    'Mind the light.',
    '2) Open.',
    'Unnumbered.',
    '5) Five.',
    '6) Six.',
    '- Dot',
    'i. Within',
    'Bare',
    'Naked',
    '1. Each list within a list is one that starts anew, as pandoc has it.',
    '1.1 Within.',
    '1.2 Within.',
    '2. The outer goes on.',
  ]);
  assert.deepEqual(
    headings.map(({ text }) => text),
    ['1. Terms', '2. Notice'],
  );
  assert.equal(text.slice(blocks[0]!.start, blocks[0]!.end), '1.1 Fee is a sum.');
});

test('numbered text that a text box repeats for older programs is counted once', async () => {
  const numbering = {
    name: 'word/numbering.xml',
    content: `<w:numbering xmlns:w="${W}"><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num></w:numbering>`,
  };
  const item = (text: string) => withProperties(text, '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>');
  const content = `<w:txbxContent>${item('In the box.')}</w:txbxContent>`;
  const box = `<w:p><w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml"><mc:Choice Requires="wps">${content}</mc:Choice><mc:Fallback><w:pict><v:textbox>${content}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>`;
  const { text } = await load(makeDocx(`${item('Before.')}${box}${item('After.')}`, { more: [numbering] }));
  assert.deepEqual(text.split(/\n+/), ['1. Before.', '2. In the box.', '3. After.']);
});

test('a list whose numbering is crafted to be slow or endless is read', async () => {
  const level = `<w:lvl w:ilvl="0"><w:start w:val="999999999"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="${'%1'.repeat(10_000)}"/></w:lvl>`;
  const numbering = {
    name: 'word/numbering.xml',
    content: `<w:numbering xmlns:w="${W}"><w:abstractNum w:abstractNumId="1">${level}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num></w:numbering>`,
  };
  const numPr = '<w:numPr><w:numId w:val="1"/></w:numPr>';
  const body = withProperties('a', numPr).repeat(3) + '<w:pPr>'.repeat(1_000).replaceAll('>', '/>');
  assert.equal((await load(makeDocx(body, { more: [numbering] }))).text, 'a\n\na\n\na');
});

test('field values, words under ruby text and checkboxes are read, and struck text is marked as struck', async () => {
  const run = (text: string, properties = '') =>
    `<w:r><w:rPr>${properties}</w:rPr><w:t xml:space="preserve">${text}</w:t></w:r>`;
  const field = (text: string) => `<w:fldSimple w:instr=" SEQ Table ">${run(text)}</w:fldSimple>`;
  const ruby = `<w:r><w:ruby><w:rubyPr/><w:rt>${run('きょう')}</w:rt><w:rubyBase>${run('今日')}</w:rubyBase></w:ruby></w:r>`;
  const box = (checked: number) =>
    `<w:sdt><w:sdtPr><w14:checkbox xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"><w14:checked w14:val="${checked}"/></w14:checkbox></w:sdtPr><w:sdtContent>${run('x')}</w:sdtContent></w:sdt>`;
  const body = [
    run('Table ') + field('3') + run(': prices'),
    ruby + run('です'),
    `<w:bdo w:val="rtl">${run('שלום')}</w:bdo>`,
    box(1) + run(' Approved'),
    box(0) + run(' Paid'),
    run('Notice is') + run(' thirty', '<w:strike/>') + run(' sixty days.'),
  ];
  const { text } = await load(makeDocx(body.map((runs) => `<w:p>${runs}</w:p>`).join('')));
  assert.deepEqual(text.split('\n\n'), [
    'Table 3: prices',
    '今日です',
    'שלום',
    '☑ Approved',
    '☐ Paid',
    'Notice is ~~thirty~~ sixty days.',
  ]);
});
