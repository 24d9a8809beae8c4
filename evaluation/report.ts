import reportNames from '../src/page/report-names.json' with { type: 'json' };
import type { Evaluation } from './evaluate-dataset.ts';
import type { Estimate } from './measures.ts';

// The page's viewer of reports calls the figures by the same names.
const { askRows, verdictColumns } = reportNames as Record<'askRows' | 'verdictColumns', Record<string, string>>;
/** Figures that are no shares: shown as they are, not in percent. */
const plain = new RegExp(`(?:${reportNames.plain.join('|')})$`);

/** A figure with its interval, as `0.93 (0.91–0.95)` or `93.1% (91.0–95.0)`. */
export function show(name: string, estimate: Estimate | undefined): string {
  if (estimate?.value == null) return '–';
  const digits = plain.test(name) ? (value: number) => value.toFixed(3) : (value: number) => (100 * value).toFixed(1);
  const unit = plain.test(name) ? '' : '%';
  const { value, low, high } = estimate;
  const interval = low === null || high === null ? '' : ` (${digits(low)}–${digits(high)})`;
  return `${digits(value)}${unit}${interval}`;
}

const counted = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** A table of the report: what it is about, its head, its rows. */
export type Table = { title: string; head: string[]; rows: string[][] };

/** The report's tables: questions asked, judges, kinds of wrong answers. Intervals hold 95%. */
export function reportTables({ figures, judges, asked, judged }: Evaluation): Table[] {
  const tables: Table[] = [];
  const asking = Object.entries(askRows).filter(([name]) => figures[name]);
  if (asking.length > 0)
    tables.push({
      title: `${counted(asked.length, 'question')} asked`,
      head: ['', 'share or value'],
      rows: asking.map(([name, words]) => [words, show(name, figures[name])]),
    });
  if (judges.length > 0) {
    tables.push({
      title: `${counted(judged.length, 'answer')} judged`,
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
            return passed == null ? '–' : `${area?.toFixed(3) ?? '–'}, ${(100 * passed).toFixed(0)}%`;
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
      `Seed ${evaluation.seed}. In brackets: 95% intervals.`,
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
