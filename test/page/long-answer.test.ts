import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noBrowser } from '../doubles/browser.ts';
import { article, ask, judged, openOnArticle, verdictIsThere } from '../doubles/page.ts';

const { partsOf, splitSentences } = await import(new URL('../../src/page/link-sentences.js', import.meta.url).href);
const { drawnText } = await import(new URL('../../src/page/drawn-text.js', import.meta.url).href);

/** Pieces of a text that count how often they are looked at. */
function countedPieces(texts: string[]) {
  let looks = 0;
  const pieces = texts.map((text) => ({
    get length() {
      looks += 1;
      return text.length;
    },
  }));
  return { pieces, looks: () => looks };
}

test('each sentence of an answer is found in the pieces of text that hold it', () => {
  const texts = ['It was ', 'lit in ', '1862', '. Ida Moss', ' kept it. It is', '', ' high. '];
  const parts: { sentence: number; from: number; to: number; isLast: boolean }[][] = partsOf(
    texts,
    splitSentences(texts.join('')),
  );
  const said: string[] = [];
  for (const [index, own] of parts.entries())
    for (const { sentence, from, to, isLast } of own)
      said[sentence] = `${said[sentence] ?? ''}${texts[index]!.slice(from, to)}${isLast ? '|' : ''}`;
  assert.deepEqual(said, ['It was lit in 1862.|', 'Ida Moss kept it.|', 'It is high.|']);
});

test('the sentences of an answer in many pieces are found in steps that grow as it does', () => {
  const looksAt = (lines: number) => {
    const texts = Array.from({ length: lines }, () => ['It was ', 'lit', '. ']).flat();
    const { pieces, looks } = countedPieces(texts);
    partsOf(pieces, splitSentences(texts.join('')));
    return looks();
  };
  assert.ok(looksAt(2_000) <= 2 * looksAt(1_000), `${looksAt(1_000)} looks, then ${looksAt(2_000)}`);
});

test('what is drawn of an answer while it arrives grows as it does, and of a runaway one has a bound', () => {
  const drawnOf = (length: number, wantsAll: boolean) => {
    const text = 'word'.repeat(length / 4);
    let [before, drawn] = ['', 0];
    for (let arrived = 4; arrived <= length; arrived += 4) {
      const next = drawnText(text.slice(0, arrived), { before, isGrowing: true, wantsAll });
      if (next !== before) drawn += next.length;
      before = next;
    }
    return { drawn, before };
  };
  const [short, long, runaway] = [drawnOf(4_000, false), drawnOf(40_000, false), drawnOf(400_000, false)];
  assert.equal(short.before.length, 4_000, 'a short one is drawn with each piece');
  assert.ok(long.before.length > 37_000, 'of a long one nearly all is always there');
  assert.ok(long.drawn - short.drawn < 20 * 40_000, `${long.drawn} characters`);
  assert.ok(runaway.drawn - short.drawn < 20 * 50_000, `${runaway.drawn} characters`);
  assert.ok(drawnOf(400_000, true).drawn - short.drawn < 20 * 400_000);
  const whole = 'word'.repeat(100_000);
  assert.equal(drawnText(whole, { before: '', isGrowing: false, wantsAll: true }), whole);
  const signs = `x${'🗼'.repeat(50_000)}`;
  assert.ok(drawnText(signs, { before: '', isGrowing: false, wantsAll: false }).isWellFormed());
});

test('a part of a runaway answer is shown with its evidence, and all of it if it is wanted', {
  skip: noBrowser,
}, async (t) => {
  const { openai, page, complaints } = await openOnArticle(t);
  openai.chat(`${'It is **high**, they say. '.repeat(4_000)}\n\n${article}`, judged());
  await ask(page, 'When was the tower rebuilt?');
  await verdictIsThere(page);
  await page.locator('.answer', { hasText: 'Part of a long answer.' }).waitFor();
  assert.equal(await page.locator('.cite').count(), 0);
  await page.getByRole('button', { name: 'Show all of it' }).press('Enter');
  await page.locator('.answer-text:focus').waitFor();
  assert.equal(await page.locator('.cite').count(), 1);
  assert.equal(await page.getByText('Part of a long answer.').count(), 0);
  assert.deepEqual(complaints, []);
});

test('an answer that comes faster than it can be drawn is drawn once a frame', { skip: noBrowser }, async (t) => {
  const { openai, page } = await openOnArticle(t);
  await page.locator('.start').waitFor();
  await page.evaluate(`
    globalThis.counts = { frames: 0, draws: 0 };
    const frame = () => { counts.frames += 1; requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
    new MutationObserver((changes) => { counts.draws += changes.some(({ target }) => target.matches('.answer-text')); })
      .observe(document.body, { childList: true, subtree: true });`);
  openai.chat('It is high. '.repeat(300), judged({ quotes: [] }));
  await ask(page, 'When was the tower rebuilt?');
  await verdictIsThere(page);
  const { frames, draws } = (await page.evaluate('counts')) as { frames: number; draws: number };
  // Beside the frames: when the renderer, the whole answer, and the verdict are there.
  assert.ok(draws > 1 && draws <= frames + 3, `${draws} times in ${frames} frames`);
});
