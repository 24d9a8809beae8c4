import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noBrowser } from '../doubles/browser.ts';
import { article, ask, judged, openOnArticle, verdictIsThere } from '../doubles/page.ts';

const skip = noBrowser;

const selectWords = (words: string, place = '.answer-text') => `(() => {
  const walker = document.createTreeWalker(document.querySelector('${place}'), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.data.indexOf('${words}');
    if (at >= 0) return getSelection().setBaseAndExtent(node, at + ${words.length}, node, at);
  }
  throw new Error('not there');
})()`;

test('what is selected and what has the focus in an answer stays so when more of it comes, its renderer and its verdict', {
  skip,
}, async (t) => {
  const { openai, page, complaints } = await openOnArticle(t);
  const renderer = Promise.withResolvers<void>();
  await page.route('**/markdown.js', (route) => renderer.promise.then(() => route.continue()));
  await page.reload();
  const [more, judge] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  async function* tokens() {
    yield `**Yes.** [The log](https://example.org/) tells of it.\n\n${article}`;
    await more.promise;
    yield '\n\nThat is all.';
  }
  openai.chat({ content: tokens() }, { content: judged(), until: judge.promise });
  const selected = () => page.evaluate('String(getSelection())');
  await ask(page, 'When was the tower rebuilt?');
  await page.locator('.answer-text', { hasText: 'quarry' }).waitFor();
  await page.evaluate(selectWords('granite from'));
  renderer.resolve();
  await page.locator('.answer-text strong').waitFor();
  assert.equal(await selected(), 'granite from', 'drawn as Markdown');
  await page.evaluate(`link = document.querySelector('.answer-text a'); link.focus()`);
  more.resolve();
  await page.locator('.answer-text', { hasText: 'That is all.' }).waitFor();
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'The log');
  assert.ok(await page.evaluate('link.isConnected'), 'blocks that are the same are not drawn anew');
  await page.evaluate(selectWords('granite from'));
  judge.resolve();
  await verdictIsThere(page);
  await page.locator('.answer-text .cite').waitFor();
  assert.equal(await selected(), 'granite from', 'linked to its evidence');
  assert.equal(await page.evaluate('getSelection().direction'), 'backward');
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'The log');
  assert.deepEqual(complaints, []);
});

test('what is selected in a passage stays so when the verdict marks its evidence there', { skip }, async (t) => {
  const { openai, page, complaints } = await openOnArticle(t);
  const judge = Promise.withResolvers<void>();
  openai.chat('In 1904.', { content: judged({ quotes: ['rebuilt in 1904'] }), until: judge.promise });
  await ask(page, 'When was the tower rebuilt?');
  await page.locator('.passage-text', { hasText: 'quarry' }).waitFor();
  await page.evaluate(selectWords('1904 with granite', '.passage-text'));
  judge.resolve();
  await verdictIsThere(page);
  await page.locator('.passage-text mark').waitFor();
  assert.equal(await page.evaluate('String(getSelection())'), '1904 with granite');
  await page.evaluate(selectWords('with granite', '.passage-text'));
  await page.locator('.answer-text .cite').first().press('Enter');
  await page.locator('.passage-text mark.current').waitFor();
  assert.equal(await page.evaluate('String(getSelection())'), 'with granite');
  assert.deepEqual(complaints, []);
});
