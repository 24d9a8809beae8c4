// biome-ignore-all lint/performance/useDomNodeTextContent: what people see is what is tested
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { keepPicture, narrow, noBrowser } from '../doubles/browser.ts';
import { article, ask, judged, openOnArticle, verdictIsThere } from '../doubles/page.ts';

const skip = noBrowser;
const opener = (page: Page) => page.getByRole('button', { name: /^Open in document/ }).first();
const topOf = async (page: Page, selector: string) => (await page.locator(selector).boundingBox())!.y;
const isInView = (selector: string) =>
  `(({ top, bottom }) => top > 0 && bottom < innerHeight)(document.querySelector('${selector}').getBoundingClientRect())`;

/** Asks, and waits for the verdict. */
async function askOnPage(page: Page, question: string) {
  await ask(page, question);
  await verdictIsThere(page);
}

test('evidence is marked where it stands now if its document has been replaced since, and said to be gone if it is', {
  skip,
}, async (t) => {
  const { openai, add, page, complaints } = await openOnArticle(t);
  openai.chat(article, judged());
  await askOnPage(page, 'When was the tower rebuilt?');
  await add('log.md', `Ida Moss kept the light for forty years.\n\n${article}`);
  await opener(page).click();
  assert.equal(await page.locator('dialog mark').innerText(), article);
  await page.keyboard.press('Escape');
  await add('log.md', 'The tower was torn down, and nothing else is said here of what it was built with.');
  await opener(page).click();
  await page.locator('dialog .notice', { hasText: 'no longer in it' }).waitFor();
  assert.equal(await page.locator('dialog mark').count(), 0);
  await page.locator('dialog', { hasText: 'torn down' }).waitFor();
  assert.deepEqual(complaints, []);
});

test('the verdict stands above a long answer too, and leads to its reason', { skip }, async (t) => {
  const { openai, page, complaints } = await openOnArticle(t, { window: { viewport: narrow } });
  openai.chat(article, judged());
  await askOnPage(page, 'When was the tower rebuilt?');
  assert.equal(await page.locator('.phase').count(), 0, 'not above a short one');
  openai.chat(`${article} ${'Nothing supports this sentence. '.repeat(60)}`, judged());
  await askOnPage(page, 'And why was it rebuilt?');
  await page.locator('.unsupported').first().waitFor();
  const above = page.locator('.phase');
  assert.match(await above.innerText(), /^\s*Correct\s*\d+ of 100\s*Why$/);
  await keepPicture(page, 'narrow-verdict-above');
  assert.ok(await page.evaluate(isInView('.phase')));
  assert.ok(!(await page.evaluate(isInView('.verdict'))));
  await above.getByRole('button', { name: 'Why' }).click();
  assert.ok(await page.evaluate(isInView('.verdict .reason')));
  assert.deepEqual(complaints, []);
});

test('on a phone evidence can be looked up again, and “Back to the answer” leads to its sentence', {
  skip,
}, async (t) => {
  const { openai, page, complaints } = await openOnArticle(t, { window: { viewport: narrow, hasTouch: true } });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  openai.chat(`${article} ${'Nothing supports this sentence. '.repeat(60)}`, judged());
  await askOnPage(page, 'When was the tower rebuilt?');
  for (const tapped of ['.sentence[data-evidence]', '.cite', '.cite']) {
    await page.locator(tapped).tap();
    await page.locator('mark:focus').waitFor();
    assert.ok(await page.evaluate(isInView('mark')), 'the evidence');
    // Back by the button or, the second time, by scrolling.
    if (tapped === '.cite') await page.evaluate('document.activeElement.blur(), scrollTo(0, 0)');
    else {
      await page.getByRole('button', { name: 'Back to the answer' }).tap();
      await page.locator('.cite:focus').waitFor();
    }
    assert.ok(await page.evaluate(isInView('.cite')), 'the answer');
  }
  assert.ok((await topOf(page, 'mark')) > narrow.height, 'the evidence is far from the answer');
  assert.deepEqual(complaints, []);
});

test('“Back to the answer” leads to its sentence although the answer was drawn anew meanwhile', { skip }, async (t) => {
  const { openai, page, complaints } = await openOnArticle(t);
  const drawn = Promise.withResolvers<void>();
  await page.route('**/markdown.js', (route) => drawn.promise.then(() => route.continue()));
  openai.chat(`**${article}**`, judged());
  await askOnPage(page, 'When was the tower rebuilt?');
  await page.locator('.sentence[data-evidence]').click();
  await page.locator('mark:focus').waitFor();
  drawn.resolve();
  await page.locator('.answer-text strong').waitFor();
  await page.getByRole('button', { name: 'Back to the answer' }).click();
  await page.locator('.cite:focus').waitFor();
  assert.deepEqual(complaints, []);
});

test('a piece of evidence that lies within another one is found too', { skip }, async (t) => {
  const { openai, page } = await openOnArticle(t);
  openai.chat(`It was rebuilt in 1904. ${article}`, judged({ quotes: [article, 'rebuilt in 1904'] }));
  await askOnPage(page, 'When was the tower rebuilt?');
  await page.getByRole('button', { name: /^Show evidence 2:/ }).click();
  await page.locator('mark.current:focus').waitFor();
  assert.equal(await page.locator('mark').count(), 1);
  assert.match(await page.locator('mark').innerText(), /^Evidence 1, 2:\s+The tower/);
  await opener(page).click();
  assert.equal(await page.locator('dialog mark').innerText(), 'rebuilt in 1904');
});

test('the headings of an answer stand below its question’s, and its wide tables can be scrolled by keyboard', {
  skip,
}, async (t) => {
  const { openai, page, complaints } = await openOnArticle(t, { window: { viewport: narrow } });
  const cells = `|${' granite of the quarry |'.repeat(8)}`;
  openai.chat(`# Tower\n\n##### Stone\n\n${cells}\n|${' - |'.repeat(8)}\n${cells}`, judged({ quotes: [] }));
  await askOnPage(page, 'When was the tower rebuilt?');
  const headings = page.locator('.answer-text :is(h1, h2, h3, h4, h5, h6)');
  await headings.first().waitFor();
  assert.deepEqual(await headings.evaluateAll((all) => all.map(({ tagName }) => tagName)), ['H3', 'H6']);
  const below = await page.evaluate(`getComputedStyle(document.querySelector('.answer-text h6')).marginBottom`);
  assert.equal(below, '0px', 'a heading stands close to what it is about');
  const table = page.getByRole('table', { name: 'Table' });
  await table.focus();
  assert.ok(await page.evaluate('document.activeElement.scrollWidth > document.activeElement.clientWidth'));
  const cell = (await page.locator('.answer-text td').first().boundingBox())!;
  assert.ok(cell.height < 3 * 30, `the words of a cell stay whole: ${cell.height} px for three`);
  assert.deepEqual(complaints, []);
});

test('evidence of a sentence that is a link is shown, and the link not followed', { skip }, async (t) => {
  const { openai, page, complaints } = await openOnArticle(t);
  openai.chat('- [The tower was rebuilt in 1904](https://example.org/)', judged());
  await askOnPage(page, 'When was the tower rebuilt?');
  await page.locator('.answer-text li .cite').click();
  await page.locator('mark.current:focus').waitFor();
  assert.equal(page.context().pages().length, 1);
  assert.deepEqual(complaints, []);
});

test('a year at the beginning of an answer stays a year, lists keep their numbers, tasks their ticks, and tables their columns', {
  skip,
}, async (t) => {
  const { openai, page, complaints } = await openOnArticle(t);
  const drawn = async (answer: string) => {
    openai.chat(answer, judged());
    await askOnPage(page, 'When was the tower rebuilt?');
    await page.locator('.verdict .word').waitFor();
    const text = await page.locator('.answer-text').innerText();
    await page.getByRole('link', { name: 'Ask', exact: true }).click();
    await page.locator('.start').waitFor();
    return text;
  };
  assert.match(await drawn('1904.'), /^1904\./);
  assert.match(await drawn('7.'), /^7\./);
  assert.match(await drawn('1904. With granite from the north quarry.'), /^1904\. With granite/);
  const tasks = await drawn('- [x] Rebuild\n- [ ] Paint\n\nIt needs H~2~O.');
  assert.match(tasks, /☑ Rebuild[\s\S]*☐ Paint[\s\S]*H~2~O/);

  openai.chat('1. Rebuild:\n\n```\ngranite\n```\n\n2. Paint\n\n| Year | Metres |\n|---|--:|\n| 1904 | 31 |', judged());
  await askOnPage(page, 'When was the tower rebuilt?');
  await page.locator('.verdict .word').waitFor();
  assert.equal(await page.locator('.answer-text ol').nth(1).getAttribute('start'), '2');
  assert.equal(await page.locator('.answer-text td').nth(1).getAttribute('align'), 'right');
  assert.deepEqual(complaints, []);
});

test('text that is selected and copied is the answer’s or the document’s alone, without the marks between', {
  skip,
}, async (t) => {
  const { openai, page } = await openOnArticle(t, { window: { permissions: ['clipboard-read', 'clipboard-write'] } });
  const answer = 'It has stripes. It was rebuilt in 1904. It is haunted by two cats.';
  openai.chat(answer, judged({ quotes: ['The tower was rebuilt in 1904'] }));
  await askOnPage(page, 'When was the tower rebuilt?');
  await page.locator('.no-evidence').first().waitFor();
  const copied = async (selector: string) => {
    await page.evaluate(`getSelection().selectAllChildren(document.querySelector('${selector}'))`);
    await page.keyboard.press('Control+c');
    return ((await page.evaluate('navigator.clipboard.readText()')) as string).trim();
  };
  assert.equal(await copied('.answer-text'), answer);
  assert.equal(await copied('.passage-text'), article);
});

test('marks that make letters run backwards do not make evidence, answers, titles or file names look otherwise than they are', {
  skip,
}, async (t) => {
  const { openai, add, page, complaints } = await openOnArticle(t);
  const back = '\u202e';
  const said = `The dam ${back}was built in 1911\u202c with granite.`;
  const shown = 'The dam was built in 1911\u202c with granite.';
  await add(`dam${back}fdp.md`, said, { title: `Dam ${back}safe` });
  openai.chat(said, judged({ quotes: [said], reason: `It ${back}says so.` }));
  await askOnPage(page, 'When was the dam built?');
  await page.locator('.sentence').first().waitFor();
  assert.equal(await page.locator('.sentence').first().textContent(), shown);
  assert.equal(await page.locator('mark').evaluate((mark) => mark.childNodes[1]!.textContent), shown);
  const texts = async () => (await page.locator('body').textContent())!.replaceAll('\u202c', '');
  assert.match(await texts(), /Dam safe/);
  assert.doesNotMatch(await texts(), /\u202e/);
  await opener(page).click();
  await page.locator('dialog mark', { hasText: 'The dam was built in 1911' }).waitFor();
  assert.doesNotMatch(await texts(), /\u202e/);
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Documents', exact: true }).click();
  await page.locator('.document-row', { hasText: 'damfdp.md' }).waitFor();
  assert.doesNotMatch(await texts(), /\u202e/);
  assert.deepEqual(complaints, []);
});
