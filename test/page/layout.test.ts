import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { assertNoSidewaysScroll, keepPicture, narrow, noBrowser, openBrowser, openPage } from '../doubles/browser.ts';
import { ask, link, openOnArticle, verdictIsThere } from '../doubles/page.ts';
import { startService } from '../doubles/service.ts';

const skip = noBrowser;
const verdict = (quote: string) =>
  JSON.stringify({ quotes: [quote], reason: 'unbroken'.repeat(40), verdict: 'Correct', score: 0.97 });
const styleOf = (page: Page, selector: string, property: string) =>
  page.evaluate(`getComputedStyle(document.querySelector('${selector}')).${property}`);
/** Fails where an element sticks out on the right of the one that holds it. */
async function assertWithin(page: Page, inner: string, outer: string) {
  const [one, other] = await Promise.all([inner, outer].map((each) => page.locator(each).first().boundingBox()));
  assert.ok(one!.x + one!.width <= other!.x + other!.width, `${inner} in ${outer}`);
}
const heightOf = async (page: Page, selector: string) => (await page.locator(selector).first().boundingBox())!.height;

test('long words, names, titles and questions make no view scroll sideways, and leave room for the content', {
  skip,
}, async (t) => {
  const { url, openai, add, call } = await startService(t);
  const word = 'unbroken'.repeat(55);
  await add(`${'x'.repeat(600)}.md`, `# ${word}\n\nThe tower ${word} was rebuilt in 1904.`);
  await add(`${'deep name/'.repeat(60)}log.md`, 'The tower was rebuilt.', {
    title: 'A long title of towers '.repeat(20).trim(),
  });
  for (let number = 0; number < 60; number += 1)
    await call('PUT', `/collections/${'team-of-many-names-'.repeat(3)}${number}`);
  const browser = await openBrowser(t);
  for (const viewport of [narrow, { width: 1280, height: 800 }]) {
    const { page, complaints } = await openPage(browser, { viewport });
    await page.goto(url);
    openai.chat(`The tower was rebuilt. ${word}`, verdict('The tower was rebuilt.'));
    await page.fill(
      '#question',
      `Was the tower rebuilt? ${'Was it really rebuilt? '.repeat(150)}${word}`.slice(0, 3990),
    );
    await page.press('#question', 'Enter');
    await verdictIsThere(page);
    await assertNoSidewaysScroll(page);
    assert.ok((await heightOf(page, '.asked')) < 120, 'of a long question, some lines');
    assert.ok((await heightOf(page, '.passage-head')) < 160, 'of a long title and source, some lines');
    const opener = page
      .locator('.passage', { hasText: 'A long title' })
      .getByRole('button', { name: /^Open in document/ });
    await opener.click();
    await page.locator('dialog', { hasText: 'The tower was rebuilt.' }).waitFor();
    assert.ok((await heightOf(page, '.sheet-body')) > viewport.height / 2, 'the text has most of the dialog');
    await page.keyboard.press('Escape');
    for (const [view, drawn] of [
      ['Documents', '.document-row'],
      ['Search', '.search'],
      ['History', '.past li'],
    ] as const) {
      await page.getByRole('link', { name: view, exact: true }).click();
      await page.locator(drawn).first().waitFor();
      await assertNoSidewaysScroll(page);
    }
    await page
      .getByLabel('Question or words')
      .or(page.getByRole('link', { name: 'Documents', exact: true }))
      .first()
      .click();
    await page.locator('.document-row').first().waitFor();
    // However many collections there are, the documents begin within the first screen.
    const top = (await page.locator('.drop').boundingBox())!.y;
    assert.ok(top < viewport.height, `what adds documents begins at ${top} px`);
    const blank = await page.evaluate(
      'document.documentElement.scrollHeight - Math.max(innerHeight, scrollY + main.getBoundingClientRect().bottom)',
    );
    assert.ok(Number(blank) < 2, `${blank} px of nothing below the documents`);
    // The chosen one is in sight, wherever it is in the list.
    await page.getByLabel('Name of a new collection').fill('zinc');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.locator('h1', { hasText: 'zinc' }).waitFor();
    await page.reload();
    await page.locator('.chosen', { hasText: 'zinc' }).waitFor();
    const isInSight = await page.evaluate(`(() => {
      const [list, chosen] = ['.collections ul', '.chosen'].map((each) => document.querySelector(each).getBoundingClientRect());
      return chosen.top >= list.top && chosen.bottom <= list.bottom + 1;
    })()`);
    assert.ok(isInSight);
    await call('DELETE', '/collections/zinc');
    assert.deepEqual(complaints, []);
    await page.context().close();
  }
});

test('in a window of little height, as at four times the size, the text of a document has most of it', {
  skip,
}, async (t) => {
  const { page, add, complaints } = await openOnArticle(t, { window: { viewport: { width: 340, height: 212 } } });
  await add(`${'deep name/'.repeat(30)}log.md`, 'A leaf.', { title: 'A long title of leaves '.repeat(9).trim() });
  await page.reload();
  await page.getByRole('button', { name: 'A long title' }).click();
  await page.locator('dialog', { hasText: 'A leaf.' }).waitFor();
  assert.ok((await heightOf(page, '.sheet-body')) > 106);
  assert.deepEqual(complaints, []);
});

test('names of documents stand close together, and a passage’s rank on one line with the way to its document', {
  skip,
}, async (t) => {
  const { url, openai, add } = await startService(t);
  await add('tower.md', 'The tower was rebuilt in 1904.', { title: 'Making a tower of granite from the north quarry' });
  await add('lamp.md', 'The lamp of the tower burned whale oil.', { title: 'The lamp' });
  const { page } = await openPage(await openBrowser(t), { viewport: { width: 1200, height: 800 } });
  await page.goto(url);
  await page.locator('.named li').nth(1).waitFor();
  const widths = '[...document.querySelectorAll(".named li")].map((li) => li.offsetWidth - li.firstChild.offsetWidth)';
  assert.deepEqual(await page.evaluate(widths), [0, 0]);
  openai.chat('The tower was rebuilt in 1904.', verdict('The tower was rebuilt in 1904.'));
  await ask(page, 'When was the tower rebuilt?');
  await verdictIsThere(page);
  const assertOnOneLine = async (text: string) => {
    const foot = page.locator('.passage-foot', { hasText: text });
    const rank = (await foot.locator('.grow').boundingBox())!;
    const opener = (await foot.getByRole('button', { name: /^Open in document/ }).boundingBox())!;
    assert.ok(opener.x >= rank.x + rank.width && opener.y < rank.y + rank.height, JSON.stringify({ rank, opener }));
  };
  await assertOnOneLine('Rank 2, relevance');
  await page.setViewportSize(narrow);
  await assertOnOneLine('Rank 1');
});

test('at 320 px, as at four times the size, the collection’s name and that of a pasted document have room', {
  skip,
}, async (t) => {
  const { url, add } = await startService(t);
  await add('log.md', 'The tower was rebuilt in 1904.');
  const { page } = await openPage(await openBrowser(t), { viewport: { width: 320, height: 640 } });
  await page.goto(`${url}/#/documents`);
  await page.locator('.paste summary').click();
  const name = (await page.getByLabel('Name', { exact: true }).boundingBox())!;
  assert.ok(name.width > 150, `${name.width} px for the name`);
  await assertNoSidewaysScroll(page);
  await page.getByRole('link', { name: 'Ask', exact: true }).click();
  const collection = (await page.locator('.picker select').boundingBox())!;
  assert.ok(collection.width > 80, `${collection.width} px for the collection`);
  await assertNoSidewaysScroll(page);
});

test('lines and quiet text are as dark as the rest for those who want more contrast', { skip }, async (t) => {
  const { url } = await startService(t);
  const { page } = await openPage(await openBrowser(t));
  await page.emulateMedia({ contrast: 'more' });
  await page.goto(url);
  await page.locator('.picker').waitFor();
  assert.equal(await styleOf(page, '.picker', 'color'), await styleOf(page, 'body', 'color'));
  assert.equal(await styleOf(page, '.picker select', 'borderTopColor'), await styleOf(page, 'body', 'color'));
});

test('right-to-left text is laid out from the right', { skip }, async (t) => {
  const { url, openai, add } = await startService(t);
  const arabic = 'أعيد بناء البرج في عام 1904 (Ida Moss).';
  await add('arabic.md', `# منارة\n\n${arabic}`);
  const { page } = await openPage(await openBrowser(t), { viewport: narrow });
  await page.goto(url);
  openai.chat(`${arabic}\n\n- واحد`, verdict(arabic));
  await ask(page, 'متى أعيد بناء البرج؟');
  await page.locator('.answer-text:not(.plain) li').waitFor();
  await verdictIsThere(page);
  await keepPicture(page, 'narrow-18-right-to-left');
  for (const selector of ['.asked', '.answer-text p', '.answer-text li', '.passage-text', '#question'])
    assert.equal(await styleOf(page, selector, 'unicodeBidi'), 'plaintext', selector);
  assert.equal(await styleOf(page, '.answer-text ul', 'direction'), 'rtl');
  // Screen readers are not told that documents and answers are in the page's language.
  for (const selector of ['.asked', '.answer-text', '.passage-text', '.title'])
    assert.equal(await page.locator(selector).first().getAttribute('lang'), '', selector);
  await page.getByRole('button', { name: /^Open in document/ }).click();
  // An Arabic name would otherwise mix with the words beside it.
  assert.equal(await page.locator('dialog header bdi').textContent(), 'arabic.md');
});

test('the page works with text at twice its size, in print, and with the system’s own colours', { skip }, async (t) => {
  const { url, openai, add } = await startService(t);
  const article = 'The tower was rebuilt in 1904.';
  await add('log.md', `# Lighthouse log\n\n${article}\n\n${'Snow lies on the quarry.\n\n'.repeat(100)}`);
  const { page, complaints } = await openPage(await openBrowser(t), { viewport: narrow });
  const session = await page.context().newCDPSession(page);
  await session.send('Page.setFontSizes', { fontSizes: { standard: 32 } });
  await page.goto(url);
  await page.locator('.named').waitFor();
  assert.equal(await styleOf(page, 'body', 'fontSize'), '32px');
  await assertNoSidewaysScroll(page);
  openai.chat(article, verdict(article).replace('"Correct"', '"Incorrect"').replace('0.97', '0.1'));
  await ask(page, 'When was the tower rebuilt?');
  await page.locator('.cite').click();
  await assertNoSidewaysScroll(page);
  await assertWithin(page, '.verdict .word', '.verdict');
  for (const view of ['Documents', 'Search', 'Reports', 'History']) {
    await page.getByRole('link', { name: view, exact: true }).click();
    await page.locator('h1', { hasText: view === 'Reports' ? 'Evaluation' : view }).waitFor();
    await assertNoSidewaysScroll(page);
  }
  // Words are not set letter by letter, and nothing sticks out.
  assert.ok((await heightOf(page, '.past .score')) < 60, 'the score stands on one line');
  await assertWithin(page, '.past time', '.past');
  await page.locator('.past a').click();
  await page.locator('.happened > summary').click();
  assert.ok((await heightOf(page, '.step-name')) < 60, 'the name of a step stands on one line');
  await link(page, 'Documents').click();
  const name = (await page.getByLabel('Name of a new collection').boundingBox())!;
  assert.ok(name.width > 200, `${name.width} px for the name of a collection`);
  await link(page, 'History').click();
  await session.send('Page.setFontSizes', { fontSizes: { standard: 16 } });
  await page.locator('.past a').click();
  await page.locator('.cite').click();

  // Under a system's forced colours, marked text still stands out and can be read.
  await page.emulateMedia({ forcedColors: 'active', colorScheme: 'dark' });
  const colours = [
    await styleOf(page, 'mark.current', 'backgroundColor'),
    await styleOf(page, 'mark.current', 'color'),
  ];
  assert.deepEqual(colours, ['rgb(255, 255, 0)', 'rgb(0, 0, 0)']);
  await page.emulateMedia({ forcedColors: null, colorScheme: null });

  await page.emulateMedia({ media: 'print' });
  for (const part of ['.top', '.composer', '.copy']) assert.ok(!(await page.locator(part).isVisible()), part);
  for (const part of ['.asked', '.answer-text', '.verdict', '.passage-text'])
    assert.ok(await page.locator(part).first().isVisible(), part);
  await page.emulateMedia({ media: null });
  await page
    .getByRole('button', { name: /^Open in document/ })
    .first()
    .click();
  await page.locator('dialog', { hasText: 'Snow lies' }).waitFor();
  await page.emulateMedia({ media: 'print' });
  assert.ok((await heightOf(page, 'dialog')) > 3000, 'all of a document is on paper');
  assert.deepEqual(complaints, []);
});

test('on paper nothing of an answer is cut off, what is put into it is told from it, and passages found say for what', {
  skip,
}, async (t) => {
  const { page, openai, complaints } = await openOnArticle(t);
  const cells = (text: string) => `|${`${text}|`.repeat(9)}`;
  const answer = `It was rebuilt in 1904.\n\n~~It has stripes.~~ \`It has a door.\`\n\n${cells('A column')}\n${cells('---')}\n${cells('whitewashed')}\n\n\`\`\`\n${'tower '.repeat(60)}\n\`\`\``;
  openai.chat(answer, verdict('The tower was rebuilt in 1904'));
  await ask(page, 'When was the tower rebuilt?');
  await verdictIsThere(page);
  await page.locator('.answer-text:not(.plain) pre').waitFor();
  const body = await styleOf(page, 'body', 'fontFamily');
  for (const within of ['del', 'code']) {
    // A line through it, or underneath, would be drawn through a note that isn't a box.
    assert.equal(await styleOf(page, `${within} .no-evidence`, 'display'), 'inline-block');
    assert.equal(await styleOf(page, `${within} .no-evidence`, 'fontFamily'), body);
  }
  await page.getByText('What happened').click();
  await page.locator('.timeline details', { hasText: 'ask the model' }).first().locator('summary').click();
  await page.locator('.step-texts pre').first().waitFor();
  await page.emulateMedia({ media: 'print' });
  // The width of a sheet of A4 within its margins.
  await page.setViewportSize({ width: 700, height: 900 });
  for (const selector of ['.answer-text table', '.answer-text pre', '.step-texts pre'])
    assert.ok(
      await page.evaluate(
        `(({ scrollWidth, clientWidth, scrollHeight, clientHeight }) => scrollWidth <= clientWidth && scrollHeight <= clientHeight)(document.querySelector('${selector}'))`,
      ),
      selector,
    );
  await assertNoSidewaysScroll(page);
  for (const selector of ['.cite', '.no-evidence', '.verdict']) {
    assert.equal(await styleOf(page, selector, 'borderTopStyle'), 'solid');
    assert.notEqual(await styleOf(page, selector, 'borderTopColor'), 'rgba(0, 0, 0, 0)');
  }
  await page.emulateMedia({ media: null });
  await link(page, 'Search').click();
  await page.getByLabel('Question or words').fill('tower');
  await page.keyboard.press('Enter');
  await page.locator('.passage').waitFor();
  await page.emulateMedia({ media: 'print' });
  assert.ok(await page.getByLabel('Question or words').isVisible());
  assert.ok(!(await page.getByRole('button', { name: 'Search', exact: true }).isVisible()));
  assert.deepEqual(complaints, []);
});
