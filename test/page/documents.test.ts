// biome-ignore-all lint/performance/useDomNodeTextContent: what people see is what is tested
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { noBrowser, openBrowser, openPage } from '../doubles/browser.ts';
import { startService } from '../doubles/service.ts';

const skip = noBrowser;
const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true });
const text = (name: string, content: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(content) });

test('uploads go on while another view is open; failed ones stay listed and can be tried again', {
  skip,
}, async (t) => {
  const { url, call, openai } = await startService(t, { settings: { MAX_BODY_BYTES: '100 KiB' } });
  await call('PUT', '/collections/second');
  const { page, complaints } = await openPage(await openBrowser(t));
  await page.goto(`${url}/#/documents`);
  await page.getByText('No documents yet.').waitFor();
  const files = Array.from({ length: 210 }, (_, number) => text(`${number}.txt`, `Leaf ${number}`));
  const held = Promise.withResolvers<void>();
  openai.embeddings({ until: held.promise });
  await page.setInputFiles('input[type=file][multiple]', [...files, text('picture.bin', 'x')]);
  await page.locator('.uploads', { hasText: '211' }).waitFor();
  await link(page, 'History').click();
  held.resolve();
  await link(page, 'Documents').click();
  const failed = page.locator('.uploads .failed', { hasText: 'picture.bin' });
  await failed.waitFor();
  await page.getByText('211 of 211 done, 1 failed').waitFor();
  // Switching to another collection does not hide them either.
  await page.getByRole('button', { name: /^second/ }).click();
  await failed.waitFor();
  assert.equal((await call('GET', '/documents?limit=1000')).json.documents.length, 210);
  await page.getByRole('button', { name: 'Retry failed uploads' }).press('Enter');
  await page.locator('.uploads:focus').waitFor();
  await failed.waitFor();
  await page.getByRole('button', { name: 'Clear' }).press('Enter');
  await page.locator('.uploads').waitFor({ state: 'detached' });
  await page.locator('h1:focus').waitFor();
  await page.setInputFiles('input[type=file][multiple]', text('large.txt', 'leaf '.repeat(60_000)));
  assert.doesNotMatch(await page.locator('.uploads .failed').innerText(), /OFFLINE/);
  assert.deepEqual(complaints, []);
});

test('a file that is gone when its turn comes is said to be, and not that the service could not be reached', {
  skip,
}, async (t) => {
  const { url, openai, dataDir } = await startService(t);
  const { page, complaints } = await openPage(await openBrowser(t));
  await page.goto(`${url}/#/documents`);
  await page.getByText('No documents yet.').waitFor();
  const held = Promise.withResolvers<void>();
  openai.embeddings({ until: held.promise });
  const paths = ['first.txt', 'gone.txt'].map((name) => join(dataDir, name));
  for (const path of paths) writeFileSync(path, `A leaf in ${path}`);
  await page.setInputFiles('input[type=file][multiple]', paths);
  await page.locator('.uploads li', { hasText: 'Reading' }).waitFor();
  rmSync(paths[1]!);
  held.resolve();
  await page.getByText('2 of 2 done, 1 failed').waitFor();
  assert.match(await page.locator('.uploads .failed').innerText(), /gone\.txt[\s\S]*Choose it again\. FILE_UNREADABLE/);
  assert.deepEqual(complaints, []);
});

test('at a rate limit uploads wait as long as the service says, show that, and go on by themselves', {
  skip,
}, async (t) => {
  const { url, call } = await startService(t);
  const { page, complaints } = await openPage(await openBrowser(t));
  await page.clock.install();
  await page.goto(`${url}/#/documents`);
  await page.getByText('No documents yet.').waitFor();
  let sent = 0;
  await page.route('**/documents', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    sent += 1;
    // Every other upload is refused, as under a limit that several people share.
    if (sent % 2 === 1) return route.continue();
    const error = { code: 'RATE_LIMITED', message: 'Too many requests within a minute.' };
    await route.fulfill({ status: 429, headers: { 'retry-after': '42' }, json: { error } });
  });
  const files = Array.from({ length: 3 }, (_, number) => text(`${number}.txt`, `Leaf ${number}`));
  await page.setInputFiles('input[type=file][multiple]', files);
  await page.locator('.paused', { hasText: 'resume by themselves in 42 s.' }).waitFor();
  await page.getByText('1 of 3 done').waitFor();
  assert.equal(await page.locator('.uploads .failed').count(), 0);
  await page.clock.runFor(2_000);
  await page.locator('.paused', { hasText: 'in 40 s.' }).waitFor();
  assert.equal(sent, 2, 'nothing is sent meanwhile');
  await page.clock.setSystemTime(0); // a computer whose clock is set back waits no longer
  await page.clock.runFor(40_000);
  await page.getByText('2 of 3 done').waitFor();
  await page.locator('.paused', { hasText: 'in 42 s.' }).waitFor();
  await page.clock.runFor(42_000);
  await page.getByText('3 of 3 done').waitFor();
  assert.equal(await page.locator('.paused').count(), 0);
  const { documents } = (await call('GET', '/documents')).json;
  assert.equal(documents.length, 3);
  assert.deepEqual(complaints, []);
});

test('what a key may not do is said once, not tried again for each file, and possible with another key', {
  skip,
}, async (t) => {
  const keys = { reader: 'reader-key-0123456789', owner: 'owner-key-0123456789' };
  const settings = { API_KEYS: `reader:${keys.reader}::ask,owner:${keys.owner}` };
  const { url, call } = await startService(t, { settings });
  await call('POST', '/documents', { source: 'log.md', text: 'Snow.' }, { authorization: `Bearer ${keys.owner}` });
  const { page, complaints } = await openPage(await openBrowser(t));
  const uploads: string[] = [];
  page.on('request', (request) => request.method() === 'POST' && uploads.push(request.url()));
  page.on('dialog', (dialog) => dialog.accept());
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const isDisabled = (name: string) => button(name).isDisabled();
  const useKey = async (key: string) => {
    await page.fill('[name=key]', key);
    await page.keyboard.press('Enter');
    await page.locator('.document-row').waitFor();
  };
  await page.goto(`${url}/#/documents`);
  await useKey(keys.reader);
  const files = Array.from({ length: 9 }, (_, number) => text(`${number}.txt`, `Leaf ${number}`));
  await page.setInputFiles('input[type=file][multiple]', files);
  const notice = page.getByText('This key may not add, replace or delete documents.');
  await notice.waitFor();
  await page.getByText('9 of 9 done, 9 failed').waitFor();
  assert.equal(uploads.length, 1);
  assert.equal(await page.getByText('KEY_FORBIDDEN').count(), 1);
  await page.getByText('Paste a text').click();
  for (const name of ['Choose files', 'Replace log.md', 'Delete log.md', 'Store'])
    assert.ok(await isDisabled(name), name);
  assert.equal(await isDisabled('Create'), false, 'that is another right');

  await button('Empty the collection default').press('Enter');
  await page.locator('#refused-admin:focus').waitFor();
  assert.ok(await isDisabled('Empty the collection default'));
  assert.ok(await isDisabled('Create'));
  assert.equal(await page.locator('.failure').count(), 0, 'it is said once');
  await link(page, 'Search').click();
  await link(page, 'Documents').click();
  await notice.waitFor();

  await button('Forget key').click();
  await useKey(keys.owner);
  assert.equal(await page.locator('.notice').count(), 0);
  await button('Retry failed uploads').click();
  await page.getByText('9 of 9 done').waitFor();
  await button('Delete log.md').click();
  await button('Delete log.md').waitFor({ state: 'detached' });
  assert.deepEqual(complaints, []);
});

test('where a key is revoked while files are uploaded, the others are not tried with it, and can be with another', {
  skip,
}, async (t) => {
  const keys = { old: 'old-key-0123456789', next: 'next-key-0123456789' };
  const { url } = await startService(t, { settings: { API_KEYS: `old:${keys.old},next:${keys.next}` } });
  const { page } = await openPage(await openBrowser(t));
  const useKey = async (key: string) => {
    await page.fill('[name=key]', key);
    await page.keyboard.press('Enter');
  };
  await page.goto(`${url}/#/documents`);
  await useKey(keys.old);
  await page.getByText('No documents yet.').waitFor();
  let refused = 0;
  await page.route(/\/(?:documents|collections|health)/, async (route) => {
    const headers = route.request().headers();
    if (headers.authorization !== `Bearer ${keys.old}`) return route.continue();
    if (route.request().method() === 'POST') refused += 1;
    await route.continue({ headers: { ...headers, authorization: 'Bearer revoked-key-0123456789' } });
  });
  const files = Array.from({ length: 9 }, (_, number) => text(`${number}.txt`, `Leaf ${number}`));
  await page.setInputFiles('input[type=file][multiple]', files);
  await useKey(keys.next);
  await page.getByRole('button', { name: 'Retry failed uploads', exact: true }).click();
  await page.getByText('9 of 9 done', { exact: true }).waitFor();
  assert.equal(refused, 1);
});

test('thousands of documents are each listed once however fast the filter is typed, and deleting one keeps the place in the list', {
  skip,
}, async (t) => {
  const { url } = await startService(t);
  const { page, complaints } = await openPage(await openBrowser(t));
  page.on('dialog', (dialog) => dialog.accept());
  const all = Array.from({ length: 2500 }, (_, number) => ({
    id: `doc_${number}`,
    source: `${String(number).padStart(4, '0')}.md`,
    title: `Leaf ${number}`,
    format: 'markdown',
    characters: 10,
    passages: 1,
    updatedAt: '2026-01-01T00:00:00.000Z',
  }));
  // The service's replies are faked: storing so many documents would take long, and only what the page does counts here.
  const deleted = new Set<string>();
  await page.route(/\/documents(\?|\/doc_)/, async (route) => {
    const asked = new URL(route.request().url());
    if (route.request().method() === 'DELETE') {
      deleted.add(asked.pathname.split('/').at(-1)!);
      return route.fulfill({ status: 204 });
    }
    const left = all.filter(({ id }) => !deleted.has(id));
    const from = Number(asked.searchParams.get('cursor') ?? 0);
    const to = from + Number(asked.searchParams.get('limit'));
    await route.fulfill({
      json: { documents: left.slice(from, to), nextCursor: to < left.length ? String(to) : null },
    });
  });
  await page.goto(`${url}/#/documents`);
  await page.locator('.document-row').first().waitFor();
  await page.locator('#document-filter').pressSequentially('leaf 24');
  await page.getByText('111 of 2,500', { exact: true }).waitFor();
  const sources = await page.locator('.document-row .title').allInnerTexts();
  assert.equal(new Set(sources).size, sources.length);
  await page.locator('#document-filter').fill('');
  await page.locator('[aria-label="Delete 2300.md"]').press('Enter');
  await page.locator('[aria-label="Delete 2301.md"]:focus').waitFor();
  assert.deepEqual(complaints, []);
});
