import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDocument } from '../../src/ingest/load.ts';
import { splitDocument } from '../../src/ingest/split.ts';
import { createTokenCounter } from '../../src/ingest/tokens.ts';
import { makeDocx, paragraph, table } from './formats/make-docx.ts';
import { makeEpub } from './formats/make-epub.ts';
import { makePdf } from './formats/make-pdf.ts';

const countTokens = createTokenCounter();
const sentences = Array.from({ length: 40 }, (_, index) => `Sentence ${index} says söme 😀 thing or other.`);
const rows = sentences.map((sentence, index) => [String(index), `Item ${index}`, sentence]);
const records = rows.map(([id, name, note]) => ({ id, name, more: { note, tags: ['a', 'b'] } }));

/** The same forty sentences in every format. */
const files: Record<string, string | Uint8Array> = {
  'a.txt': sentences.join('\n\n'),
  'a.md': `# Title\n\n${sentences.join(' ')}`,
  'a.html': `<h1>Title</h1>${sentences.map((sentence) => `<p>${sentence}</p>`).join('')}`,
  'a.pdf': makePdf([
    sentences.map((_, index) => ({
      text: `Sentence ${index} says that something is so, and more.`,
      y: 740 - 16 * index,
    })),
  ]),
  'a.docx': makeDocx(paragraph('Title', 'Title') + sentences.map((each) => paragraph(each)).join('') + table(rows)),
  'a.csv': ['id,name,note', ...rows.map((row) => row.join(','))].join('\r\n'),
  'a.json': JSON.stringify({ title: 'Title', records }, null, 2),
  'a.jsonl': records.map((record) => JSON.stringify(record)).join('\n'),
  'a.epub': makeEpub(sentences.map((sentence, index) => `<h2>Chapter ${index}</h2><p>${sentence}</p>`)),
};

for (const [name, content] of Object.entries(files)) {
  test(`${name}: passages together hold all of the text, none is too large, and windows lie within their passage`, async () => {
    const bytes = Buffer.from(content);
    const document = await loadDocument({ bytes, name });
    const { text } = document;
    for (const index of sentences.keys()) assert.match(text, new RegExp(`Sentence ${index} says`));
    const passages = splitDocument(document, { chunkSizeTokens: 60, chunkOverlapTokens: 12, countTokens });
    assert.ok(passages.length > 5);
    let end = 0;
    for (const passage of passages) {
      if (passage.start > end) assert.equal(text.slice(end, passage.start).trim(), '');
      const words = text.slice(passage.start, passage.end);
      assert.equal(words, words.trim());
      assert.ok(countTokens(words) <= 60);
      assert.ok(passage.windows.length > 0);
      for (const window of passage.windows) assert.ok(window.start >= passage.start && window.end <= passage.end);
      end = passage.end;
    }
    assert.equal(text.slice(end).trim(), '');
  });
}

test('CSV rows and JSON records that fit are never split between a name and its value', async () => {
  for (const name of ['a.csv', 'a.jsonl']) {
    const document = await loadDocument({ bytes: Buffer.from(files[name]!), name });
    const passages = splitDocument(document, { chunkSizeTokens: 60, chunkOverlapTokens: 0, countTokens });
    for (const { start } of passages) assert.match(document.text.slice(start, start + 6), /^(id: \d|more)/);
  }
});
