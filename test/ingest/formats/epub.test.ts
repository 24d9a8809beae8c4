import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDocument } from '../../../src/ingest/load.ts';
import { makeEpub } from './make-epub.ts';
import { makeZip } from './make-zip.ts';

const load = (bytes: Uint8Array) => loadDocument({ bytes, name: 'a.epub' });
const bad = { code: 'BAD_DOCUMENT', name: 'AppError' };

test('chapters are read in the order of the spine, each once, without the table of contents', async () => {
  const chapters = ['<h1>One</h1><p>First <a id="here"/>words.</p>', '<h2>Two</h2><ul><li>x</li><li>y</li></ul>'];
  const { text, title, format, headings, blocks, breaks } = await load(makeEpub(chapters, { spine: [1, 0, 1] }));
  assert.equal(format, 'epub');
  assert.equal(title, 'The book');
  assert.equal(text, 'Two\n\n- x\n- y\n\nOne\n\nFirst words.');
  assert.deepEqual(
    headings.map(({ level, start, end }) => [level, text.slice(start, end)]),
    [
      [2, 'Two'],
      [1, 'One'],
    ],
  );
  assert.deepEqual(
    blocks.map(({ start, end }) => text.slice(start, end)),
    ['- x\n- y'],
  );
  assert.deepEqual(
    breaks.map((at) => text.slice(at, at + 3)),
    ['Two', '- x', '- y', 'One'],
  );
});

test('the table of contents of an older book is left out, unless it is on the only page', async () => {
  const opf = (guide: string, item: string) => ({
    name: 'OPS/book.opf',
    content: `<package><manifest><item id="a" href="a.xhtml" media-type="text/html"/><item id="b" href="b.xhtml" media-type="text/html" properties="x nav"/>${item}</manifest><spine><itemref idref="a"/><itemref idref="b"/><itemref idref="c"/></spine><guide>${guide}</guide></package>`,
  });
  const pages = ['a', 'b', 'c'].map((name) => ({ name: `OPS/${name}.xhtml`, content: `<p>Page ${name}</p>` }));
  const textOf = async (...guide: string[]) => {
    const [references, item = ''] = guide;
    const entries = makeEpub([], { package: opf(references ?? '', item), more: pages });
    return (await load(entries)).text;
  };
  const item = '<item id="c" href="c.xhtml" media-type="application/xhtml+xml"/>';
  const toc = '<reference type="toc" href="a.xhtml"/>';
  assert.equal(await textOf(toc, item), 'Page c');
  assert.equal(await textOf(toc), 'Page a');
  assert.equal(await textOf(toc.replace('.xhtml', '.xhtml#contents'), item), 'Page a\n\nPage c');
  assert.equal(await textOf(`${toc}<reference type="text" href="a.xhtml#start"/>`, item), 'Page a\n\nPage c');
});

test('a page that says more than what it links to is read though the guide calls it the table of contents', async () => {
  const prose = 'This manual describes what each package must satisfy to be included in the distribution.';
  const links =
    '<ul><li><a href="c.xhtml">A title of a chapter that is by far longer than any line of prose here.</a></li></ul>';
  const read = async (page: string) => {
    const opf =
      '<package><manifest><item id="a" href="a.xhtml" media-type="text/html"/><item id="c" href="c.xhtml" media-type="text/html"/></manifest><spine><itemref idref="a"/><itemref idref="c"/></spine><guide><reference type="toc" href="a.xhtml"/></guide></package>';
    const more = [
      { name: 'OPS/a.xhtml', content: page },
      { name: 'OPS/c.xhtml', content: '<p>Page c</p>' },
    ];
    return (await load(makeEpub([], { package: { name: 'OPS/book.opf', content: opf }, more }))).text;
  };
  assert.equal(await read(`<h1>Contents</h1>${links}`), 'Page c');
  assert.equal(
    await read(`<h1>Manual</h1><p>${prose}</p><div class="toctree-wrapper compound">${links}</div>`),
    `Manual\n\n${prose}\n\nPage c`,
  );
});

test('chapters in the encoding that they declare are read, and their line ends are as everywhere', async () => {
  for (const [declared, bytes, text] of [
    ['ISO-8859-1', [0xfc], 'ü'],
    ['windows-1252', [0x80], '€'],
    ['Shift_JIS', [0x8b, 0xb4], '橋'],
  ] as const) {
    const head = `<?xml version="1.0" encoding="${declared}"?>\r\n<html><body><pre>a\r\nb `;
    const chapter = Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from('\rc</pre></body></html>')]);
    const more = [{ name: 'OPS/c.xhtml', content: chapter }];
    const opf =
      '<package><manifest><item id="c" href="c.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="c"/></spine></package>';
    const book = await load(makeEpub([], { package: { name: 'OPS/book.opf', content: opf }, more }));
    assert.equal(book.text, `a\nb ${text}\nc`, declared);
  }
});

test('chapters that the spine names and the archive or the package lacks are passed over', async () => {
  const opf =
    '<package><manifest><item id="a" href="a.xhtml" media-type="text/html"/><item id="b" href="gone.xhtml" media-type="text/html"/></manifest><spine><itemref idref="b"/><itemref idref="nowhere"/><itemref idref="a"/></spine></package>';
  const more = [{ name: 'OPS/a.xhtml', content: '<p>Page a</p>' }];
  assert.equal((await load(makeEpub([], { package: { name: 'OPS/book.opf', content: opf }, more }))).text, 'Page a');
});

test('numbers of printed pages, and how words are pronounced, do not part what is written', async () => {
  const chapter =
    '<p>Bryan <span epub:type="pagebreak">752</span>and Effi<span role="doc-pagebreak">753</span>ngham.</p><p><ruby>漢<rt>かん</rt>字<rp>(</rp><rt>じ</rt><rp>)</rp></ruby>です。</p>';
  assert.equal((await load(makeEpub([chapter]))).text, 'Bryan and Effingham.\n\n漢字です。');
});

test('chapters are found whose names macOS has written', async () => {
  for (const [named, packed] of [
    ['NFC', 'NFD'],
    ['NFD', 'NFC'],
  ] as const) {
    const href = `${encodeURIComponent('Übersicht'.normalize(named))}.xhtml`;
    const content = `<package><manifest><item id="a" href="${href}" media-type="text/html"/></manifest><spine><itemref idref="a"/></spine></package>`;
    const page = { name: `OPS/${'Übersicht'.normalize(packed)}.xhtml`, content: '<p>Found.</p>' };
    const book = makeEpub([], { package: { name: 'OPS/book.opf', content }, more: [page] });
    assert.equal((await load(book)).text, 'Found.');
  }
});

test('elements without content end where XML ends them', async () => {
  const chapter =
    '<p>a<br/>b<hr/></p><script src="x.js"/><script/><svg:g\n x="<"/><noscript data-a="1" /><p>c</p><table><tr><td/><td>d</td></tr></table>';
  assert.equal((await load(makeEpub([chapter]))).text, 'a\nb\n\nc\n\n| d');
});

test('a chapter’s header, footer and CDATA sections are read', async () => {
  const chapter =
    '<header><h1>One</h1></header><p>Text <![CDATA[of <p> & more]]>.</p><nav>Next</nav><footer><p>A note.</p></footer>';
  const { text, headings } = await load(makeEpub([chapter, '<p>a<![CDATA[b'.repeat(50_000)]));
  assert.ok(text.startsWith('One\n\nText of <p> & more.\n\nA note.\n\nab'));
  assert.equal(headings[0]?.text, 'One');
  assert.match((await load(makeEpub(['<p>a\r<![CDATA[<b']))).text, /^a <b/);
});

test('a book without a title takes its first heading of level 1', async () => {
  assert.equal((await load(makeEpub(['<p>a</p>', '<h1>B</h1>'], { title: ' ' }))).title, 'B');
  const long = 'A '.repeat(151);
  assert.equal(
    (await load(makeEpub(['<h1>B</h1>'], { title: ` A\n  ${long.slice(5)} ` }))).title,
    long.slice(3).trim(),
  );
  assert.equal((await load(makeEpub(['<h1>B</h1>'], { title: long }))).title, 'B');
});

test('a book that is copy-protected, damaged or without text is refused', async () => {
  const encryption = {
    name: 'META-INF/encryption.xml',
    content:
      '<encryption><EncryptedData><CipherData><CipherReference URI="OPS/text/chapter%200.xhtml"/></CipherData></EncryptedData></encryption>',
  };
  await assert.rejects(load(makeEpub(['<p>x</p>'], { more: [encryption] })), { ...bad, message: /copy-protected/ });
  const fonts = { ...encryption, content: encryption.content.replace('text/chapter%200.xhtml', 'font.otf') };
  assert.equal((await load(makeEpub(['<p>x</p>'], { more: [fonts] }))).text, 'x');
  await assert.rejects(load(makeEpub([])), { ...bad, message: /holds no text/ });
  await assert.rejects(load(makeZip([{ name: 'a', content: '' }])), { ...bad, message: /is none/ });
  await assert.rejects(load(Buffer.from('PK\x03\x04 and nothing')), { ...bad, message: 'The file is damaged.' });
});

test('chapters that declare entities or nest too deep are refused', async () => {
  await assert.rejects(load(makeEpub(['<!ENTITY a "b">'])), { ...bad, message: /entities/ });
  await assert.rejects(load(makeEpub(['<div>'.repeat(2_000)])), {
    ...bad,
    message: 'The HTML nests elements more than 256 deep.',
  });
  await assert.rejects(load(makeEpub(['x'], { title: '<b>'.repeat(500_000) })), {
    ...bad,
    message: 'The XML of the file nests more than 64 deep.',
  });
});
