import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noBrowser } from '../doubles/browser.ts';
import { ask, judged, link, openOnArticle, verdictIsThere } from '../doubles/page.ts';

const skip = noBrowser;

test('a collection that was deleted elsewhere is said to be gone, and no other takes its place unasked', {
  skip,
}, async (t) => {
  const { page, call, add, openai, complaints } = await openOnArticle(t);
  await call('PUT', '/collections/harbour');
  await add('plan.md', 'The harbour was dredged in 1911.', { collection: 'harbour' });
  await page.reload();
  const picker = page.getByLabel('Collection');
  const options = () => page.locator('.picker option').allInnerTexts();
  await picker.selectOption('harbour');
  await page.getByRole('button', { name: 'plan.md' }).waitFor();
  await call('DELETE', '/collections/harbour');
  await ask(page, 'When was the harbour dredged?');
  await page.locator('.failure', { hasText: 'COLLECTION_NOT_FOUND' }).getByText('Choose another one.').waitFor();
  await page.locator('.picker option', { hasText: 'harbour (gone)' }).waitFor({ state: 'attached' });
  assert.deepEqual(await options(), ['default', 'harbour (gone)']);
  assert.equal(await picker.inputValue(), 'harbour');

  // Neither on the way to the documents, nor in a search.
  await link(page, 'Documents').click();
  await page.locator('h1', { hasText: '“harbour”' }).waitFor();
  await page.locator('.failure', { hasText: 'COLLECTION_NOT_FOUND' }).waitFor();
  await link(page, 'Search').click();
  await page.getByLabel('Question or words').fill('harbour');
  await page.keyboard.press('Enter');
  await page.locator('.failure', { hasText: 'COLLECTION_NOT_FOUND' }).waitFor();
  await picker.selectOption('default');
  assert.deepEqual(await options(), ['default']);
  openai.chat('In 1904.', judged());
  await link(page, 'Ask').click();
  await ask(page, 'When was the tower rebuilt?');
  await verdictIsThere(page);

  // Deleting one here that is gone already is no failure, and leads to another.
  await call('PUT', '/collections/quarry');
  await page.reload();
  page.on('dialog', (dialog) => dialog.accept());
  await link(page, 'Documents').click();
  await page.getByRole('button', { name: 'quarry', exact: false }).first().click();
  await page.getByText('No documents yet.').waitFor();
  await call('DELETE', '/collections/quarry');
  await page.getByRole('button', { name: 'Delete the collection quarry' }).press('Enter');
  await page.locator('h1', { hasText: '“default”' }).waitFor();
  await page.locator('[aria-label="Empty the collection default"]:focus').waitFor();
  assert.equal(await page.locator('.collections .failure').count(), 0);
  assert.deepEqual(complaints, []);
});
