import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDocument } from '../../../src/ingest/load.ts';
import { makeDocx, paragraph } from './make-docx.ts';

const CHUNK_TYPE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships/aFChunk';
const chunk = (id: string) => `<w:altChunk r:id="${id}"/>`;

/** The text of a Word document with this body, and with other files that are put into it, by their ids and names. */
async function read(body: string, files: [id: string, target: string, content: string | Uint8Array][]) {
  const relationships = files
    .map(([id, target]) => `<Relationship Id="${id}" Type="${CHUNK_TYPE}" Target="${target}"/>`)
    .join('');
  const more = files.map(([, target, content]) => ({
    name: target.startsWith('/') ? target.slice(1) : `word/${target}`,
    content,
  }));
  return loadDocument({ bytes: makeDocx(body, { relationships, more }), name: 'a.docx' });
}

test('web pages and texts that a Word document has Word convert are read in their places', async () => {
  const latin = Buffer.from(
    '<html><head><meta charset="iso-8859-1"><title>T</title></head><body><h1>Fähre</h1><p>It runs',
    'latin1',
  );
  const { text, headings } = await read(
    [
      paragraph('Before.'),
      chunk('h'),
      `<w:altChunk r:id="t"><w:altChunkPr><w:matchSrc/></w:altChunkPr></w:altChunk>`,
      chunk('rtf'),
      chunk('nowhere'),
      `<w:tbl><w:tr><w:tc>${paragraph('a')}</w:tc><w:tc>${chunk('h2')}<w:p/></w:tc></w:tr></w:tbl>`,
      paragraph('After.'),
    ].join(''),
    [
      ['h', 'page.html', latin],
      ['h2', 'page.htm', '<b>b</b>'],
      ['t', '/chunks/t.txt', 'Two < three.'],
      ['rtf', 'a.rtf', '{\\rtf1 No.}'],
    ],
  );
  assert.equal(text, 'Before.\n\nFähre\n\nIt runs\n\nTwo < three.\n\na | b\n\nAfter.');
  assert.deepEqual(
    headings.map((heading) => heading.text),
    ['Fähre'],
  );
});

test('a web page that is packed as a mail is read, however that is encoded', async () => {
  const page = '<html><body class="x"><p>It costs = 4,100 – for all.</p></body></html>';
  const quoted = page.replaceAll('=', '=3D').replace('–', '=E2=80=\n=93');
  for (const [encoding, body] of [
    ['quoted-printable', quoted],
    ['Base64', Buffer.from(page).toString('base64')],
    ['8bit', page],
  ] as const) {
    const mail = [
      'MIME-Version: 1.0',
      'Content-Type: multipart/related; type="text/html";',
      '    boundary="----=part"',
      '',
      '------=part',
      'Content-Type: text/css',
      '',
      'p { color: red }',
      '------=part',
      'Content-Type: text/html;',
      '    charset="utf-8"',
      `Content-Transfer-Encoding: ${encoding}`,
      '',
      `${body}`,
      '------=part--',
    ];
    const content = mail.join('\n').replaceAll('\n', '\r\n');
    assert.equal(
      (await read(chunk('m'), [['m', '/word/a.mht', content]])).text,
      'It costs = 4,100 – for all.',
      encoding,
    );
  }
});

test('a web page packed as a mail is decoded in the charset that the mail gives it', async () => {
  const head = 'MIME-Version: 1.0\r\nContent-Type: text/html;\r\n charset=windows-1252\r\n';
  const mail = `${head}Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>Die F=E4hre kostet 5 =80.</p>`;
  assert.equal((await read(chunk('m'), [['m', 'a.mht', mail]])).text, 'Die Fähre kostet 5 €.');
});

test('a web page that ends amid a comment or a style takes nothing of the text behind it along', async () => {
  for (const end of ['<!-- c', '<style>p {', '<script>f(', '<textarea>', '<title>', '<div hidden><div>c', '']) {
    const { text } = await read(`${chunk('h')}${paragraph('After.')}`, [['h', 'a.html', `<p>b</p>${end}`]]);
    assert.equal(text, 'b\n\nAfter.', end);
  }
});

test('each chunk is read once, whatever the text says', async () => {
  const fakes = paragraph('\ufdee0').repeat(3) + paragraph('&#xfdee;0').repeat(3);
  const { text } = await read(`${chunk('h')}${fakes}`, [['h', 'a.html', '<p>Once.</p>']]);
  assert.equal(text.match(/Once/g)?.length, 1);
});
