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

export async function ask(page: Page, question: string) {
  await page.fill('#question', question);
  await page.press('#question', 'Enter');
}
export const verdictIsThere = (page: Page) => page.locator('.verdict .word').waitFor();
export const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true });
