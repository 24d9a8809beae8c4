import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertNoSidewaysScroll, keepPicture, narrow, noBrowser } from '../doubles/browser.ts';
import { link, openOnArticle } from '../doubles/page.ts';

const skip = noBrowser;

test('Enter that is held down searches once, and makes one collection', { skip }, async (t) => {
  const { page, complaints } = await openOnArticle(t);
  const calls: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (request.method() !== 'GET') calls.push(`${request.method()} ${pathname}`);
  });
  const hold = async () => {
    for (let press = 0; press < 5; press += 1) await page.keyboard.down('Enter');
    await page.keyboard.up('Enter');
  };
  await link(page, 'Search').click();
  await page.getByLabel('Question or words').fill('tower');
  await page.focus('input[type=search]');
  await hold();
  await page.locator('.passage').waitFor();
  await page.getByRole('button', { name: 'Search', exact: true }).focus();
  await hold();
  await link(page, 'Documents').click();
  await page.getByLabel('Name of a new collection').fill('harbour');
  await page.getByLabel('Name of a new collection').focus();
  await hold();
  await page.getByText('No documents yet.').waitFor();
  assert.deepEqual(calls, ['POST /search', 'POST /search', 'PUT /collections/harbour']);

  // In a text of several lines it goes on making lines.
  await page.getByText('Paste a text').click();
  await page.getByLabel('Text', { exact: true }).focus();
  await hold();
  assert.equal(await page.getByLabel('Text', { exact: true }).inputValue(), '\n'.repeat(5));
  assert.deepEqual(complaints, []);
});

test('the key / can be switched off, and stays so', { skip }, async (t) => {
  const { page, url, complaints } = await openOnArticle(t);
  const choice = page.getByRole('checkbox', { name: '/ goes to the question from anywhere' });
  await choice.uncheck();
  await page.reload();
  await choice.waitFor();
  assert.equal(await choice.isChecked(), false);
  await choice.press('/');
  await link(page, 'Documents').click();
  await page.locator('.document-row').waitFor();
  await page.keyboard.press('/');
  assert.equal(page.url(), `${url}/#/documents`);
  await link(page, 'Ask').click();
  await choice.check();
  await page.locator('.lead').first().click();
  await page.keyboard.press('/');
  await page.locator('#question:focus').waitFor();
  assert.deepEqual(complaints, []);
});

test('which models answer, judge and search can be read by keyboard, and by touch', { skip }, async (t) => {
  for (const window of [{}, { viewport: narrow, hasTouch: true }]) {
    const { page, complaints } = await openOnArticle(t, { window });
    const summary = page.locator('.status summary', { hasText: 'gpt-4.1-mini answers · 1 document' });
    await page.locator('.named').waitFor();
    const names = page.locator('.status', { hasText: 'text-embedding-3-small' }).getByText('Verdicts');
    if ('hasTouch' in window) await summary.tap();
    else {
      await link(page, 'Reports').focus();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
    }
    await names.waitFor();
    await assertNoSidewaysScroll(page);
    await keepPicture(page, 'hasTouch' in window ? 'narrow-19-models' : 'wide-19-models');
    await page.keyboard.press('Escape');
    await names.waitFor({ state: 'hidden' });
    await page.locator('.status summary:focus').waitFor();
    assert.deepEqual(complaints, []);
  }
});
