import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIngest, type Incoming } from '../../src/ingest/ingest.ts';
import { loadDocument, loadText } from '../../src/ingest/load.ts';
import type { Parser } from '../../src/ingest/parser.ts';
import { splitDocument } from '../../src/ingest/split.ts';
import { createTokenCounter } from '../../src/ingest/tokens.ts';
import type { DocumentSummary, NewDocument } from '../../src/knowledge/port.ts';

const countTokens = createTokenCounter();
const fixed = { collection: 'default', source: 'a.md' };
const text = (words: string): Incoming['content'] => ({ text: words, format: 'markdown' });

/**
 * An ingest over a store in memory, with a diary of what was read and embedded. Reading `slow.md` never finishes;
 * looking up `after-slow.md` waits until that reading has begun.
 */
function open({ dimension = () => 3 as number, chunkSizeTokens = 60, onEmbedded = () => {} } = {}) {
  const stored = new Map<string, NewDocument>();
  const diary = { parsed: 0, embedded: [] as string[], aborted: 0, puts: 0 };
  const slowIsRead = Promise.withResolvers<void>();
  const summary = ({ source, collection, contentHash, passages, title, format, metadata, text: whole }: NewDocument) =>
    ({
      ...{ id: `id of ${source}`, source, collection, contentHash, title, format, metadata },
      ...{ characters: whole.length, passages: passages.length, createdAt: '', updatedAt: '' },
    }) satisfies DocumentSummary;
  const parse: Parser['parse'] = async (document, { signal } = {}) => {
    diary.parsed += 1;
    if ('bytes' in document && document.name === 'slow.md')
      return new Promise((_, reject) => {
        slowIsRead.resolve();
        const abort = () => {
          diary.aborted += 1;
          reject(signal?.reason);
        };
        if (signal?.aborted) abort();
        else signal?.addEventListener('abort', abort);
      });
    const loaded = 'text' in document ? await loadText(document) : await loadDocument(document);
    return { loaded, passages: splitDocument(loaded, { ...document, countTokens }) };
  };
  const embed = (words: string) => Array.from({ length: dimension() }, (_, index) => words.length + index);
  const ingest = createIngest({
    knowledge: {
      async findSource(_, source) {
        if (source === 'after-slow.md') await slowIsRead.promise;
        return stored.has(source) ? summary(stored.get(source)!) : null;
      },
      async put(documents) {
        diary.puts += 1;
        return documents.map((document) => {
          const replaced = stored.has(document.source);
          stored.set(document.source, document);
          return { id: `id of ${document.source}`, passages: document.passages.length, replaced };
        });
      },
    },
    parser: { parse },
    embeddings: {
      async embedDocuments(all) {
        diary.embedded.push(...all);
        onEmbedded();
        return all.map(embed);
      },
    },
    chunkSizeTokens,
    chunkOverlapTokens: 0,
  });
  return { ingest, stored, diary };
}

test('a document is read, its passages are embedded with title and headings in front, and it is stored', async () => {
  const { ingest, stored, diary } = open();
  const words = '# The title\n\n## Part\n\nOne sentence here. Another one there.';
  const [written] = await ingest([{ ...fixed, content: { bytes: Buffer.from(words) } }]);
  assert.deepEqual(written, {
    ...{ id: 'id of a.md', source: 'a.md', collection: 'default' },
    ...{ passages: 1, unchanged: false, replaced: false },
  });
  const document = stored.get('a.md')!;
  assert.equal(document.title, 'The title');
  assert.equal(document.text, words);
  assert.deepEqual(diary.embedded, ['The title > Part: One sentence here. Another one there.']);
  assert.deepEqual([...document.vectors], [55, 56, 57]);
});

test('vectors are stored in the order of their windows, even when embedding takes several calls', async () => {
  const { ingest, stored, diary } = open();
  const words = Array.from({ length: 500 }, (_, index) => `Sentence ${'x'.repeat(1 + (index % 97))} ends.`).join(' ');
  await ingest([{ ...fixed, content: text(words) }]);
  const { passages, vectors, title } = stored.get('a.md')!;
  const windows = passages.flatMap((passage) => passage.windows);
  assert.equal(vectors.length, windows.length * 3);
  assert.equal(diary.embedded.length, windows.length);
  for (const [index, { start, end }] of windows.entries())
    assert.equal(vectors[index * 3], `${title}: ${words.slice(start, end)}`.length);
});

test('a document with the same bytes and settings is not read again; any difference has it read and replaced', async () => {
  const { ingest, diary } = open();
  const first = { ...fixed, content: text('Words.'), title: 'T', metadata: { a: 1 } };
  await ingest([first]);
  const [again] = await ingest([{ ...first, content: { bytes: Buffer.from('Words.'), name: 'b.md' } }]);
  assert.deepEqual([again?.unchanged, again?.replaced, again?.passages, again?.id], [true, false, 1, 'id of a.md']);
  assert.equal(diary.parsed, 1);
  const others = [
    { ...first, content: text('Other words.') },
    { ...first, content: { text: 'Other words.', format: 'text' as const } },
    { ...first, title: 'Other' },
    { ...first, title: undefined },
    { ...first, metadata: { a: 2 } },
  ];
  for (const other of others) {
    const [changed] = await ingest([other]);
    assert.deepEqual([changed?.unchanged, changed?.replaced], [false, true]);
  }
  assert.equal(diary.parsed, 1 + others.length);
});

test('a charset makes a difference only to texts that need it', async () => {
  const { ingest, stored } = open();
  const ingestAs = async (bytes: Buffer, charset?: string, source = 'a.txt') => {
    const [written] = await ingest([{ ...fixed, source, content: { bytes, charset } }]);
    return [written?.unchanged, stored.get(source)?.text];
  };
  const utf8 = Buffer.from('Größe.');
  assert.deepEqual(await ingestAs(utf8), [false, 'Größe.']);
  assert.deepEqual(await ingestAs(utf8, 'windows-1252'), [true, 'Größe.']);
  const other = Buffer.from('Gr\xf6\xdfe.', 'latin1');
  assert.deepEqual(await ingestAs(other, 'windows-1252', 'b.txt'), [false, 'Größe.']);
  assert.deepEqual(await ingestAs(other, 'windows-1252', 'b.txt'), [true, 'Größe.']);
  assert.deepEqual(await ingestAs(other, 'windows-1251', 'b.txt'), [false, 'GrцЯe.']);
});

test('several documents are stored all together or not at all; when one fails, reading of the others is aborted', async () => {
  const { ingest, stored, diary } = open();
  const good = { ...fixed, content: text('Good words.') };
  const slow = { ...fixed, source: 'slow.md', content: { bytes: Buffer.from('Slow.') } };
  const empty = { ...fixed, source: 'after-slow.md', content: text(' ') };
  await assert.rejects(ingest([good, slow, empty]), { code: 'BAD_DOCUMENT' });
  assert.deepEqual([stored.size, diary.puts, diary.embedded.length, diary.aborted], [0, 0, 0, 1]);
  await assert.rejects(ingest([good, { ...fixed, source: 'a.exe', content: { bytes: Buffer.from('x') } }]), {
    code: 'UNSUPPORTED_FORMAT',
  });
  assert.equal(stored.size, 0);
  const both = await ingest([good, { ...good, source: 'b.md' }]);
  assert.deepEqual(
    both.map(({ source }) => source),
    ['a.md', 'b.md'],
  );
});

test('aborting during reading ends the reading, and nothing is stored', async () => {
  const { ingest, stored, diary } = open();
  const controller = new AbortController();
  const reason = new Error('gone');
  const ingesting = ingest([{ ...fixed, source: 'slow.md', content: { bytes: Buffer.from('Slow.') } }], {
    signal: controller.signal,
  });
  setImmediate(() => controller.abort(reason));
  await assert.rejects(ingesting, reason);
  assert.deepEqual([stored.size, diary.puts], [0, 0]);
});

test('aborting after everything was embedded stores nothing', async () => {
  const leaving = new AbortController();
  const { ingest, diary } = open({ onEmbedded: () => leaving.abort(new Error('left')) });
  await assert.rejects(ingest([{ ...fixed, content: text('Some words.') }], { signal: leaving.signal }), /left/);
  assert.deepEqual([diary.embedded.length, diary.puts], [1, 0]);
});

test('vectors of different lengths within one document are refused, and nothing is stored', async () => {
  let calls = 0;
  const { ingest, stored } = open({ dimension: () => 3 + (calls++ > 80 ? 1 : 0), chunkSizeTokens: 20 });
  const words = Array.from({ length: 200 }, (_, index) => `Sentence number ${index} ends here.`).join(' ');
  await assert.rejects(ingest([{ ...fixed, content: text(words) }]), { code: 'MODEL_BAD_OUTPUT' });
  assert.equal(stored.size, 0);
});

test('documents whose windows would take up too much memory together are refused, as few are embedded as can be', async () => {
  const window = { start: 0, end: 1, headingPath: [] };
  const passage = { start: 0, end: 1, headingPath: [], windows: Array.from({ length: 1_000 }, () => window) };
  const under = (heading: string) => ({
    ...passage,
    windows: passage.windows.map((each) => ({ ...each, headingPath: [heading] })),
  });
  let embedded = 0;
  const openWith = (passages: number, dimension: number, heading?: string) =>
    createIngest({
      knowledge: { findSource: async () => null, put: async () => assert.fail('nothing may be stored') },
      parser: {
        parse: async () => ({
          loaded: { format: 'text', title: null, text: 'a' },
          passages: Array.from({ length: passages }, () => (heading === undefined ? passage : under(heading))),
        }),
      },
      embeddings: {
        async embedDocuments(texts) {
          embedded += texts.length;
          return texts.map(() => new Array(dimension).fill(1));
        },
      },
      chunkSizeTokens: 60,
      chunkOverlapTokens: 0,
    });
  const files = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ collection: 'default', source: `${at}.txt`, content: text('a') }));
  const refusal = { code: 'TOO_LARGE', message: /^There are too many sentences or rows to be stored at once/ };
  await assert.rejects(openWith(701, 3)(files(1)), refusal);
  await assert.rejects(openWith(8, 3)(files(90)), refusal);
  await assert.rejects(openWith(2, 3, 'a'.repeat(70_000))(files(1)), refusal);
  assert.equal(embedded, 0);
  await assert.rejects(openWith(9, 2 ** 15)(files(1)), refusal);
  assert.ok(embedded <= 4 * 64, `${embedded} were embedded`);
});
