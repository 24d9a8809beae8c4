import type { Line } from './pdf-paragraphs.ts';

/** A bullet, or the number or letter of an item, and nothing else. */
const LONE_LABEL = /^(?:[•‣◦▪●○■□–*-]|\(?(?:\d{1,3}|[ivxlc]{1,5}|\p{L})[.)])$/iu;
/** Shares of the letter size: how far apart a label and its item's baselines may be, and how wide the gap between the two. */
const SAME_BASELINE = 0.1;
const WIDEST_GAP = 3;
/** A page with more lines at one height is drawn to waste time: each would be compared with each label there. */
const MOST_AT_HEIGHT = 100;

/** Puts bullets and numbers before their items where a program drew them apart, after the text of the page. */
export function withLabels(lines: Line[]): Line[] {
  const isLabel = (line: Line) => LONE_LABEL.test(line.text);
  const atHeight = new Map<number, Line[]>();
  for (const line of lines.filter((line) => !isLabel(line))) {
    const height = Math.round(line.baseline);
    const others = atHeight.get(height);
    if (!others) atHeight.set(height, [line]);
    else if (others.length < MOST_AT_HEIGHT) others.push(line);
  }
  const labels = new Map<Line, Line>();
  for (const label of lines.filter(isLabel)) {
    const height = Math.round(label.baseline);
    const beside = [height - 1, height, height + 1].flatMap((near) => atHeight.get(near) ?? []);
    const item = beside.find((line) => isBeside(label, line) && !labels.has(line));
    if (item) labels.set(item, label);
  }
  const placed = new Set(labels.values());
  return lines
    .filter((line) => !placed.has(line))
    .map((line) => {
      const label = labels.get(line);
      if (!label) return line;
      const asRow = line.asRow && { ...line.asRow, text: `${label.text} ${line.asRow.text}` };
      return { ...line, text: `${label.text} ${line.text}`, asRow, left: Math.min(label.left, line.left) };
    });
}

/** Whether a line is the one that a label stands before, which in Hebrew or Arabic is on its left. */
function isBeside(label: Line, line: Line): boolean {
  const gap = Math.max(line.left - label.right, label.left - line.right);
  const isLevel = Math.abs(label.baseline - line.baseline) <= line.size * SAME_BASELINE;
  return isLevel && gap >= 0 && gap <= line.size * WIDEST_GAP;
}
