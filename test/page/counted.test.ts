import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noBrowser, openBrowser, openPage } from '../doubles/browser.ts';
import { startService } from '../doubles/service.ts';

test('one of anything is counted in the singular', { skip: noBrowser }, async (t) => {
  const { url, add } = await startService(t);
  await add('letter.txt', 'a');
  const { page } = await openPage(await openBrowser(t));
  await page.goto(`${url}/#/documents`);
  await page.locator('.document-row', { hasText: '1 character' }).waitFor();
  assert.match((await page.locator('.document-row').textContent())!, /1 character1 passage/);
  await page.getByRole('button', { name: 'default 1 document', exact: true }).waitFor();
  await page.getByRole('button', { name: 'letter.txt', exact: true }).click();
  await page.locator('dialog', { hasText: '1 character' }).waitFor();
  assert.match((await page.locator('dialog .quiet').first().textContent())!, /· 1 character$/);
  await page.keyboard.press('Escape');

  await page.getByRole('link', { name: 'Ask', exact: true }).click();
  await page.fill('#question', 'x'.repeat(4001));
  assert.equal(await page.locator('.too-long').textContent(), '1 character too long');

  await page.getByRole('link', { name: 'Reports', exact: true }).click();
  const figure = { value: 0.9, low: null, high: null };
  const pair = { question: 'Who?', context: [], answer: 'Ida', right: true, kind: '', group: '', title: '' };
  const report = {
    ...{ dataSet: 'one', seed: 1, models: {} },
    figures: { 'retrieval.hitAt1': figure, 'verdict.embedded.auroc': figure },
    asked: [
      { question: { question: 'Who?' }, answer: 'Ida', right: true, abstained: false, label: 'Correct', score: 1 },
    ],
    judged: [{ pair, judged: { embedded: { label: 'Correct', score: 1 } } }],
  };
  const buffer = Buffer.from(JSON.stringify(report));
  await page.setInputFiles('input[type=file]', { name: 'report.json', mimeType: 'application/json', buffer });
  await page.locator('.report h3').nth(1).waitFor();
  assert.deepEqual(await page.locator('.report > .table h3').allTextContents(), [
    '1 question asked',
    '1 answer judged',
  ]);
});
