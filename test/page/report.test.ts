import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evaluation } from '../../evaluation/evaluate-dataset.ts';
import { reportTables } from '../../evaluation/report.ts';
import { keepPicture, narrow, noBrowser, openBrowser, openPage, wide } from '../doubles/browser.ts';
import { startService } from '../doubles/service.ts';

const estimate = (value: number) => ({ value, low: value - 0.02, high: value + 0.01 });
const signals = null;
const pair = (right: boolean, kind: string, answer: string) => ({
  question: 'When was the tower rebuilt?',
  context: ['The tower was rebuilt in 1904.'],
  answer,
  right,
  kind,
  group: 'log',
  title: 'Log',
});
const judge = 'embedded, context';
const judged = (label: 'Correct' | 'Incorrect', score: number) => ({
  [judge]: { label, score, problem: null, signals, milliseconds: 2 },
});
const evaluation = {
  dataSet: 'lighthouses <b>',
  models: { provider: 'embedded', chat: null, evaluation: 'classifier', embedding: 'e5' },
  seed: 1,
  figures: {
    'retrieval.hitAt1': estimate(0.913),
    'retrieval.meanReciprocalRank': estimate(0.874),
    'answer.f1': estimate(0.655),
    'abstention.recall': { value: 0.5, low: null, high: null },
    'ownAnswers.auroc': { value: null, low: null, high: null },
    [`verdict.${judge}.auroc`]: estimate(0.931),
    [`verdict.${judge}.falseCorrect`]: estimate(0.12),
    [`verdict.${judge}.unjudged`]: estimate(0.05),
    // As where there are wrong answers alone.
    'verdict.plain, context.falseCorrect': estimate(0.3),
    'verdict.plain, context.unjudged': estimate(0.1),
    'verdict.plain, context.kind.number.falseCorrect': estimate(0.4),
    [`verdict.${judge}.kind.number.auroc`]: estimate(0.88),
    [`verdict.${judge}.kind.number.falseCorrect`]: estimate(0.2),
  },
  asked: [
    {
      question: { question: 'Who kept it?', answers: ['Ida Moss'], source: '0' },
      answer: 'whale oil',
      right: false,
      abstained: false,
      label: 'Correct',
      score: 0.8,
    },
    {
      question: { question: 'Who won?', answers: [], source: null },
      answer: 'I don’t know',
      right: true,
      abstained: true,
      label: 'Unjudged',
      score: null,
    },
  ],
  judged: [
    { pair: pair(true, '', 'in 1904'), judged: judged('Correct', 0.9) },
    { pair: pair(false, 'number', 'in <i>1914</i>'), judged: judged('Correct', 0.97) },
  ],
  judges: [
    { name: judge, medianMs: 2 },
    { name: 'plain, context', medianMs: 2 },
  ],
} as unknown as Evaluation;

test('the report viewer shows the report’s tables, and lists wrong answers and verdicts', {
  skip: noBrowser,
}, async (t) => {
  const browser = await openBrowser(t);
  const { url } = await startService(t);
  for (const [name, viewport] of Object.entries({ narrow, wide })) {
    const { page, complaints } = await openPage(browser, { viewport });
    await page.goto(`${url}/#/report`);
    const open = (file: string, content: string) =>
      page.setInputFiles('input[type=file]', {
        name: file,
        mimeType: 'application/json',
        buffer: Buffer.from(content),
      });
    await open('notes.json', '{"figures":{}}');
    await page.getByText('“notes.json” is not an evaluation report.').waitFor();
    const { judges, ...report } = evaluation;
    await open('report.json', JSON.stringify(report));
    await page.locator('h2', { hasText: 'lighthouses <b>' }).waitFor();

    const shown = await page
      .locator('.report > .table')
      .evaluateAll((sections) =>
        sections.map((section) =>
          [...section.querySelectorAll('tbody tr')].map((row) =>
            [...row.children].map(({ textContent }) => textContent),
          ),
        ),
      );
    // The page's table has no column for a judge's time: report.json has times only for each answer.
    const wanted = reportTables(evaluation).map(({ head, rows }) =>
      head.at(-1)!.startsWith('median') ? rows.map((row) => row.slice(0, -1)) : rows,
    );
    assert.equal(wanted.length, 3);
    assert.deepEqual(shown, wanted);

    await page.getByText('The questions, one by one').click();
    await page.locator('td', { hasText: 'whale oil' }).waitFor();
    await page.getByLabel('Show').selectOption('abstained');
    await page.locator('th', { hasText: 'Who won?' }).waitFor();
    await page.getByText('its most confident mistakes').click();
    await page.locator('td', { hasText: 'in <i>1914</i>' }).waitFor();
    await keepPicture(page, `${name}-15-report`);
    assert.deepEqual(complaints, []);
  }
});
