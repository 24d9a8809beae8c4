import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeBytes, formatOfName } from '../../src/ingest/format.ts';
import { loadDocument, loadText } from '../../src/ingest/load.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

test('the format is taken from the file extension, and unknown extensions are refused', () => {
  const formats = ['a.md', 'b/c.MARKDOWN', 'x.y.txt', 'a.text', 'a.html', 'a.HTM', 'a.pdf'].map(formatOfName);
  assert.deepEqual(formats, ['markdown', 'markdown', 'text', 'text', 'html', 'html', 'pdf']);
  const others = ['a.mdx', 'a.ipynb', 'a.docx', 'a.csv', 'a.tsv', 'a.json', 'a.jsonl', 'a.ndjson', 'a.EPUB'].map(
    formatOfName,
  );
  assert.deepEqual(others, ['markdown', 'json', 'docx', 'csv', 'csv', 'json', 'jsonl', 'jsonl', 'epub']);
  for (const name of ['a', 'a.doc', 'a.zip', '.md/a', 'md', 'a.constructor', 'a.md ', ''])
    assert.throws(() => formatOfName(name), { code: 'UNSUPPORTED_FORMAT' });
});

test('of a kind of file that is not read, the refusal says what to do with it', () => {
  for (const [name, what] of [
    ['a.XLSX', /Save each of its sheets as “CSV UTF-8”\.$/],
    ['a.odt', /Save it as \.docx\.$/],
    ['a.pptx', /Save it as PDF\.$/],
    ['a.eml', /Save the mail as text or HTML\.$/],
    ['a.zip', /Unpack it\.$/],
    ['a.jpeg', /OCR/],
    ['a.log', /If it is text, name it \.txt\. Files ending in txt, .* can\.$/],
  ] as const)
    assert.throws(() => formatOfName(name), { code: 'UNSUPPORTED_FORMAT', message: what });
});

test('bytes that do not match the format are refused', () => {
  const bad = { code: 'BAD_DOCUMENT' };
  assert.throws(() => decodeBytes(bytesOf('plain'), 'pdf'), bad);
  assert.throws(() => decodeBytes(bytesOf('%PDF-1.7 …'), 'text'), bad);
  assert.throws(() => decodeBytes(bytesOf('a\0b'), 'markdown'), bad);
  assert.throws(() => decodeBytes(Uint8Array.of(0x61, 0xff, 0xfe), 'text'), bad);
  assert.throws(() => decodeBytes(Uint8Array.of(0xed, 0xa0, 0x80), 'html'), bad);
  for (const format of ['text', 'csv', 'json', 'html'] as const)
    assert.throws(() => decodeBytes(bytesOf('PK\x03\x04…'), format), { ...bad, message: /ZIP archive/ });
  for (const format of ['docx', 'epub'] as const) {
    assert.throws(() => decodeBytes(bytesOf('plain'), format), { ...bad, message: /is none/ });
    assert.throws(() => decodeBytes(bytesOf('%PDF-1.7 …'), format), { ...bad, message: /is a PDF/ });
    assert.equal(decodeBytes(bytesOf('PK\x03\x04…'), format), null);
  }
  assert.equal(decodeBytes(bytesOf('\n%PDF-1.7'), 'pdf'), null);
});

test('a text file is read as it is, without byte order mark and carriage returns', async () => {
  const loaded = await loadDocument({ bytes: bytesOf('\ufeffOne.\r\n- Two\r# Three\n'), name: 'a.txt' });
  assert.deepEqual(loaded, {
    format: 'text',
    text: 'One.\n- Two\n# Three\n',
    title: null,
    headings: [],
    blocks: [],
    breaks: [5],
  });
});

test('a format given explicitly wins over the file name', async () => {
  assert.equal((await loadDocument({ bytes: bytesOf('# A'), name: 'a.txt', format: 'markdown' })).title, 'A');
});

test('texts that are empty, or hold a NUL or half a surrogate pair, are refused', async () => {
  for (const format of ['text', 'markdown', 'html', 'csv', 'json', 'jsonl'] as const)
    for (const text of ['', ' \n\t\ufeff', 'a\0', 'a\ud800b', '\udc00'])
      await assert.rejects(loadText({ text, format }), { code: 'BAD_DOCUMENT' });
  await assert.rejects(loadText({ text: '<script>x</script><!-- y -->', format: 'html' }), { code: 'BAD_DOCUMENT' });
});

test('a text of more than twenty million characters is refused', async () => {
  const text = 'a'.repeat(20_000_000);
  assert.equal((await loadText({ text, format: 'text' })).text.length, text.length);
  const tooMuch = { code: 'BAD_DOCUMENT', message: 'The document holds too much text.' };
  await assert.rejects(loadText({ text: `${text}a`, format: 'text' }), tooMuch);
  await assert.rejects(loadText({ text: `["${text}a"]`, format: 'json' }), tooMuch);
});

test('any text is either loaded, with spans in bounds and in order, or refused as BAD_DOCUMENT', async () => {
  const parts = fc.constantFrom(
    ...[
      '# ',
      '\n',
      '\n\n',
      '- ',
      '```\n',
      '| a | b |\n|-|-|\n',
      '> ',
      '<h1>',
      '</h1>',
      '<ul><li>',
      '<table><tr><td>',
      '</table>',
      '<pre>',
    ],
    ...[
      '===\n',
      '---\n',
      '    ',
      '&#xFDD1;',
      '&#xFDD0;',
      '&#xFDD9;',
      '\ufdd3',
      '</p>',
      '<!--',
      '-->',
      'a',
      'b c. D',
      '"',
      '","',
      ';',
      '{"a": ',
      '}',
      '[',
      ']',
      '1',
      '<p hidden>',
      '😀',
      '\t',
    ],
  );
  const someText = fc.array(fc.oneof(parts, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('text', 'markdown', 'html', 'csv', 'json', 'jsonl'),
      someText,
      async (format, pieces) => {
        const loaded = await loadText({ text: pieces.join(''), format }).catch((error) => {
          assert.equal(error.code, 'BAD_DOCUMENT');
          return null;
        });
        if (!loaded) return;
        assert.ok(loaded.text.isWellFormed());
        let end = 0;
        const spans = [...loaded.headings, ...loaded.blocks].sort((one, other) => one.start - other.start);
        for (const span of spans) {
          assert.ok(span.start >= end && span.end > span.start && span.end <= loaded.text.length);
          end = span.end;
        }
        assert.deepEqual(
          loaded.breaks,
          loaded.breaks.toSorted((one, other) => one - other),
        );
      },
    ),
    { seed: 2, numRuns: 600 },
  );
});

test('UTF-16 with a byte order mark, as Windows writes it, is read; invalid UTF-16 is refused', async () => {
  const little = Buffer.from('\ufeffName\tStadt\r\nJörg\tKöln\r\n', 'utf16le');
  const expected = 'Name: Jörg; Stadt: Köln';
  assert.equal((await loadDocument({ bytes: little, name: 'a.csv' })).text, expected);
  assert.equal((await loadDocument({ bytes: Buffer.from(little).swap16(), name: 'a.csv' })).text, expected);
  const half = { bytes: little.subarray(0, 7), name: 'a.txt' };
  await assert.rejects(loadDocument(half), { code: 'BAD_DOCUMENT', message: /not valid UTF-16/ });
});

test('a table that is not UTF-8, as Excel saves it unless told otherwise, is refused with what to choose there', async () => {
  const bytes = Buffer.from('Name;Stadt\nJörg;Köln\n', 'latin1');
  const message =
    'The file is not valid UTF-8. Save it as UTF-8 (in Excel: “CSV UTF-8”), or give its charset, and try again.';
  await assert.rejects(loadDocument({ bytes, name: 'a.csv' }), { code: 'BAD_DOCUMENT', message });
});

test('HTML is read in the encoding it declares; without a known one, bytes that are not UTF-8 are refused', async () => {
  const page = (meta: string, word: string) =>
    Buffer.concat([Buffer.from(`<meta ${meta}><p>`), Buffer.from(word, 'latin1'), Buffer.from(' is 5')]);
  const read = async (bytes: Buffer) => (await loadDocument({ bytes, name: 'a.html' })).text;
  const windows = 'http-equiv="Content-Type" content="text/html; charset=windows-1252"';
  assert.equal(await read(page(windows, 'M\xfcller \x80')), 'Müller € is 5');
  for (const meta of ['charset=koi8-r', "charset='koi8-r'", 'charset = "KOI8-R"'])
    assert.equal(await read(page(meta, '\xf4\xc5\xd3\xd4')), 'Тест is 5');
  const asText = { bytes: page('charset=koi8-r', '\xf4'), name: 'a.txt' };
  await assert.rejects(loadDocument(asText), { code: 'BAD_DOCUMENT', message: /not valid UTF-8/ });
  assert.equal(await read(Buffer.from(`<meta ${windows}><p>Müller €`)), 'Müller €');
  const later = (bytes: number) => `name=a>${' '.repeat(bytes)}<meta charset=koi8-r`;
  assert.equal((await read(page(later(950), '\xf4\xc5\xd3\xd4'))).trim(), 'Тест is 5');
  for (const meta of [
    ...['', 'charset=none', 'charset=utf-8', 'charset=utf-16', 'charset=unicode'],
    ...['name=a> charset=koi8-r', later(1024)],
  ])
    await assert.rejects(read(page(meta, '\xfc')), { code: 'BAD_DOCUMENT', message: /not valid UTF-8/ });
});

test('HTML that declares its encoding as XML does, or one that is spelled in ASCII, is read in it', async () => {
  const read = async (bytes: Buffer) => (await loadDocument({ bytes, name: 'a.html' })).text;
  const xhtml = '<?xml version="1.0" encoding="iso-8859-1"?>\n<html><body><p>M\xfcller</p></body></html>';
  assert.equal(await read(Buffer.from(xhtml, 'latin1')), 'Müller');
  const told = Buffer.from(xhtml.replace(' encoding', '?> encoding'), 'latin1');
  await assert.rejects(read(told), { code: 'BAD_DOCUMENT', message: /not valid UTF-8/ });
  assert.equal(await read(Buffer.from('<meta charset="iso-2022-jp"><p>\x1b$B$3$s\x1b(B is 5')), 'こん is 5');
});

test('a text that is not UTF-8 is read in the charset that it is given with', async () => {
  const read = async (bytes: Buffer, charset: string, name = 'a.txt') =>
    (await loadDocument({ bytes, name, charset })).text;
  for (const [charset, bytes, text] of [
    ['windows-1252', 'Gr\xf6\xdfe: 5 \x80', 'Größe: 5 €'],
    ['windows-1250', '\xa3\xf3d\x9f', 'Łódź'],
    ['CP1251', '\xcc\xee\xf1\xea\xe2\xe0', 'Москва'],
    ['Shift_JIS', '\x93\x8c\x8b\x9e', '東京'],
    ['gbk', '\xb1\xb1\xbe\xa9', '北京'],
    ['iso-2022-jp', '\x1b$B$3$s\x1b(B', 'こん'],
    ['utf-16le', 'O\0k\0', 'Ok'],
    ['utf-16be', '\0O\0k', 'Ok'],
  ] as const)
    assert.equal(await read(Buffer.from(bytes, 'latin1'), charset), text);
  assert.equal(await read(Buffer.from('Stadt;Land\nK\xf6ln;D', 'latin1'), 'latin1', 'a.csv'), 'Stadt: Köln; Land: D');
  // What a text shows of itself goes first.
  assert.equal(await read(Buffer.from('Größe 5'), 'windows-1252'), 'Größe 5');
  assert.equal(await read(Buffer.from('\ufeffGröße', 'utf16le'), 'windows-1252'), 'Größe');
  const marked = Buffer.from('\xef\xbb\xbfGr\xc3\xb6\xc3', 'latin1');
  await assert.rejects(read(marked, 'windows-1252'), { code: 'BAD_DOCUMENT', message: /not valid UTF-8/ });
  const koi8 = Buffer.from('<meta charset=koi8-r><p>\xf4\xc5\xd3\xd4', 'latin1');
  assert.equal(await read(koi8, 'windows-1252', 'a.html'), 'Тест');
  const bad = { code: 'BAD_DOCUMENT', message: 'The file is not valid SHIFT_JIS. Save it as UTF-8 and try again.' };
  await assert.rejects(read(Buffer.from('\xfc\xff', 'latin1'), 'shift_jis'), bad);
  await assert.rejects(read(Buffer.from('\xfc\0', 'latin1'), 'windows-1252'), { code: 'BAD_DOCUMENT', message: /NUL/ });
});

test('whatever charset a text is given with, UTF-8 stays what it is, and so does UTF-16', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('windows-1252', 'shift_jis', 'gb18030', 'utf-16le', 'iso-8859-8'),
      fc.string({ unit: fc.constantFrom('a', 'é', 'Ж', '中', '😀', '~', '\\', ' ', '\n', 'ﬁ') }),
      async (charset, some) => {
        const text = `.${some}\n`;
        assert.equal((await loadDocument({ bytes: bytesOf(text), name: 'a.txt', charset })).text, text);
        const wide = Buffer.from(text, 'utf16le');
        assert.equal((await loadDocument({ bytes: wide, name: 'a.txt', charset: 'utf-16' })).text, text);
      },
    ),
    { seed: 3, numRuns: 200 },
  );
});

test('words spelled in tag characters, which nobody sees but a model reads, are shown to have been there', async () => {
  const hidden = String.fromCodePoint(...Array.from('Obey', (letter) => 0xe0000 + letter.charCodeAt(0)));
  const read = async (text: string, format: 'markdown' | 'html' | 'json') => (await loadText({ text, format })).text;
  const shown = `Alder${'\ufffd'.repeat(8)} wood`;
  assert.equal(await read(`Alder${hidden} wood`, 'markdown'), shown);
  assert.equal(await read(`<p>Alder${hidden} wood`, 'html'), shown);
  assert.equal(await read(JSON.stringify([`Alder${hidden} wood`]), 'json'), shown);
  const { title, headings } = await loadText({ text: `# Alder${hidden} wood\n\nWords.`, format: 'markdown' });
  assert.deepEqual([title, headings[0]?.text], [shown, shown]);
  // The flags of England, Scotland and Wales, and rare forms of Chinese characters, hold such characters too.
  const rightful = '🏴󠁧󠁢󠁥󠁮󠁧󠁿 葛\u{e0100}';
  assert.equal(await read(rightful, 'markdown'), rightful);
});
