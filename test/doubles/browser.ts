import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { ensureChromium } from '../../scripts/chromium.mjs';
import type { Test } from './temporary-folder.ts';

const artefacts = new URL('../../test-artefacts/', import.meta.url);

const path = await ensureChromium().catch((error: Error) => {
  // Where the page's tests are meant to run, a missing browser is a failure, not a reason to look away.
  if (process.env.CI === 'true') throw error;
  return error;
});

/** Why tests in a browser are skipped; false where there is one. */
export const noBrowser: string | false = typeof path === 'string' ? false : path.message;

/** A real Chromium, which ends with the test. */
export async function openBrowser(test: Test): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: path as string,
    // Chromium's sandbox refuses to work for root.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  test.after(() => browser.close());
  return browser;
}

export const narrow = { width: 360, height: 740 };
export const wide = { width: 1440, height: 900 };

/**
 * A page of its own, with nothing of other pages. What it says on its console as an error, what its policy refuses and what it
 * throws is in `complaints`; replies with an error status, which a browser reports there too, are not.
 */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: wide, locale: 'en-GB', timezoneId: 'UTC', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`thrown: ${error.message}`));
  page.on('console', (message) => {
    const isStatus = /^Failed to load resource: (the server responded with a status|net::ERR_)/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !isStatus) complaints.push(message.text());
  });
  return { page, complaints };
}

/** Keeps a picture of the page, for people to look at, in test-artefacts/. */
export async function keepPicture(page: Page, name: string) {
  mkdirSync(artefacts, { recursive: true });
  // A dialog covers the window, not the whole of a page that is longer.
  const fullPage = (await page.locator('dialog[open]').count()) === 0;
  await page.screenshot({
    path: fileURLToPath(new URL(`${name}.png`, artefacts)),
    fullPage,
    animations: 'disabled',
  });
}

/** Fails where a page is wider than its window, so that people would have to scroll sideways. */
export async function assertNoSidewaysScroll(page: Page) {
  const [content, view] = (await page.evaluate(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  )) as [number, number];
  assert.ok(content <= view, `${content} px of content in ${view} px`);
}
