import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDocument } from '../../../src/ingest/load.ts';
import { makePdf } from './make-pdf.ts';

/** The text of a PDF with one line, given as its codes in hexadecimal digits, in a font of this collection that names this mapping. */
async function read(encoding: string, collection: string, codes: string): Promise<string> {
  const system = `/CIDSystemInfo << /Registry (Adobe) /Ordering (${collection}) /Supplement 2 >>`;
  const descriptor = '/FontDescriptor << /Type /FontDescriptor /FontName /Song /Flags 4 >>';
  const inner = `<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Song ${system} ${descriptor} /DW 1000 >>`;
  const font = `<< /Type /Font /Subtype /Type0 /BaseFont /Song /Encoding /${encoding} /DescendantFonts [${inner}] >>`;
  const text = Buffer.from(codes.replaceAll(' ', ''), 'hex').toString('latin1');
  const { text: whole } = await loadDocument({ bytes: makePdf([[{ text, y: 700 }]], { font }), name: 'a.pdf' });
  return whole;
}

test('Chinese, Japanese and Korean text is read in fonts that only name how their characters are coded', async () => {
  for (const [encoding, collection, codes, text] of [
    ['90ms-RKSJ-H', 'Japan1', '8bb4 5c 34 2c b6c5', '橋¥4,ｶﾅ'],
    ['90msp-RKSJ-V', 'Japan1', '8bb4', '橋'],
    ['EUC-H', 'Japan1', 'b6b6 31', '橋1'],
    ['H', 'Japan1', '3636 2422', '橋あ'],
    ['UniJIS-UCS2-H', 'Japan1', '6a4b 3042 0031 005c 00a5', '橋あ1\\¥'],
    ['UniJIS-UTF16-H', 'Japan1', '6a4b d842dfb7 3042', '橋\ufffdあ'],
    ['GBK-EUC-H', 'GB1', 'bacf cdac 32 34', '合同24'],
    ['GBK2K-H', 'GB1', 'bacf cdac', '合同'],
    ['UniGB-UCS2-H', 'GB1', '5408 540c ff0c', '合同，'],
    ['GB-H', 'GB1', '3a4f 4d2c', '合同'],
    ['ETen-B5-H', 'CNS1', 'b0ea ae61', '國家'],
    ['UniCNS-UTF16-H', 'CNS1', '570b 5bb6', '國家'],
    ['KSCms-UHC-H', 'Korea1', 'c7d1 b1b9 31', '한국1'],
    ['UniKS-UCS2-H', 'Korea1', 'd55c ad6d', '한국'],
    // By their numbers in the font.
    ['Identity-H', 'Japan1', '034b 0465 0022 003d', 'あ亜A¥'],
    ['Identity-H', 'GB1', '03ac 0061 0062', '啊、。'],
    ['Identity-V', 'CNS1', '0253 097f', '一耄'],
    ['Identity-H', 'Korea1', '043e', '가'],
  ] as const)
    assert.equal(await read(encoding, collection, codes), text, `${encoding} ${codes}`);
});

test('a character that is known by no number is shown to have been there, and its number is taken for no character', async () => {
  assert.equal(await read('Identity-H', 'Japan1', '034b 4e20'), 'あ\ufffd');
  assert.equal(await read('90ms-RKSJ-H', 'Japan1', '82a0 f040'), 'あ\ufffd');
});

test('a PDF of which nothing but text by an unknown mapping is there holds no text', async () => {
  await assert.rejects(read('Klingon-H', 'Japan1', '8bb4'), { code: 'BAD_DOCUMENT' });
});
