// biome-ignore-all lint/performance/useDomNodeTextContent: what people see is what is tested
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noBrowser } from '../doubles/browser.ts';
import { fail } from '../doubles/openai-replies.ts';
import { article, ask, judged, link, openOnArticle, openWithKey, verdictIsThere } from '../doubles/page.ts';

const skip = noBrowser;

const isAskOf = ({ path, body }: { path: string; body: unknown }, question: string) =>
  path.endsWith('completions') && JSON.stringify(body).includes(question);

/** A reply that begins at once, and is completed when the test calls `goOn`. */
function inTwo(beginning: string, end: string) {
  const { promise, resolve: goOn } = Promise.withResolvers<void>();
  async function* tokens() {
    yield beginning;
    await promise;
    yield end;
  }
  return { reply: { content: tokens() }, goOn };
}

test('an ask goes on while another view is open, and its answer is there on return', { skip }, async (t) => {
  const { openai, page, complaints } = await openOnArticle(t);
  const judge = Promise.withResolvers<void>();
  const { reply, goOn } = inTwo('It was rebuilt', ' in 1904.');
  openai.chat(reply, { content: judged(), until: judge.promise });
  await ask(page, 'When was the tower rebuilt?');
  await page.locator('.answer-text', { hasText: 'It was rebuilt' }).waitFor();
  await link(page, 'Documents').click();
  await page.locator('.document-row').waitFor();
  await page.locator('nav a.waits', { hasText: 'Ask' }).waitFor();
  const told = (text: string) => page.locator('[role=status]', { hasText: text }).waitFor({ state: 'attached' });
  await told('An ask is under way.');
  await link(page, 'Ask').click();
  await page.locator('.answer-text', { hasText: 'It was rebuilt' }).waitFor();
  assert.equal(await page.inputValue('#question'), 'When was the tower rebuilt?');
  goOn();
  await page.locator('.answer-text', { hasText: 'in 1904.' }).waitFor();

  await link(page, 'Documents').click();
  judge.resolve();
  await page.locator('nav a.waits:not(.busy)').waitFor();
  await told('The answer is ready. Verdict: Correct, 97 of 100.');
  assert.match(page.url(), /#\/documents$/, 'nobody is taken from where they are');
  await link(page, 'History').click();
  await page.locator('.past li', { hasText: 'When was the tower rebuilt?' }).waitFor();
  await link(page, 'Ask').click();
  await verdictIsThere(page);
  await page.waitForURL(/#\/asks\/ask_/);
  assert.equal(await page.locator('nav a.waits').count(), 0);
  // Once it has been seen, "Ask" means a new one again.
  await link(page, 'Documents').click();
  await page.locator('.document-row').waitFor();
  await link(page, 'Ask').click();
  await page.locator('.start').waitFor();
  assert.equal(await page.inputValue('#question'), '');
  await page.goBack();
  await page.goBack();
  await verdictIsThere(page);
  assert.equal(await page.inputValue('#question'), 'When was the tower rebuilt?');
  assert.deepEqual(complaints, []);
});

test('a document opened over an answer stays open when that answer’s verdict arrives', {
  skip,
}, async (t) => {
  const { openai, page, complaints } = await openOnArticle(t);
  const judge = Promise.withResolvers<void>();
  openai.chat('In 1904.', { content: judged(), until: judge.promise });
  await ask(page, 'When was the tower rebuilt?');
  await page.getByRole('button', { name: /^Open in document/ }).click();
  await page.locator('dialog', { hasText: article }).waitFor();
  judge.resolve();
  await page.locator('.verdict .word').waitFor({ state: 'attached' });
  assert.equal(await page.locator('dialog[open]').count(), 1);
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.waitForURL(/#\/asks\/ask_/);
  assert.deepEqual(complaints, []);
});

test('during an ask an earlier answer can be read, a new ask replaces the one under way, and Cancel still works', {
  skip,
}, async (t) => {
  const { openai, page, complaints } = await openOnArticle(t);
  openai.chat('In the year 1904.', judged());
  await ask(page, 'When was the tower rebuilt?');
  await verdictIsThere(page);
  const never = Promise.withResolvers<void>();
  openai.chat({ content: 'Too late.', until: never.promise });
  const callOf = (question: string) => openai.waitFor((call) => isAskOf(call, question));
  await ask(page, 'Who was the keeper?');
  const first = await callOf('Who was the keeper?');
  await link(page, 'History').click();
  await page.locator('.past a').click();
  await page.locator('.answer-text', { hasText: 'In the year 1904.' }).waitFor();
  assert.equal(await page.inputValue('#question'), 'When was the tower rebuilt?');
  assert.equal(first.aborted, false);
  openai.chat({ content: 'Too late.', until: never.promise });
  await ask(page, 'What is it built with?');
  await openai.waitFor((call) => call === first && call.aborted);
  await page.locator('.asked', { hasText: 'What is it built with?' }).waitFor();
  const second = await callOf('What is it built with?');
  await link(page, 'Search').click();
  await link(page, 'Ask').click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await openai.waitFor((call) => call === second && call.aborted);
  await page.locator('p.phase', { hasText: 'Cancelled.' }).waitFor();
  await page.goBack();
  await page.locator('.search').waitFor();
  never.resolve();
  assert.deepEqual(complaints, []);
});

test('an ask that fails while another view is open shows its failure on return; forgetting the key or closing the tab cancels it', {
  skip,
}, async (t) => {
  const { openai, page, complaints, useKey } = await openWithKey(t);
  const failing = Promise.withResolvers<void>();
  await page.route('**/ask', async (route) => {
    await failing.promise;
    await route.continue();
  });
  openai.chat(fail.status(503));
  await ask(page, 'When was the tower rebuilt?');
  await link(page, 'Documents').click();
  failing.resolve();
  await page.locator('nav a.waits:not(.busy)').waitFor();
  await link(page, 'Ask').click();
  await page.locator('.failure', { hasText: 'MODEL_UNAVAILABLE' }).waitFor();
  const never = Promise.withResolvers<void>();
  const underWay = async () => {
    openai.chat({ content: 'Too late.', until: never.promise });
    await ask(page, 'Who was the keeper?');
    return openai.waitFor((each) => isAskOf(each, 'Who was the keeper?') && !each.aborted);
  };
  const ofKey = await underWay();
  await page.getByRole('button', { name: 'Forget key' }).click();
  await openai.waitFor((each) => each === ofKey && each.aborted);
  await useKey();
  const ofTab = await underWay();
  await page.close();
  await openai.waitFor((each) => each === ofTab && each.aborted);
  never.resolve();
  assert.deepEqual(complaints, []);
});

test('after an ask failed or was cancelled, “Ask” opens the start view with its question, to be asked again or typed over', {
  skip,
}, async (t) => {
  const { openai, page, complaints } = await openOnArticle(t);
  openai.chat(fail.status(503));
  await ask(page, 'When was the tower rebuilt?');
  await page.locator('.failure').waitFor();
  await link(page, 'Ask').click();
  await page.locator('.start').waitFor();
  await page.locator('#question:focus').waitFor();
  const never = Promise.withResolvers<void>();
  openai.chat({ content: 'Too late.', until: never.promise });
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  // While an ask is under way, “Ask” leads to it.
  await link(page, 'Ask').click();
  await page.locator('.asked', { hasText: 'When was the tower rebuilt?' }).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.locator('p.phase', { hasText: 'Cancelled.' }).waitFor();
  await link(page, 'Assay').click();
  await page.locator('.start').waitFor();
  await page.keyboard.type('What is it built with?');
  assert.equal(await page.inputValue('#question'), 'What is it built with?');
  never.resolve();
  openai.chat('With granite.', judged());
  await page.keyboard.press('Enter');
  await verdictIsThere(page);
  assert.deepEqual(complaints, []);
});

test('Enter that is held down asks once, and so does a double click on Ask, which doesn’t cancel', {
  skip,
}, async (t) => {
  const { openai, page, complaints } = await openOnArticle(t);
  let asks = 0;
  page.on('request', (request) => {
    asks += Number(request.url().endsWith('/ask'));
  });
  openai.chat('In 1904.', judged());
  await page.fill('#question', 'When was the tower rebuilt?');
  await page.focus('#question');
  await page.keyboard.down('Enter');
  await verdictIsThere(page);
  await page.keyboard.down('Enter');
  await page.keyboard.up('Enter');
  assert.equal(await page.inputValue('#question'), 'When was the tower rebuilt?', 'no line is added');
  assert.equal(asks, 1);

  const judge = Promise.withResolvers<void>();
  openai.chat('In 1904.', { content: judged(), until: judge.promise });
  const box = (await page.getByRole('button', { name: 'Ask', exact: true }).boundingBox())!;
  await page.mouse.click(box.x + 9, box.y + 9);
  await page.getByRole('button', { name: 'Cancel', exact: true }).waitFor();
  await page.mouse.down({ clickCount: 2 });
  await page.mouse.up({ clickCount: 2 });
  judge.resolve();
  await verdictIsThere(page);
  assert.equal(asks, 2);
  assert.deepEqual(complaints, []);
});
