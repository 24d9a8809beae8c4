import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDocument } from '../../src/ingest/load.ts';
import { makeDocx, paragraph, table } from './make-docx.ts';

const load = (bytes: Uint8Array) => loadDocument({ bytes, name: 'a.docx' });
const bad = { code: 'BAD_DOCUMENT', name: 'AppError' };

test('headings, paragraphs and tables of a Word document keep their places', async () => {
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
});

test('raised digits stay raised', async () => {
  const run = (text: string, place = '') =>
    `<w:r><w:rPr>${place && `<w:vertAlign w:val="${place}"/>`}</w:rPr><w:t>${text}</w:t></w:r>`;
  const paragraph = `<w:p>${run('10')}${run('6', 'superscript')}${run(' H')}${run('2', 'subscript')}${run('O')}</w:p>`;
  assert.equal((await load(makeDocx(paragraph))).text, '10⁶ H2O');
});

test('a picture is neither read nor shown, though it says it is a file of this machine', async () => {
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

test('halves of surrogate pairs and NUL, spelled as references, do not reach the text', async () => {
  const { text } = await load(makeDocx(paragraph('a&#xD800;b&#0;c')));
  assert.ok(text.isWellFormed() && !text.includes('\0'));
});

test('what is no Word document, or a damaged or protected one, is refused', async () => {
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

test('entities are not expanded, and elements that nest too deep end in an error', async () => {
  const entities = {
    name: 'word/document.xml',
    content: `<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "${'&a;'.repeat(10)}">]><w:document>&b;</w:document>`,
  };
  await assert.rejects(load(makeDocx('', { more: [entities] })), { ...bad, message: /entities/ });
  await assert.rejects(load(makeDocx('', { more: [{ ...entities, name: 'docProps/core.xml' }] })), bad);
  await assert.rejects(load(makeDocx(`${'<w:p>'.repeat(50_000)}x${'</w:p>'.repeat(50_000)}`)), bad);
});

test('formulas are read on their line, with powers, fractions and brackets', async () => {
  const run = (text: string) => `<m:r><m:t>${text}</m:t></m:r>`;
  const squared = `<m:sSup><m:e>${run('c')}</m:e><m:sup>${run('2')}</m:sup></m:sSup>`;
  const half = `<m:f><m:fPr><m:type m:val="bar"/></m:fPr><m:num>${run('1')}</m:num><m:den>${run('a&lt;b')}</m:den></m:f>`;
  const sum = `<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>${run('0')}</m:sub><m:sup>${run('n')}</m:sup><m:e>${run('x')}</m:e></m:nary>`;
  const brackets = `<m:d><m:dPr><m:begChr m:val="["/><m:endChr m:val="]"/></m:dPr><m:e>${run('y')}</m:e></m:d>`;
  const root = `<m:rad><m:radPr><m:degHide m:val="1"/></m:radPr><m:deg></m:deg><m:e>${run('3')}</m:e></m:rad>`;
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
    ['</m:e></m:e><m:r>', 'where'],
  ] as const)
    assert.equal(await textOf(formula), text);
});

test('formulas made to be slow are read', async () => {
  const deep = `${'<m:sup>'.repeat(200)}<m:t>${'1'.repeat(1_000_000)}x</m:t>${'</m:sup>'.repeat(200)}`;
  assert.match((await load(makeDocx(`<w:p><m:oMath>${deep}</m:oMath></w:p>`))).text, /1x/);
  await assert.rejects(load(makeDocx(`<w:p><m:oMath><m:${'a'.repeat(1_000_000)}</m:oMath></w:p>`)), bad);
});
