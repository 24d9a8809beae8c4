// @ts-check
// Shows the report of an evaluation, which never leaves the browser.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { counted } from './counted.js';

/** @typedef {{ value: number | null, low: number | null, high: number | null }} Estimate */
/** @typedef {{ dataSet: string, seed: number, models: any, figures: Record<string, Estimate>, asked: any[], judged: any[] }} Report */
/** @typedef {{ askRows: Record<string, string>, verdictColumns: Record<string, string>, plain: string[] }} Names */

/** How many questions or answers are listed one by one, at most. */
const mostRows = 200;
/** How many mistakes of a judge are listed, at most. */
const mostMistakes = 50;

export function ReportView() {
  const [shown, setShown] = useState(/** @type {{ report: Report, names: Names } | null} */ (null));
  const [problem, setProblem] = useState('');
  async function open(/** @type {File | undefined} */ file) {
    if (!file) return;
    setProblem('');
    setShown(null);
    /** @type {Report} */
    let report;
    try {
      report = readReport(JSON.parse(await file.text()));
    } catch {
      return setProblem(
        `“${file.name}” is not an evaluation report. Choose the report.json that assay evaluate wrote.`,
      );
    }
    try {
      setShown({ report, names: await (await fetch('/assets/report-names.json')).json() });
    } catch {
      setProblem('The service cannot be reached, from which the names of the figures come. Choose the report again.');
    }
  }
  const choose = (/** @type {any} */ event) => {
    void open(event.currentTarget.files[0]);
    event.currentTarget.value = ''; // the same file can be chosen again when it has been written anew
  };
  return html`<h1>Evaluation reports</h1>
    <p class="quiet"><code>npx assay evaluate DATASET</code> measures answers and verdicts, and writes a <code>report.json</code>. Open it here; it stays in your browser.</p>
    <label class="card drop file"
      onDragOver=${(/** @type {DragEvent} */ event) => event.preventDefault()}
      onDrop=${(/** @type {DragEvent} */ event) => {
        event.preventDefault();
        open(event.dataTransfer?.files[0]);
      }}>
      <span><strong>Drop report.json here</strong> or choose it:</span>
      <input type="file" accept=".json,application/json" onChange=${choose} />
    </label>
    ${problem && html`<div class="failure" role="alert"><p><strong>${problem}</strong></p></div>`}
    ${shown && html`<${Report} ...${shown} />`}`;
}

/**
 * @param {any} read
 * @returns {Report}
 * @throws where it isn't a report
 */
function readReport(read) {
  const isReport =
    typeof read?.dataSet === 'string' &&
    typeof read.figures === 'object' &&
    read.figures !== null &&
    Object.values(read.figures).every((figure) => typeof figure === 'object' && figure !== null && 'value' in figure) &&
    Array.isArray(read.asked) &&
    Array.isArray(read.judged);
  if (!isReport) throw new Error('not a report');
  return { models: {}, ...read };
}

/**
 * A figure in the form of the Markdown report: `0.931 (0.910–0.952)` or `93.1% (91.0–95.0)`.
 * @param {string} name
 * @param {Estimate | undefined} estimate
 * @param {string[]} plain the ends of the names of figures that aren't shares
 */
function show(name, estimate, plain) {
  if (estimate?.value == null) return '–';
  const isPlain = plain.some((each) => name.endsWith(each));
  const digits = (/** @type {number} */ value) => (isPlain ? value.toFixed(3) : (100 * value).toFixed(1));
  const { value, low, high } = estimate;
  return html`${digits(value)}${isPlain ? '' : '%'}${low == null || high == null ? '' : html` <span class="quiet">(${digits(low)}–${digits(high)})</span>`}`;
}

/** @param {{ report: Report, names: Names }} props */
function Report({ report, names }) {
  const { dataSet, models, seed, figures, asked, judged } = report;
  const { askRows, verdictColumns, plain } = names;
  const rows = Object.entries(askRows).filter(([name]) => figures[name]);
  const judges = [
    ...new Set(Object.keys(figures).flatMap((name) => /^verdict\.(.+)\.(?:auroc|unjudged)$/.exec(name)?.[1] ?? [])),
  ].filter((name) => !/\.kind\./.test(name));
  const kinds = [...new Set(judged.flatMap(({ pair }) => (pair.right || !pair.kind ? [] : [pair.kind])))].sort();
  return html`<article class="report">
    <h2>${dataSet}</h2>
    <p class="quiet">Answers: ${models.chat ?? 'extracted, no language model'}. Verdicts: ${models.evaluation}. Vectors: ${models.embedding}. Seed ${seed}. In brackets: 95% intervals.</p>
    ${rows.length > 0 && html`<${Table} title="${counted(asked.length, 'question')} asked" head=${['', 'Share or value']} rows=${rows.map(([name, words]) => [words, show(name, figures[name], plain)])} />`}
    ${
      judges.length > 0 &&
      html`<${Table} title="${counted(judged.length, 'answer')} judged" head=${['Judge', ...Object.values(verdictColumns)]}
        rows=${judges.map((judge) => [judge, ...Object.keys(verdictColumns).map((column) => show(column, figures[`verdict.${judge}.${column}`], plain))])} />`
    }
    ${
      kinds.length > 0 &&
      html`<${Table} title="By kind of wrong answer: AUROC, and wrong ones called Correct" head=${['Wrong answer', 'n', ...judges]}
        rows=${kinds.map((kind) => [
          kind,
          judged.filter(({ pair }) => pair.kind === kind && !pair.right).length,
          ...judges.map((judge) => {
            const figure = (/** @type {string} */ of) => figures[`verdict.${judge}.kind.${kind}.${of}`]?.value;
            const [area, passed] = [figure('auroc'), figure('falseCorrect')];
            return passed == null ? '–' : `${area?.toFixed(3) ?? '–'}, ${(100 * passed).toFixed(0)}%`;
          }),
        ])} />`
    }
    ${asked.length > 0 && html`<${Asked} asked=${asked} />`}
    ${judges.length > 0 && html`<${Mistakes} judged=${judged} judges=${judges} />`}
  </article>`;
}

/** @param {{ title: string, head: string[], rows: unknown[][] }} props */
const Table = ({ title, head, rows }) => html`<section class="table">
  <h3>${title}</h3>
  <div class="wide" tabindex="0" role="region" aria-label=${title}>
    <table>
      <thead><tr>${head.map((cell) => html`<th scope="col">${cell || html`<span class="hidden">Figure</span>`}</th>`)}</tr></thead>
      <tbody>${rows.map(([first, ...rest]) => html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
    </table>
  </div>
</section>`;

/** @param {{ asked: any[] }} props */
function Asked({ asked }) {
  const [which, setWhich] = useState('wrong');
  const choices = /** @type {Record<string, (each: any) => boolean>} */ ({
    wrong: ({ right, abstained }) => !right && !abstained,
    abstained: ({ abstained }) => abstained,
    all: () => true,
  });
  const shown = asked.filter(/** @type {any} */ (choices[which]));
  return html`<details class="card"><summary>The questions, one by one</summary>
    <label>Show <select value=${which} onChange=${(/** @type {any} */ event) => setWhich(event.currentTarget.value)}>
      <option value="wrong">wrong answers</option><option value="abstained">abstentions</option><option value="all">all</option></select></label>
    <${Table} title="${shown.length} of ${asked.length}${shown.length > mostRows ? `, the first ${mostRows} shown` : ''}" head=${['Question', 'Answer', 'Right', 'Verdict', 'Score']}
      rows=${shown.slice(0, mostRows).map(({ question, answer, right, abstained, label, score }) => [question?.question, answer, right ? 'yes' : 'no', abstained ? 'Abstained' : label, score == null ? '–' : Math.round(score * 100)])} />
  </details>`;
}

/** @param {{ judged: any[], judges: string[] }} props */
const Mistakes = ({ judged, judges }) =>
  html`${judges.map((judge) => {
    const wrong = judged
      .flatMap(({ pair, judged: by }) => {
        const { label = 'Unjudged', score = null } = by?.[judge] ?? {};
        return label === 'Unjudged' || (label === 'Correct') === pair.right
          ? []
          : [{ pair, label, score, sure: Math.abs((score ?? 0.5) - 0.5) }];
      })
      .sort((one, other) => other.sure - one.sure);
    if (wrong.length === 0) return null;
    return html`<details class="card"><summary>${judge}: its most confident mistakes</summary>
      <${Table} title="${counted(wrong.length, 'mistake')}${wrong.length > mostMistakes ? `, the ${mostMistakes} most confident shown` : ''}" head=${['Question', 'Answer', 'Kind', 'Called', 'Score']}
        rows=${wrong.slice(0, mostMistakes).map(({ pair, label, score }) => [pair.question, pair.answer, pair.kind || '–', label, score == null ? '–' : Math.round(score * 100)])} />
    </details>`;
  })}`;
