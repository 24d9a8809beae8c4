// biome-ignore-all lint/performance/useDomNodeTextContent: what people see is what is tested
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import {
  assertNoSidewaysScroll,
  keepPicture,
  narrow,
  noBrowser,
  openBrowser,
  openPage,
  wide,
} from '../doubles/browser.ts';
import { fail } from '../doubles/openai-replies.ts';
import { ask } from '../doubles/page.ts';
import { startService } from '../doubles/service.ts';

const article = `# Lighthouse log

The lighthouse at Cape Alder was lit in 1862. Its lamp burned whale oil at first.

## Rebuilding

The tower was rebuilt in 1904 with granite from the north quarry. The keeper was Ida Moss.
`;
const markdownFile = (name: string, text: string) => ({ name, mimeType: 'text/markdown', buffer: Buffer.from(text) });
const verdict = (fields: object) =>
  JSON.stringify({ quotes: [], reason: 'The passage says so.', verdict: 'Correct', score: 0.97, ...fields });
const skip = noBrowser;

const word = (page: Page, label: string) => page.locator('.verdict .word', { hasText: label }).waitFor();

for (const [name, viewport] of Object.entries({ narrow, wide }))
  test(`a newcomer uploads, asks, follows the evidence and gets an abstention (${name})`, { skip }, async (t) => {
    const { url } = await startService(t, { embedded: true });
    const { page, complaints } = await openPage(await openBrowser(t), { viewport });
    const keep = async (what: string) => {
      await assertNoSidewaysScroll(page);
      await keepPicture(page, `${name}-${what}`);
    };
    await page.goto(url);
    await page.getByText('No language model is configured: answers are quoted').waitFor();
    await page.getByText('The collection “default” is empty.').waitFor();
    await keep('1-empty');

    await page.getByRole('link', { name: 'Upload documents' }).click();
    await page.getByText('No documents yet.').waitFor();
    await page.setInputFiles('input[type=file][multiple]', [
      markdownFile('log.md', article),
      { name: 'picture.bin', mimeType: 'application/octet-stream', buffer: Buffer.from([0, 1, 2, 3]) },
    ]);
    await page.getByText(/^Added, \d passages?$/).waitFor();
    await page.locator('.uploads .failed', { hasText: 'UNSUPPORTED_FORMAT' }).waitFor();
    await page.getByRole('button', { name: 'Lighthouse log' }).waitFor();
    await keep('2-documents');

    await page.locator('h1').click();
    await page.keyboard.press('/');
    await page.locator('#question:focus').waitFor();
    assert.equal(await page.getByText('The collection “default” is empty.').count(), 0);
    await page.keyboard.type('When was the tower rebuilt?');
    await page.keyboard.press('Enter');
    await word(page, 'Correct');
    assert.match(await page.locator('.verdict').innerText(), /\d+ of 100/);
    const answer = 'The tower was rebuilt in 1904 with granite from the north quarry.';
    assert.equal(await page.locator('.answer-text .sentence').first().innerText(), answer);
    assert.match(page.url(), /#\/asks\/ask_/);
    assert.match(
      await page.locator('[role=status]').first().innerText(),
      /^The answer is ready\. Verdict: Correct, \d+ of 100\.$/,
    );

    // By keyboard: from the answer to the passage, into the document, and back.
    await page.locator('.cite').first().press('Enter');
    await page.locator('mark.current:focus').waitFor();
    assert.equal(await page.locator('mark.current').evaluate((mark) => mark.childNodes[1]!.textContent), answer);
    await keep('3-evidence');
    await page.locator('.passage:has(mark.current)').getByRole('button', { name: 'Open in document' }).press('Enter');
    const marked = page.locator('dialog mark');
    assert.equal(await marked.innerText(), answer);
    await page.locator('dialog', { hasText: 'Its lamp burned whale oil at first.' }).waitFor();
    // The page scrolls to the mark once the document has been drawn.
    await page.waitForFunction(
      `(({ top, bottom }) => top > 0 && bottom < 900)(document.querySelector('dialog mark').getBoundingClientRect())`,
    );
    await keep('4-document');
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    await page.locator('mark.current').press('Escape');
    await page.locator('.cite:focus').waitFor();

    await ask(page, 'Which team won the football cup of 1998?');
    await word(page, 'Abstained');
    await keep('5-abstained');

    await page.getByRole('link', { name: 'History' }).click();
    const past = page.locator('.past li');
    await past.nth(1).waitFor();
    assert.equal(await past.count(), 2);
    assert.match(await past.first().innerText(), /football[\s\S]*Abstained/);
    assert.match(await past.last().innerText(), /rebuilt[\s\S]*Correct[\s\S]*of 100/);
    await keep('6-history');
    await past.last().getByRole('link').click();
    await word(page, 'Correct');
    await page.reload();
    await word(page, 'Correct');
    assert.equal(await page.inputValue('#question'), 'When was the tower rebuilt?');
    // “Ask” offers a new question, never shown beside the old one; the answer is one step back.
    const firstShown = page.evaluate(`new Promise((resolve) =>
      new MutationObserver((_, observer) => {
        if (!document.querySelector('.start')) return;
        observer.disconnect();
        requestAnimationFrame(() => resolve(document.querySelector('#question').value));
      }).observe(document.body, { childList: true, subtree: true }))`);
    await page.getByRole('link', { name: 'Ask', exact: true }).click();
    assert.deepEqual([await firstShown, await page.locator('.answer').count()], ['', 0]);
    await page.goBack();
    await word(page, 'Correct');
    assert.deepEqual(complaints, []);
  });

test('a model’s answer streams in as Markdown and is judged Incorrect; each sentence links to its evidence or is marked as having none', {
  skip,
}, async (t) => {
  const { url, openai, add } = await startService(t);
  await add('log.md', article);
  const { page, complaints } = await openPage(await openBrowser(t));
  const goOn = Promise.withResolvers<void>();
  const judge = Promise.withResolvers<void>();
  async function* tokens() {
    yield 'The tower was rebuilt in **1904**';
    await goOn.promise;
    yield '. It is painted with red and white stripes.\n\n- one\n- two';
  }
  const reason = 'Nothing is said of stripes.';
  openai.chat(
    { content: tokens() },
    {
      content: verdict({ verdict: 'Incorrect', score: 0.07, reason, quotes: ['The tower was rebuilt in 1904'] }),
      until: judge.promise,
    },
  );
  await page.goto(url);
  await page
    .getByText('scripted-chat')
    .or(page.locator('.status', { hasText: 'answers ·' }))
    .first()
    .waitFor();
  await ask(page, 'When was the tower rebuilt?');
  await page.locator('.answer-text strong', { hasText: '1904' }).waitFor();
  assert.equal(await page.locator('[aria-live][aria-busy=true]').count(), 1);
  assert.equal(await page.locator('.answer-text', { hasText: 'stripes' }).count(), 0);
  await page.getByText('Answering …').first().waitFor();
  goOn.resolve();
  await page.getByText('Judging the answer …').first().waitFor();
  await keepPicture(page, 'wide-7-judging');
  assert.equal(await page.locator('.verdict').count(), 0);
  judge.resolve();
  await word(page, 'Incorrect');
  const shown = await page.locator('.verdict').innerText();
  assert.match(shown, /7 of 100/);
  assert.match(shown, new RegExp(reason));
  assert.equal(await page.locator('.answer-text li').count(), 2);
  const [linked, unsupported] = [page.locator('.sentence[data-evidence]'), page.locator('.sentence.unsupported')];
  assert.equal(await unsupported.first().innerText(), 'It is painted with red and white stripes.');
  assert.equal((await linked.allInnerTexts()).join(''), 'The tower was rebuilt in 1904.');
  assert.equal(await page.locator('.no-evidence').first().innerText(), 'no evidence');
  await linked.first().click();
  await page.locator('mark.current', { hasText: 'The tower was rebuilt in 1904' }).waitFor();
  await keepPicture(page, 'wide-8-incorrect');

  await page.getByText('What happened').click();
  const step = page.locator('.timeline details', { hasText: 'ask the model' });
  assert.equal(await step.count(), 2);
  await step.first().locator('summary').click();
  // A step's texts are rendered only when it is opened; innerText waits for them.
  const [prompt, reply] = [step.first().locator('pre').first(), step.first().locator('pre').last()];
  assert.match(await prompt.innerText(), /^system:\n[\s\S]*human:\n[\s\S]*When was the tower rebuilt\?/);
  assert.match(await reply.innerText(), /red and white stripes/);
  const fewer = await page.locator('.timeline li').count();
  await page.getByLabel(/Every step/).check();
  await page.locator('.timeline li').nth(fewer).waitFor();
  await keepPicture(page, 'wide-9-timeline');
  assert.deepEqual(complaints, []);
});

test('the options of an ask work: both judges run, and an Incorrect answer is not shown', { skip }, async (t) => {
  const { url, openai, add } = await startService(t);
  await add('log.md', article);
  const { page, complaints } = await openPage(await openBrowser(t), { viewport: narrow });
  // The page also works in a browser that lets it store nothing.
  await page.addInitScript(
    `for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });`,
  );
  await page.goto(url);
  await page.getByText('Options').click();
  await page.getByLabel('Judge the answer by').selectOption('both');
  await page.getByLabel('If it is Incorrect').selectOption('abstain');
  await page.getByLabel('Passages to answer from').fill('1');
  await page.keyboard.press('Escape');
  await page.locator('.options:not([open]) summary:focus').waitFor();
  const judge = Promise.withResolvers<void>();
  const incorrect = {
    content: verdict({ verdict: 'Incorrect', score: 0.04, reason: 'It says 1904.' }),
    until: judge.promise,
  };
  openai.chat('In 1862, they say.', incorrect, incorrect);
  await ask(page, 'When was the tower rebuilt?');
  await page.locator('.phase', { hasText: 'the answer is shown once it has been judged' }).waitFor();
  judge.resolve();
  await word(page, 'Abstained');
  const shown = await page.locator('main').innerText();
  assert.match(shown, /The answer was found Incorrect, so it is not shown\.\s+It says 1904\./);
  assert.match(shown, /By the answer alone[\s\S]*Incorrect\s+4 of 100/);
  assert.doesNotMatch(shown, /they say/);
  const announced = await page.locator('[role=status]').first().innerText();
  assert.equal(announced, 'Abstained: the answer was found Incorrect, so it is not shown.');
  await page.getByText('What happened').waitFor();
  await keepPicture(page, 'narrow-16-withheld');
  await page.getByRole('link', { name: 'History' }).click();
  await page.locator('.past li', { hasText: 'Abstained' }).waitFor();
  assert.deepEqual(complaints, []);
});

test('hostile text in documents, answers and file names is shown as text and does nothing', { skip }, async (t) => {
  const { url, openai, add } = await startService(t);
  const attack = '<img src=x onerror="globalThis.hit=1"><script>globalThis.hit=1</script>';
  const title = `Tower ${attack}`;
  const text = `The tower was rebuilt in 1904 ${attack}, says the log.`;
  assert.equal((await add(`a${attack}.md`, text, { title, format: 'text' })).status, 201);
  const answer = `The tower was rebuilt in 1904. ${attack} [here](javascript:globalThis.hit=1) [there](https://203.0.113.9/)\n\n![p](https://203.0.113.9/p.png)\n\n${attack}\n\n<div onclick="globalThis.hit=1">x</div>`;
  openai.chat(answer, verdict({ reason: attack, quotes: [text] }));
  const { page, complaints } = await openPage(await openBrowser(t));
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(url);
  await ask(page, 'When was the tower rebuilt?');
  await word(page, 'Correct');
  await page.locator('.answer-text:not(.plain)').waitFor();
  assert.ok((await page.locator('.answer-text').innerText()).includes(attack));
  assert.ok((await page.locator('.answer-text').innerText()).includes('![p](https://203.0.113.9/p.png)'));
  assert.ok((await page.locator('.verdict').innerText()).includes(attack));
  assert.ok((await page.locator('.passage-text').innerText()).includes(attack));
  assert.equal(await page.locator('.passage-head .title').innerText(), title);
  assert.equal(await page.locator('.answer-text a[href]').count(), 1);
  assert.equal(await page.locator('.answer-text a[href]').getAttribute('rel'), 'noopener noreferrer');
  await page.getByRole('button', { name: /^Open in document/ }).click();
  assert.equal(await page.locator('dialog mark').innerText(), text);
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Documents' }).click();
  await page.locator('.document-row', { hasText: attack }).waitFor();
  await keepPicture(page, 'wide-10-hostile');
  await page.getByRole('link', { name: 'History' }).click();
  assert.equal(await page.evaluate('globalThis.hit'), undefined);
  assert.equal(await page.locator('main img, main script, main [onerror], main [onclick]').count(), 0);
  assert.deepEqual(
    requests.filter((each) => !each.startsWith(url)),
    [],
  );
  assert.deepEqual(complaints, []);
});

test('failures are shown with their code, an ask can be cancelled, and the loss and return of the service are noticed', {
  skip,
}, async (t) => {
  const { url, openai, add, call, close } = await startService(t);
  await add('log.md', article);
  await call('PUT', '/collections/reports-of-the-harbour-office');
  const { page, complaints } = await openPage(await openBrowser(t), { viewport: narrow });
  await page.goto(url);
  await page.locator('option', { hasText: 'harbour' }).waitFor({ state: 'attached' });
  const placeOf = (name: string) => page.getByRole('button', { name, exact: true }).boundingBox();
  const placeOfAsk = await placeOf('Ask');
  openai.chat(fail.status(503));
  await ask(page, 'When was the tower rebuilt?');
  const failure = page.locator('.failure');
  await failure.getByText('MODEL_UNAVAILABLE').waitFor();
  assert.match(await failure.innerText(), /The model server cannot be reached[\s\S]*request/);
  await keepPicture(page, 'narrow-11-failure');
  openai.chat('It was rebuilt in 1904.', fail.status(503));
  await failure.getByRole('button', { name: 'Try again' }).click();
  await word(page, 'Unjudged');
  const unavailable = await page.locator('.verdict').innerText();
  assert.match(unavailable, /could not be reached[\s\S]*unavailable/);
  assert.equal(unavailable.match(/could not be reached/g)!.length, 1, 'it is said once');

  const never = Promise.withResolvers<void>();
  openai.chat({ content: 'Too late.', until: never.promise });
  await ask(page, 'Who was the keeper of the tower?');
  const asked = await openai.waitFor(
    (call) => JSON.stringify(call.body).includes('Who was the keeper') && call.path.endsWith('completions'),
  );
  assert.deepEqual(await placeOf('Cancel'), placeOfAsk, 'beside the collection, in one place');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.locator('p.phase', { hasText: 'Cancelled.' }).waitFor();
  await openai.waitFor((call) => call === asked && call.aborted);
  never.resolve();

  await page.fill('#question', 'And now?');
  await close();
  await page.press('#question', 'Enter');
  await page.getByText('The service cannot be reached.').first().waitFor();
  await failure.getByText('OFFLINE').waitFor();
  await page.locator('.status', { hasText: 'Offline' }).waitFor();
  await keepPicture(page, 'narrow-12-offline');
  assert.deepEqual(complaints, []);
});

test('with keys set, the page asks for one, keeps it for this tab only, and can forget it', { skip }, async (t) => {
  const key = 'page-test-key-0123456789';
  const { url, call } = await startService(t, { embedded: true, settings: { API_KEYS: `team:${key}` } });
  await call(
    'POST',
    '/documents',
    { source: 'log.md', text: article, format: 'markdown' },
    { authorization: `Bearer ${key}` },
  );
  const { page, complaints } = await openPage(await openBrowser(t));
  await page.goto(url);
  await page.getByText('This service needs a key').waitFor();
  await page.fill('[name=key]', 'not-this-one-0123456789');
  await page.keyboard.press('Enter');
  await page.getByText('KEY_REJECTED').waitFor();
  // Screen readers are told, for the focus stays where it is.
  await page.locator('[role=status]', { hasText: 'The service does not know this key.' }).waitFor();
  assert.equal(await page.getAttribute('[name=key]', 'aria-invalid'), 'true');
  await keepPicture(page, 'wide-13-key');
  await page.fill('[name=key]', key);
  await page.keyboard.press('Enter');
  await page.getByText('This service needs a key').waitFor({ state: 'detached' });
  await ask(page, 'When was the tower rebuilt?');
  await word(page, 'Correct');
  assert.ok(
    !JSON.stringify(await page.evaluate('[location.href, document.cookie, { ...localStorage }]')).includes(key),
  );
  await page.getByRole('button', { name: 'Forget key' }).click();
  await page.getByText('This service needs a key').waitFor();
  assert.deepEqual(complaints, []);
});

test('documents can be dropped, pasted, found, replaced and deleted, and collections created and removed', {
  skip,
}, async (t) => {
  const { url, call, add } = await startService(t);
  for (let number = 0; number < 103; number += 1)
    await add(`many/${String(number).padStart(3, '0')}.md`, `# Leaf ${number}\n\nText ${number}.`);
  const { page, complaints } = await openPage(await openBrowser(t));
  page.on('dialog', (dialog) => dialog.accept());
  await page.goto(`${url}/#/documents`);
  const rows = page.locator('.document-row');
  await rows.nth(99).waitFor();
  assert.equal(await rows.count(), 100);
  await page.getByRole('button', { name: 'Show more' }).click();
  await rows.nth(102).waitFor();
  await page.reload();
  await rows.nth(99).waitFor();
  // The filter also finds documents beyond the first hundred.
  await page.getByLabel('Filter by name or title').fill('leaf 102');
  await page.getByText('1 of 103').waitFor();

  const chosen = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Replace many/102.md' }).click();
  await (await chosen).setFiles(markdownFile('anything.md', '# Leaf 102\n\nAnother text.'));
  await page.getByText('Replaced, 1 passage').waitFor();
  const { documents } = (await call('GET', '/documents?limit=1000')).json;
  assert.equal(documents.length, 103);
  const replaced = documents.find(({ source }: { source: string }) => source === 'many/102.md');
  assert.match((await call('GET', `/documents/${replaced.id}`)).json.text, /Another text/);
  await page.getByRole('button', { name: 'Delete many/102.md' }).click();
  await page.getByText('Nothing matches the filter.').waitFor();
  assert.equal((await call('GET', `/documents/${replaced.id}`)).status, 404);
  // Keyboard focus stays where it was.
  await page.locator('#document-filter:focus').fill('');
  await page.getByRole('button', { name: 'Delete many/001.md' }).press('Enter');
  await page.locator('[aria-label="Delete many/002.md"]:focus').waitFor();

  await page.getByLabel('Name of a new collection').fill('Not a name');
  await page.getByRole('button', { name: 'Create' }).click();
  await page.locator('.collections .failure', { hasText: 'BAD_INPUT' }).waitFor();
  assert.equal(await page.getByLabel('Name of a new collection').inputValue(), 'Not a name', 'to be mended');
  await page.getByLabel('Name of a new collection').fill('second');
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByText('No documents yet.').waitFor();

  const dropped = await page.evaluateHandle(
    `(() => { const transfer = new DataTransfer(); transfer.items.add(new File([${JSON.stringify(article)}], 'dropped.md')); return transfer; })()`,
  );
  await page.dispatchEvent('.drop', 'drop', { dataTransfer: dropped });
  await page.getByText(/^Added, \d passages?$/).waitFor();
  await page.getByText('Paste a text').click();
  await page.getByLabel('Name', { exact: true }).fill('notes/pasted.md');
  await page.getByLabel('Text', { exact: true }).fill('# Pasted\n\nSnow lies on the quarry.');
  await page.getByLabel('Text', { exact: true }).press('Control+Enter');
  await page.getByText('Stored, 1 passage.').waitFor();
  await page.locator('.document-row', { hasText: 'Pasted' }).waitFor();
  const second = (await call('GET', '/documents?collection=second')).json.documents;
  assert.deepEqual(
    second.map(({ source }: { source: string }) => source),
    ['dropped.md', 'notes/pasted.md'],
  );
  await keepPicture(page, 'wide-14-documents');

  await page.getByRole('link', { name: 'Search' }).click();
  await page.getByLabel('Question or words').fill('snow on the quarry');
  await page.keyboard.press('Enter');
  await page.locator('.passage', { hasText: 'Snow lies on the quarry.' }).waitFor();
  const [first, next] = await page.locator('.passage-foot > .quiet').allInnerTexts();
  assert.equal(first, 'Rank 1');
  assert.match(next!, /^Rank 2, relevance \d+ of 100 compared with the first$/);
  await page.getByRole('link', { name: 'Documents' }).click();
  await page.getByRole('button', { name: 'Delete the collection second' }).click();
  await page.getByRole('button', { name: 'Delete the collection second' }).waitFor({ state: 'detached' });
  await page.locator('[aria-label="Empty the collection default"]:focus').waitFor();
  assert.equal((await call('GET', '/collections/second')).status, 404);
  assert.deepEqual(complaints, []);
});

test('a large file shows the progress of its upload, and at first opens only in part', { skip }, async (t) => {
  const { url } = await startService(t);
  const { page, complaints } = await openPage(await openBrowser(t));
  const session = await page.context().newCDPSession(page);
  await page.goto(`${url}/#/documents`);
  await page.getByText('No documents yet.').waitFor();
  const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 150_000 };
  await session.send('Network.emulateNetworkConditions', slow);
  const leaves = Array.from({ length: 9000 }, (_, number) => `Leaf ${number} fell from the alder.`);
  await page.setInputFiles('input[type=file][multiple]', {
    name: 'leaves.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from(leaves.join('\n')),
  });
  await page.locator('.uploads progress[value^="0."]').waitFor();
  await keepPicture(page, 'wide-17-uploading');
  await page.getByText(/^Added, \d+ passages$/).waitFor({ timeout: 60_000 });
  await session.send('Network.emulateNetworkConditions', { ...slow, uploadThroughput: -1 });
  await page.getByRole('button', { name: 'leaves.txt', exact: true }).click();
  await page.getByText('Part of a long document.').waitFor();
  const text = page.locator('.document-text');
  assert.ok(!(await text.textContent())!.includes(leaves.at(-1)!));
  await page.getByRole('button', { name: 'Show all of it' }).click();
  await text.getByText(leaves.at(-1)!).waitFor();
  assert.equal(await text.textContent(), leaves.join('\n'));
  assert.deepEqual(complaints, []);
});

test('axe finds no serious accessibility violation in any view, in light and dark, narrow and wide', {
  skip,
}, async (t) => {
  const { url, openai, add } = await startService(t);
  await add('log.md', article);
  const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
  const browser = await openBrowser(t);
  for (const viewport of [narrow, wide])
    for (const colorScheme of ['light', 'dark'] as const) {
      // axe injects itself and its styles into the page, which the page's own policy would refuse.
      const { page } = await openPage(browser, { viewport, colorScheme, bypassCSP: true });
      const check = async (what: string) => {
        await page.addScriptTag({ path: axe });
        const { violations } = (await page.evaluate('axe.run()')) as {
          violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
        };
        const serious = violations
          .filter(({ impact }) => ['serious', 'critical'].includes(impact))
          .map(
            ({ id, nodes }) =>
              `${what}, ${colorScheme}, ${viewport.width} px: ${id}: ${nodes[0]!.html} ${nodes[0]!.failureSummary}`,
          );
        assert.deepEqual(serious, []);
        await assertNoSidewaysScroll(page);
      };
      await page.goto(url);
      await page.locator('.start').waitFor();
      await page.locator('.options summary').click();
      await check('start');
      await page.keyboard.press('Escape');
      openai.chat(
        `The tower was rebuilt in 1904. It has stripes.\n\n\`\`\`\n${'stripe '.repeat(99)}\n\`\`\``,
        verdict({ verdict: 'Incorrect', score: 0.1, quotes: ['The tower was rebuilt in 1904'] }),
      );
      await ask(page, 'When was the tower rebuilt?');
      await word(page, 'Incorrect');
      await page.locator('.cite').click();
      await page.getByText('What happened').click();
      await page.locator('.timeline details summary').first().click();
      await check('answer');
      await page
        .locator('.passage')
        .first()
        .getByRole('button', { name: /^Open in document/ })
        .click();
      await page.locator('dialog mark').waitFor();
      await check('document');
      await page.keyboard.press('Escape');
      openai.chat(fail.status(503));
      await ask(page, 'When was the lighthouse lit?');
      await page.locator('.failure').waitFor();
      await check('failure');
      for (const view of ['Search', 'Documents', 'History', 'Reports']) {
        await page.getByRole('link', { name: view, exact: true }).click();
        await page.locator('h1', { hasText: view === 'Reports' ? 'Evaluation' : view }).waitFor();
        await check(view);
      }
      await page.context().close();
    }
});
