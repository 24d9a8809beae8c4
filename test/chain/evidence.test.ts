import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findEvidence } from '../../src/chain/evidence.ts';

const passage = (text: string, start = 0, id = 'p') => ({
  id,
  documentId: 'd',
  source: 's.md',
  title: 'S',
  text,
  start,
  end: start + text.length,
  score: 1,
  rank: 1,
});

test('a quotation is found word for word, with its place in the document', () => {
  const [found] = findEvidence(['type 2'], [passage('noise of type 2 is weak', 100)]);
  assert.deepEqual(found, { quote: 'type 2', passageId: 'p', start: 109, end: 115 });
});

test('a quotation may differ from the passage in white space only, and what is shown is the passage’s own text', () => {
  const [found] = findEvidence(['weak  noise'], [passage('a weak\nnoise')]);
  assert.equal(found?.quote, 'weak\nnoise');
});

test('a quotation is found in either Unicode form of its accents, and across soft hyphens', () => {
  const [nfc, nfd] = ['un résumé à Zürich', 'un re\u0301sume\u0301 a\u0300 Zu\u0308rich'];
  assert.equal(findEvidence([nfd], [passage(nfc)])[0]?.quote, nfc);
  assert.equal(findEvidence([nfc], [passage(nfd)])[0]?.quote, nfd);
  const hyphenated = 'a war\u00adran\u00adty of two years';
  assert.deepEqual(findEvidence(['warranty of'], [passage(hyphenated, 10)]), [
    { quote: 'war\u00adran\u00adty of', passageId: 'p', start: 12, end: 25 },
  ]);
  assert.equal(findEvidence(['war\u00adranty'], [passage('warranty')])[0]?.quote, 'warranty');
});

test('soft hyphens between the words of a quotation are ignored, and cost no time', () => {
  const hyphens = ' \u00ad'.repeat(40);
  const spaces = ' '.repeat(2_000);
  assert.deepEqual(findEvidence([`weak${hyphens} noise of`], [passage(`weak${spaces}sound`)]), []);
  assert.equal(findEvidence([`\u00ad weak${hyphens} noise`], [passage('a weak noise')])[0]?.quote, 'weak noise');
});

test('a quotation with another word, another case or none at all is dropped', () => {
  assert.deepEqual(findEvidence(['strong noise', 'Weak', '', 'a', '.*'], [passage('weak noise')]), []);
});

test('whatever is quoted, what comes back is a slice of its document', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.nat(200),
      fc.nat(60),
      fc.nat(1000),
      (text, from, length, start) => {
        const given = passage(text, start);
        for (const { quote, start: at, end } of findEvidence([text.slice(from, from + length), text], [given])) {
          assert.equal(text.slice(at - start, end - start), quote);
          assert.ok(quote.trim() === quote && quote !== '');
        }
      },
    ),
  );
});
