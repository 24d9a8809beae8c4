import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../../src/errors.ts';
import { layOutPage } from '../../src/ingest/formats/pdf-layout.ts';
import { withoutRunningLines } from '../../src/ingest/formats/running-lines.ts';
import { loadDocument } from '../../src/ingest/load.ts';
import type { LoadedDocument } from '../../src/ingest/loaded-document.ts';
import { makeDocx, paragraph, table } from './formats/make-docx.ts';
import { makeEpub } from './formats/make-epub.ts';
import { makePdf } from './formats/make-pdf.ts';

/** Asserts that spans lie within the text, in order and without overlap, that headings hold words, and that breaks are in order. */
function assertExact({ text, headings, blocks, breaks }: LoadedDocument) {
  assert.ok(text.isWellFormed() && !text.includes('\0'));
  for (const spans of [headings, blocks]) {
    let end = 0;
    for (const span of spans) {
      assert.ok(span.start >= end && span.end > span.start && span.end <= text.length);
      end = span.end;
    }
  }
  for (const { level, text: words } of headings) assert.ok(level >= 1 && level <= 6 && words.trim() !== '');
  for (const [index, at] of breaks.entries()) assert.ok(at <= text.length && at >= (breaks[index - 1] ?? 0));
}

/** Asserts that the bytes are loaded, or refused with an error of ours, and nothing else. */
async function loadOrRefuse(bytes: Uint8Array, name: string) {
  try {
    assertExact(await loadDocument({ bytes, name }));
  } catch (error) {
    assert.ok(error instanceof AppError, `${name}: ${(error as Error).stack}`);
  }
}

const words = fc.array(fc.constantFrom('Alder', 'wood', '1904.', 'é', '👍', '-', '&amp;', '\u00ad', '‮', ' '), {
  maxLength: 12,
});
const line = words.map((each) => each.join(' '));

const wholes: Record<string, Uint8Array> = {
  'a.pdf': makePdf([
    [
      { text: 'Alder wood is light.', y: 700 },
      { text: 'It floats.', y: 680 },
    ],
    [{ text: 'Oak.', y: 700 }],
  ]),
  'a.docx': makeDocx(paragraph('Alder', 'Heading1') + paragraph('Its wood is light.') + table([['a', 'b']])),
  'a.epub': makeEpub(['<h1>Alder</h1><p>Its wood is light.</p>', '<p>Oak.</p>']),
};
for (const [name, whole] of Object.entries(wholes))
  test(`${name.slice(2)}: a file with bytes flipped, cut off or added is loaded, or refused with an error of ours`, async () => {
    await loadOrRefuse(whole, name);
    const damage = fc.record({
      flips: fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })), { maxLength: 6 }),
      cut: fc.option(fc.nat(whole.length)),
      tail: fc.uint8Array({ maxLength: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ flips, cut, tail }) => {
        const bytes = Buffer.concat([whole, tail]);
        for (const [at, bits] of flips) bytes[at]! ^= bits;
        await loadOrRefuse(cut === null ? bytes : bytes.subarray(0, cut), name);
      }),
      { numRuns: 150, seed: 7 },
    );
  });

test('docx and epub: whatever they contain, headings, blocks and breaks lie where the text has them', async () => {
  const markup = fc.constantFrom(
    '<p>',
    '</p>',
    '<h2>',
    '</h2>',
    '<ul><li>',
    '</li></ul>',
    '<table><tr><td>',
    '</td></tr></table>',
    '<br/>',
    '<pre>',
    '</pre>',
  );
  const html = fc.array(fc.oneof(line, markup), { maxLength: 20 }).map((parts) => parts.join(''));
  const block = fc.oneof(
    fc
      .tuple(line, fc.constantFrom(undefined, 'Heading1', 'Heading6', 'Title', 'ListParagraph'))
      .map(([text, style]) => paragraph(text, style)),
    fc.array(fc.array(line, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }).map(table),
  );
  await fc.assert(
    fc.asyncProperty(html, fc.array(block, { maxLength: 8 }), async (chapter, blocks) => {
      await loadOrRefuse(makeEpub([chapter, `<p>${chapter}</p>`]), 'a.epub');
      await loadOrRefuse(makeDocx(blocks.join('')), 'a.docx');
    }),
    { numRuns: 100, seed: 7 },
  );
});

test('laying out a PDF page loses no letter and invents none, wherever its pieces stand', () => {
  const number = fc.oneof(fc.double({ min: -2000, max: 2000, noNaN: true }), fc.constantFrom(0, 72, 700, Number.NaN));
  const item = fc.record({
    str: fc.constantFrom('Alder', 'wood', ' ', '', 'light.', '–', '1904', 'é', '👍'),
    transform: fc.tuple(number, number, number, number, number, number),
    width: number,
    height: number,
    hasEOL: fc.boolean(),
  });
  // The layout puts bars between cells, and writes raised digits as such: neither counts as a letter lost or added.
  const letters = (text: string) => text.normalize('NFKC').replace(/[\s|]/g, '').replace(/[−–]/g, '-');
  fc.assert(
    fc.property(fc.array(item, { maxLength: 30 }), (some) => {
      // No two alike, since text that is drawn twice at one place is read once.
      const items = some.map((each, index) => (each.str.trim() === '' ? each : { ...each, str: each.str + index }));
      assert.equal(letters(layOutPage(items)), letters(items.map(({ str }) => str).join('')));
    }),
    { seed: 7 },
  );
});

test('removing running headers and footers leaves part of each page as it stood, and removes no page', () => {
  const page = fc.array(fc.constantFrom('Page 1', 'Page 2', 'xiv', 'The book', 'Alder is light.', ''), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(fc.array(page, { maxLength: 6 }), (pages) => {
      const given = pages.map((each) => each.join('\n\n'));
      const left = withoutRunningLines(given);
      assert.equal(left.length, given.length);
      for (const [index, text] of left.entries()) assert.ok(given[index]!.includes(text), `${text} in ${given[index]}`);
    }),
    { seed: 7 },
  );
});
