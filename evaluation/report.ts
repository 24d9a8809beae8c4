import type { Evaluation } from './evaluate-dataset.ts';
import type { Estimate } from './measures.ts';

const askRows: Record<string, string> = {
  'retrieval.hitAt1': 'Source is the first passage',
  'retrieval.hitAt3': 'Source is among the first three',
  'retrieval.hitAt5': 'Source is among the first five',
  'retrieval.meanReciprocalRank': 'Mean reciprocal rank of the source',
  'answer.contains': 'Answer holds a right one',
  'answer.containsWhereFound': '… of those whose source is among the three',
  'answer.f1': 'F1 of the answer',
  'answer.exact': 'Answer is exactly a right one',
  'abstention.recall': 'Abstained where there is no answer',
  'abstention.precision': 'Of abstentions, those where there is none',
  'abstention.lost': 'Abstained although there is an answer',
  'abstention.auroc': 'Before answering: questions with an answer against those without, AUROC',
  'abstention.unrelated': 'Before answering: unrelated questions turned away where 2% of the others are lost',
  'ownAnswers.auroc': 'Verdict on own answers: AUROC',
  'ownAnswers.balancedAccuracy': 'Verdict on own answers: balanced accuracy',
  'ownAnswers.falseCorrect': 'Wrong answers called Correct',
  'ownAnswers.wrongShownAsCorrect': 'Questions whose wrong answer is shown as Correct',
  'ask.triedTwice': 'Questions that were tried twice',
};
/** Figures that are no shares: shown as they are, not in percent. */
const plain = /auroc$|meanReciprocalRank$|balancedAccuracy$|calibrationError$|f1$/;

const verdictColumns: Record<string, string> = {
  auroc: 'AUROC',
  balancedAccuracy: 'balanced accuracy',
  rightCalledCorrect: 'right called Correct',
  falseCorrect: 'wrong called Correct',
  falseCorrectAt70: '… at the cut that keeps 70% of right ones',
  calibrationError: 'calibration error',
  unjudged: 'Unjudged',
};

/** A figure with its interval, as `0.93 (0.91–0.95)` or `93.1% (91.0–95.0)`. */
export function show(name: string, estimate: Estimate | undefined): string {
  if (estimate?.value == null) return '–';
  const digits = plain.test(name) ? (value: number) => value.toFixed(3) : (value: number) => (100 * value).toFixed(1);
  const unit = plain.test(name) ? '' : '%';
  const { value, low, high } = estimate;
  const interval = low === null || high === null ? '' : ` (${digits(low)}–${digits(high)})`;
  return `${digits(value)}${unit}${interval}`;
}

/** A table of the report: what it is about, its head, its rows. */
export type Table = { title: string; head: string[]; rows: string[][] };

/** The report's tables: questions asked, judges, kinds of wrong answers. Intervals hold 95%. */
export function reportTables({ figures, judges, asked, judged }: Evaluation): Table[] {
  const tables: Table[] = [];
  const asking = Object.entries(askRows).filter(([name]) => figures[name]);
  if (asking.length > 0)
    tables.push({
      title: `${asked.length} questions asked`,
      head: ['', 'share or value'],
      rows: asking.map(([name, words]) => [words, show(name, figures[name])]),
    });
  if (judges.length > 0) {
    tables.push({
      title: `${judged.length} answers judged`,
      head: ['judge', ...Object.values(verdictColumns), 'median (kept replies take no time)'],
      rows: judges.map(({ name, medianMs }) => [
        name,
        ...Object.keys(verdictColumns).map((column) => show(column, figures[`verdict.${name}.${column}`])),
        `${medianMs < 10 ? medianMs.toFixed(1) : Math.round(medianMs)} ms`,
      ]),
    });
    const kinds = [
      ...new Set(judged.flatMap(({ pair }) => (pair.right || pair.kind === '' ? [] : [pair.kind]))),
    ].sort();
    if (kinds.length > 0)
      tables.push({
        title: 'By kind of wrong answer: AUROC against all right ones, and wrong ones called Correct',
        head: ['wrong answer', 'n', ...judges.map(({ name }) => name)],
        rows: kinds.map((kind) => [
          kind,
          String(judged.filter(({ pair }) => pair.kind === kind && !pair.right).length),
          ...judges.map(({ name }) => {
            const figure = (of: string) => figures[`verdict.${name}.kind.${kind}.${of}`];
            const area = figure('auroc')?.value;
            const passed = figure('falseCorrect')?.value;
            return area == null || passed == null ? '–' : `${area.toFixed(3)}, ${(100 * passed).toFixed(0)}%`;
          }),
        ]),
      });
  }
  return tables;
}

/** The report in Markdown. */
export function toMarkdown(evaluation: Evaluation): string {
  const { models, dataSet } = evaluation;
  const said = [
    `# Evaluation on ${dataSet}`,
    `Answers: ${models.chat ?? 'extracted, no language model'}. Verdicts: ${models.evaluation}. Vectors: ${models.embedding}. ` +
      `Seed ${evaluation.seed}. In brackets: 95% intervals by the bootstrap.`,
  ];
  for (const { title, head, rows } of reportTables(evaluation)) said.push(`## ${title}`, markdownTable(head, rows));
  return `${said.join('\n\n')}\n`;
}

/** A Markdown table whose columns line up; all but the first are aligned right. */
export function markdownTable(head: string[], rows: string[][]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join(' | ')} |`;
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(cells[0]!), line(rule), ...cells.slice(1).map(line)].join('\n');
}
