import type { BrowserContextOptions, Page } from 'playwright-core';
import { openBrowser, openPage } from './browser.ts';
import { startService } from './service.ts';
import type { Test } from './temporary-folder.ts';

/** The text of the document that pages are opened on; it answers when the tower was rebuilt. */
export const article = 'The tower was rebuilt in 1904 with granite from the north quarry.';

/** What the scripted model judges, unless fields say otherwise. */
export const judged = (fields: object = {}) =>
  JSON.stringify({ quotes: [article], reason: 'It says so.', verdict: 'Correct', score: 0.97, ...fields });

/** Starts a service that holds the article, and opens its page in a browser of its own. */
export async function openOnArticle(
  test: Test,
  options: { settings?: Record<string, string>; window?: BrowserContextOptions } = {},
) {
  const service = await startService(test, options.settings && { settings: options.settings });
  await service.add('log.md', article);
  const opened = await openPage(await openBrowser(test), options.window);
  await opened.page.goto(service.url);
  return { ...service, ...opened };
}

/** The same of a service that takes nothing but a key, which has been entered. */
export async function openWithKey(test: Test) {
  const key = 'page-test-key-0123456789';
  const service = await startService(test, { settings: { API_KEYS: `team:${key}` } });
  const document = { source: 'log.md', text: article };
  await service.call('POST', '/documents', document, { authorization: `Bearer ${key}` });
  const opened = await openPage(await openBrowser(test));
  const useKey = async () => {
    await opened.page.fill('[name=key]', key);
    await opened.page.keyboard.press('Enter');
    await opened.page.locator('.start').waitFor();
  };
  await opened.page.goto(service.url);
  await useKey();
  return { ...service, ...opened, key, useKey };
}

export async function ask(page: Page, question: string) {
  await page.fill('#question', question);
  await page.press('#question', 'Enter');
}
export const verdictIsThere = (page: Page) => page.locator('.verdict .word').waitFor();
export const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true });
