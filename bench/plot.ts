/** A line of a panel, its points ordered by x; points whose y isn't a positive number are left out. */
export type Line = { name: string; color: string; dashed?: boolean; points: [x: number, y: number][] };
export type Panel = { title: string; lines: Line[] };

const width = 300;
const height = 250;
const left = 58;
const top = 34;
const bottom = 28;
const gap = 30;

const escapeXml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** A number in short form: 0.05, 3, 250, 10k, 1M. */
export function short(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (value >= 1e3) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(2)));
}

/** Maps values between two powers of ten to pixels. */
function logScale(values: number[], from: number, to: number) {
  const known = values.filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(...known)) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...known)) - 1e-9));
  const place = (value: number) => from + ((Math.log10(value) - low) / (high - low)) * (to - from);
  return { place, ticks: Array.from({ length: high - low + 1 }, (_, at) => 10 ** (low + at)) };
}

function drawPanel({ title, lines }: Panel, offset: number): string {
  const points = lines.flatMap((line) => line.points).filter(([, y]) => y > 0);
  if (points.length === 0) return '';
  const x = logScale(
    points.map(([each]) => each),
    left + 10,
    width - 10,
  );
  const y = logScale(
    points.map(([, each]) => each),
    height - bottom,
    top,
  );
  const parts = [`<text x="${left}" y="20" class="title">${escapeXml(title)}</text>`];
  for (const tick of y.ticks) {
    const at = y.place(tick).toFixed(1);
    parts.push(`<line x1="${left}" x2="${width}" y1="${at}" y2="${at}" class="grid"/>`);
    parts.push(`<text x="${left - 6}" y="${at}" dy="4" text-anchor="end">${short(tick)}</text>`);
  }
  for (const tick of x.ticks)
    parts.push(
      `<text x="${x.place(tick).toFixed(1)}" y="${height - bottom + 18}" text-anchor="middle">${short(tick)}</text>`,
    );
  for (const { name, color, dashed, points: own } of lines) {
    const placed = own
      .filter(([, value]) => value > 0)
      .map(([size, value]) => ({ at: `${x.place(size).toFixed(1)},${y.place(value).toFixed(1)}`, value }));
    const dash = dashed ? ' stroke-dasharray="5 4"' : '';
    parts.push(`<polyline points="${placed.map(({ at }) => at).join(' ')}" stroke="${color}"${dash} class="line"/>`);
    for (const { at, value } of placed) {
      const [cx, cy] = at.split(',');
      const tip = `<title>${escapeXml(name)}: ${short(value)}</title>`;
      parts.push(`<circle cx="${cx}" cy="${cy}" r="3.5" fill="${color}">${tip}</circle>`);
    }
  }
  return `<g transform="translate(${offset} 0)">${parts.join('\n')}</g>`;
}

/** Plots panels side by side as an SVG, with logarithmic axes and one legend, in colours for light and dark pages. */
export function plot(panels: Panel[], description: string): string {
  const total = panels.length * (width + gap);
  const named = new Map(panels.flatMap(({ lines }) => lines.map((line) => [line.name, line])));
  const perRow = 3;
  const legend = [...named.values()].map(({ name, color, dashed }, at) => {
    const place = `translate(${left + (at % perRow) * (total / perRow)} ${height + 22 + Math.floor(at / perRow) * 20})`;
    const dash = dashed ? ' stroke-dasharray="5 4"' : '';
    const mark = `<line x2="22" y1="-4" y2="-4" stroke="${color}"${dash} class="line"/>`;
    return `<g transform="${place}">${mark}<text x="28">${escapeXml(name)}</text></g>`;
  });
  const tall = height + 30 + Math.ceil(legend.length / perRow) * 20;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total} ${tall}" role="img" aria-label="${escapeXml(description)}">
<style>
text { font: 12px system-ui, sans-serif; fill: #57606a }
.title { font-size: 14px; font-weight: 600 }
.grid { stroke: #808080; stroke-opacity: .3 }
.line { stroke-width: 2; fill: none }
@media (prefers-color-scheme: dark) { text { fill: #b1bac4 } }
</style>
${panels.map((panel, at) => drawPanel(panel, at * (width + gap))).join('\n')}
${legend.join('\n')}
</svg>
`;
}
