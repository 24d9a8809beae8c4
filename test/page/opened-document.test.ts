import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { narrow, noBrowser } from '../doubles/browser.ts';
import { ask, judged, link, openOnArticle, openWithKey, verdictIsThere } from '../doubles/page.ts';

const skip = noBrowser;
const opener = (page: Page) => page.getByRole('button', { name: /^Open in document/ }).first();
const isOpen = (page: Page) => page.locator('dialog mark').waitFor();
const isClosed = (page: Page) => page.locator('dialog').waitFor({ state: 'detached' });

test('Back closes a document, as a phone’s button and gesture do, and leads on from there', { skip }, async (t) => {
  const { openai, page, url, complaints } = await openOnArticle(t, { window: { viewport: narrow } });
  await link(page, 'History').click();
  await link(page, 'Ask').click();
  openai.chat('In 1904.', judged());
  await ask(page, 'When was the tower rebuilt?');
  await verdictIsThere(page);
  const address = page.url();
  await opener(page).press('Enter');
  await isOpen(page);
  await page.goBack();
  await isClosed(page);
  await verdictIsThere(page);
  assert.equal(page.url(), address);
  await page.locator('.passage-foot button:focus').waitFor();

  await page.goForward();
  await isOpen(page);
  await page.reload();
  await isOpen(page);
  await page.getByRole('button', { name: 'Close the document' }).click();
  await isClosed(page);
  await verdictIsThere(page);
  // Closing leaves no step behind on which Back would do nothing.
  await opener(page).click();
  await isOpen(page);
  await page.keyboard.press('Escape');
  await isClosed(page);
  await page.goBack();
  await page.locator('h1', { hasText: 'History' }).waitFor();
  assert.equal(page.url(), `${url}/#/history`);
  assert.deepEqual(complaints, []);
});

test('Back closes a document that was opened over an answer not yet judged, and the answer has its address then', {
  skip,
}, async (t) => {
  const { openai, page, complaints } = await openOnArticle(t);
  const judge = Promise.withResolvers<void>();
  openai.chat('In 1904.', { content: judged(), until: judge.promise });
  await ask(page, 'When was the tower rebuilt?');
  await page.getByText('Judging the answer …').first().waitFor();
  await opener(page).click();
  await isOpen(page);
  judge.resolve();
  await verdictIsThere(page);
  await page.goBack();
  await isClosed(page);
  await page.waitForURL(/#\/asks\/ask_/);
  await page.reload();
  await verdictIsThere(page);
  assert.equal(await page.locator('dialog').count(), 0);
  assert.deepEqual(complaints, []);
});

test('once the key is forgotten, Forward leads to no document', { skip }, async (t) => {
  const { page, useKey, complaints } = await openWithKey(t);
  await page.getByRole('button', { name: 'log.md' }).click();
  await page.locator('dialog', { hasText: 'granite' }).waitFor();
  await page.goBack();
  await isClosed(page);
  await page.getByRole('button', { name: 'Forget key' }).click();
  await page.getByText('This service needs a key').waitFor();
  await page.goForward();
  await useKey();
  await page.locator('dialog', { hasText: 'granite' }).waitFor();
  assert.deepEqual(complaints, []);
});

test('a step in the history that leads from one document to another opens that one', { skip }, async (t) => {
  const { add, page, complaints } = await openOnArticle(t);
  await add('harbour.md', 'The harbour was dredged in 1911.');
  await link(page, 'Documents').click();
  await page.getByRole('button', { name: 'log.md', exact: true }).click();
  await page.locator('dialog', { hasText: 'granite' }).waitFor();
  await page.evaluate("location.assign('#/search')");
  await isClosed(page);
  await link(page, 'Documents').click();
  await page.getByRole('button', { name: 'harbour.md', exact: true }).click();
  await page.locator('dialog', { hasText: 'dredged' }).waitFor();
  await page.evaluate('history.go(-3)');
  await page.locator('dialog', { hasText: 'granite' }).waitFor();
  // That the other one is closed is told in a task of its own, and a step back would follow.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
  assert.equal(await page.locator('dialog[open]').count(), 1);
  assert.deepEqual(complaints, []);
});
