import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutHidden } from '../../../src/ingest/formats/docx-hidden.ts';
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

test('XML made to be slow is looked through in time', { timeout: 20_000 }, () => {
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
});
