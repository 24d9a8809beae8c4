import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { convert } from 'html-to-text';
import { extractText, getDocumentProxy } from 'unpdf';
import { z } from 'zod';

const root = fileURLToPath(new URL('..', import.meta.url));
const corpus = join(root, 'corpus');
const files = readdirSync(corpus).sort();

const Answerable = z.strictObject({
  id: z.string().regex(/^q\d+$/),
  question: z.string().min(1),
  expected: z.array(z.string().min(1)).min(1),
  source: z.string().min(1),
  answerable: z.literal(true),
});
const Unanswerable = z.strictObject({
  id: z.string().regex(/^q\d+$/),
  question: z.string().min(1),
  answerable: z.literal(false),
  kind: z.enum(['unrelated', 'near']),
});
const Questions = z.array(z.discriminatedUnion('answerable', [Answerable, Unanswerable]));

const questions = Questions.parse(JSON.parse(readFileSync(join(root, 'test', 'questions.json'), 'utf8')));
const answerable = questions.filter((question) => question.answerable);
const unanswerable = questions.filter((question) => !question.answerable);

/** The text of a corpus document on one line, as a reader sees it: without tags, navigation and line breaks. */
async function readDocument(file: string): Promise<string> {
  const bytes = readFileSync(join(corpus, file));
  let text = bytes.toString('utf8');
  if (extname(file) === '.html') {
    text = convert(text, { baseElements: { selectors: ['main'] }, wordwrap: false });
  } else if (extname(file) === '.pdf') {
    text = (await extractText(await getDocumentProxy(new Uint8Array(bytes)))).text.join('\n');
  }
  return text.replace(/\s+/g, ' ').trim();
}

const texts = new Map<string, string>();
for (const file of files) texts.set(file, await readDocument(file));

describe('the documents of the sample corpus', () => {
  test('are a dozen, in four formats', () => {
    assert.ok(files.length >= 12, `${files.length} documents`);
    for (const extension of ['.html', '.txt', '.pdf']) {
      assert.equal(files.filter((file) => extname(file) === extension).length, 1, extension);
    }
    assert.ok(files.every((file) => ['.md', '.html', '.txt', '.pdf'].includes(extname(file))));
  });

  for (const [file, text] of texts) {
    test(`${file} has 300 to 900 words`, () => {
      const words = text.split(' ').length;
      assert.ok(words >= 300 && words <= 900, `${words} words`);
    });
  }

  for (const file of files.filter((name) => extname(name) === '.md')) {
    test(`${file} has one title and sections`, () => {
      const lines = readFileSync(join(corpus, file), 'utf8').split('\n');
      assert.equal(lines.filter((line) => line.startsWith('# ')).length, 1);
      assert.ok(lines[0]?.startsWith('# '));
      assert.ok(lines.filter((line) => line.startsWith('## ')).length >= 2);
    });
  }
});

describe('the PDF of the sample corpus', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-pdf-'));
  after(() => rmSync(folder, { recursive: true }));

  test('is byte for byte what its script makes', () => {
    const copy = join(folder, 'mm1.pdf');
    execFileSync(process.execPath, [join(root, 'scripts', 'make-pdf.mjs'), copy]);
    assert.ok(readFileSync(copy).equals(readFileSync(join(corpus, 'mm1.pdf'))));
  });

  test('has the text of its source, on more than one page', async () => {
    const { totalPages } = await extractText(
      await getDocumentProxy(new Uint8Array(readFileSync(join(corpus, 'mm1.pdf')))),
    );
    assert.ok(totalPages > 1);
    const source = readFileSync(join(root, 'scripts', 'make-pdf', 'mm1.txt'), 'utf8');
    assert.equal(texts.get('mm1.pdf'), source.replace(/^#+ /gm, '').replace(/\s+/g, ' ').trim());
  });
});

describe('the questions about the sample corpus', () => {
  test('are at least 60, and 12 of them have no answer', () => {
    assert.ok(answerable.length >= 60, `${answerable.length} answerable`);
    assert.ok(unanswerable.length >= 12, `${unanswerable.length} unanswerable`);
    for (const kind of ['near', 'unrelated']) {
      assert.ok(unanswerable.filter((question) => question.kind === kind).length >= 6, kind);
    }
  });

  test('have unique ids and wordings', () => {
    assert.equal(new Set(questions.map((question) => question.id)).size, questions.length);
    assert.equal(new Set(questions.map((question) => question.question.toLowerCase())).size, questions.length);
  });

  test('cover every document', () => {
    const sources = new Set(answerable.flatMap((question) => question.source.split('|')));
    assert.deepEqual([...sources].sort(), files);
  });

  test('expect words that occur in their source', () => {
    for (const { id, expected, source } of answerable) {
      for (const file of source.split('|')) {
        const text = texts.get(file)?.toLowerCase() ?? '';
        for (const words of expected) {
          const found = words.split('|').some((alternative) => text.includes(alternative.toLowerCase()));
          assert.ok(found, `${id}: ${file} doesn't hold "${words}"`);
        }
      }
    }
  });
});
