import type { Evaluation } from './evaluate-dataset.ts';
import { reliability, rocPoints, type Scored } from './measures.ts';
import { reportTables } from './report.ts';

const colors = ['#0969da', '#bf3989', '#1a7f37', '#bc4c00', '#8250df', '#57606a', '#9a6700', '#0a7ea4'];
const side = 260;
const margin = { left: 44, top: 12, bottom: 36 };
/** How many mistakes of each judge are shown, the most confident first. */
const mistakesShown = 8;

const escapeHtml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

type Line = { name: string; color: string; points: [x: number, y: number][]; dots?: boolean };

/** A square plot of shares against shares, with the diagonal that chance, or perfect calibration, would give. */
function squarePlot(title: string, axes: { x: string; y: string }, lines: Line[]): string {
  const x = (value: number) => (margin.left + value * side).toFixed(1);
  const y = (value: number) => (margin.top + (1 - value) * side).toFixed(1);
  const parts: string[] = [];
  for (const tick of [0, 0.25, 0.5, 0.75, 1]) {
    parts.push(`<line class="grid" x1="${x(0)}" x2="${x(1)}" y1="${y(tick)}" y2="${y(tick)}"/>`);
    parts.push(`<text x="${margin.left - 6}" y="${y(tick)}" dy="4" text-anchor="end">${tick}</text>`);
    parts.push(`<text x="${x(tick)}" y="${margin.top + side + 15}" text-anchor="middle">${tick}</text>`);
  }
  parts.push(`<line class="chance" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}"/>`);
  for (const { name, color, points, dots } of lines) {
    const placed = points.map(([one, other]) => `${x(one)},${y(other)}`);
    parts.push(
      `<polyline points="${placed.join(' ')}" stroke="${color}"><title>${escapeHtml(name)}</title></polyline>`,
    );
    if (dots)
      for (const at of placed)
        parts.push(`<circle cx="${at.split(',')[0]}" cy="${at.split(',')[1]}" r="3" fill="${color}"/>`);
  }
  parts.push(`<text x="${x(0.5)}" y="${margin.top + side + 32}" text-anchor="middle">${axes.x}</text>`);
  const box = `0 0 ${margin.left + side + 14} ${margin.top + side + margin.bottom + 4}`;
  return `<figure><figcaption>${title}<small>${axes.y}</small></figcaption><svg viewBox="${box}" role="img" aria-label="${title}">${parts.join('')}</svg></figure>`;
}

function mistakes({ judged }: Evaluation, name: string): string {
  const wrong = judged
    .flatMap(({ pair, judged: by }) => {
      const { label, score } = by[name] ?? { label: 'Unjudged', score: null };
      if (label === 'Unjudged' || (label === 'Correct') === pair.right) return [];
      return [{ pair, label, score, sure: Math.abs((score ?? 0.5) - 0.5) }];
    })
    .sort((one, other) => other.sure - one.sure)
    .slice(0, mistakesShown);
  const rows = wrong.map(({ pair, label, score }) => {
    const cells = [
      pair.kind,
      pair.question,
      pair.answer.slice(0, 300),
      `${label}${score === null ? '' : ` (${score.toFixed(2)})`}`,
    ];
    return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;
  });
  if (rows.length === 0) return '';
  return `<details><summary>${escapeHtml(name)}: its most confident mistakes</summary><div class="wide"><table><tr><th>kind</th><th>question</th><th>answer</th><th>called</th></tr>${rows.join('')}</table></div></details>`;
}

/** The report as one page that needs nothing else: tables, ROC curves, reliability, where judges fail. All texts are escaped. */
export function toPage(evaluation: Evaluation): string {
  const { dataSet, models, judges } = evaluation;
  const tables = reportTables(evaluation).map(({ title, head, rows }) => {
    const row = (cells: string[], tag: string) =>
      `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
    return `<h2>${escapeHtml(title)}</h2><div class="wide"><table>${row(head, 'th')}${rows.map((cells) => row(cells, 'td')).join('')}</table></div>`;
  });
  const colorOf = (at: number) => colors[at % colors.length]!;
  const legend = judges.map(({ name }, at) => `<li style="--color:${colorOf(at)}">${escapeHtml(name)}</li>`);
  const lines = (pointsOf: (scored: Scored[]) => [number, number][], shown: typeof judges, dots = false) =>
    shown.map(
      ({ name, scored }): Line => ({
        name,
        color: colorOf(judges.findIndex((each) => each.name === name)),
        points: pointsOf(scored),
        dots,
      }),
    );
  const probable = judges.filter(({ hasProbabilities }) => hasProbabilities);
  const plots =
    judges.length === 0
      ? ''
      : `<ul class="legend">${legend.join('')}</ul><div class="plots">${squarePlot(
          'ROC',
          { x: 'share of wrong answers that pass', y: 'share of right answers that pass' },
          lines(rocPoints, judges),
        )}${squarePlot(
          'Reliability',
          { x: 'stated probability', y: 'share that is right' },
          lines((scored) => reliability(scored).map((bin) => [bin.stated, bin.true]), probable, true),
        )}</div>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evaluation on ${escapeHtml(dataSet)}</title>
<style>
:root { color-scheme: light dark; --ink: light-dark(#1f2328, #e6edf3); --quiet: light-dark(#57606a, #9da7b1); --line: light-dark(#d0d7de, #3d444d) }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 76rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
p, small { color: var(--quiet) }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { min-width: 5.5rem; text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line) }
th { font-weight: 600; font-size: .85rem }
.plots { display: flex; flex-wrap: wrap; gap: 2rem }
figure { margin: 0; flex: 1 1 18rem; max-width: 26rem } figcaption { font-weight: 600 } figcaption small { display: block; font-weight: 400 }
svg { width: 100% } svg text { font-size: 11px; fill: var(--quiet) }
polyline { fill: none; stroke-width: 2 } .grid { stroke: var(--line) } .chance { stroke: var(--quiet); stroke-dasharray: 4 4 }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; padding: 0; list-style: none }
.legend li::before { content: ""; display: inline-block; width: 1.2em; height: .25em; margin-right: .5em; vertical-align: middle; background: var(--color) }
details { margin: .8rem 0 } summary { cursor: pointer } td { max-width: 34rem }
</style></head><body>
<h1>Evaluation on ${escapeHtml(dataSet)}</h1>
<p>Answers: ${escapeHtml(models.chat ?? 'extracted, no language model')}. Verdicts: ${escapeHtml(models.evaluation)}. Vectors: ${escapeHtml(models.embedding)}. In brackets: 95% intervals.</p>
${tables.join('\n')}
${plots}
${judges.map(({ name }) => mistakes(evaluation, name)).join('\n')}
</body></html>
`;
}
