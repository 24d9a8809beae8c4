import { withoutBreakHints } from './loaded-document.ts';

/** What pdf.js tells of a run of text: its characters, where its baseline starts, its size, and whether its line ends here. */
export type TextItem = { str: string; transform: number[]; width: number; height: number; hasEOL: boolean };

type Line = { text: string; left: number; right: number; baseline: number; size: number };

/** A gap between lines that is this much larger than the page's usual one begins a new paragraph. */
const PARAGRAPH_GAP = 1.35;
/** The usual gap is at most this many times the letters' size (double spacing included). */
const LARGEST_USUAL_GAP = 2.5;
/** A change of the letters' size by this factor begins a new paragraph too. */
const SIZE_CHANGE = 1.15;
/** A line that reaches this far into its paragraph's width was wrapped; a shorter one ended by itself. */
const WRAPPED_WIDTH = 0.8;

const WORD_HYPHEN = /(?:^|[^\p{L}-])\p{L}+[-\u00ad\u2010]$/u;
const COMPOUND_HYPHEN = /[\p{L}\p{N}][-\u2010]$/u;

/**
 * The text of a page from its items, in the order the page gives them: lines put together, wrapped lines joined to paragraphs
 * (a word hyphenated at the line's end made whole), lines that ended by themselves (lists, code, verse) kept, and a blank line
 * between paragraphs. Where paragraphs end is told by the gaps between lines and the size of the letters.
 */
export function layOutPage(items: TextItem[]): string {
  const lines = linesOf(items);
  const gaps = lines.slice(1).map((line, index) => lines[index]!.baseline - line.baseline);
  const usualGap = Math.min(median(gaps), median(lines.map((line) => line.size)) * LARGEST_USUAL_GAP);
  const paragraphs: Line[][] = [];
  for (const line of lines) {
    const paragraph = paragraphs.at(-1);
    if (paragraph && continues(paragraph.at(-1)!, line, usualGap)) paragraph.push(line);
    else paragraphs.push([line]);
  }
  return withoutBreakHints(paragraphs.map(joinLines).join('\n\n'));
}

function linesOf(items: TextItem[]): Line[] {
  const lines: Line[] = [];
  let line: Line | undefined;
  for (const { str, transform, width, height, hasEOL } of items) {
    const [, , , , left = 0, baseline = 0] = transform;
    if (str.trim() === '') {
      if (line) line.text += str;
    } else if (line) {
      line.text += str;
      line.right = left + width;
      if (height > line.size) Object.assign(line, { baseline, size: height });
    } else {
      line = { text: str, left, right: left + width, baseline, size: height };
    }
    if (hasEOL && line) {
      lines.push(line);
      line = undefined;
    }
  }
  if (line) lines.push(line);
  return lines.map((each) => ({ ...each, text: each.text.replace(/\s+/g, ' ').trim() }));
}

function continues(previous: Line, line: Line, usualGap: number): boolean {
  const gap = previous.baseline - line.baseline;
  const sizes = Math.max(previous.size, line.size) / Math.min(previous.size, line.size);
  return gap >= 0 && gap <= usualGap * PARAGRAPH_GAP && !(sizes > SIZE_CHANGE);
}

function joinLines(lines: Line[]): string {
  const left = Math.min(...lines.map((line) => line.left));
  const right = Math.max(...lines.map((line) => line.right));
  let text = '';
  lines.forEach((line, index) => {
    const previous = lines[index - 1];
    if (!previous) text = line.text;
    else if (WORD_HYPHEN.test(previous.text) && /^\p{Ll}/u.test(line.text)) text = text.slice(0, -1) + line.text;
    else if (COMPOUND_HYPHEN.test(previous.text) && /^\p{L}/u.test(line.text)) text += line.text;
    else text += (previous.right - left >= (right - left) * WRAPPED_WIDTH ? ' ' : '\n') + line.text;
  });
  return text;
}

/** The middle one of the numbers above zero; zero when there is none. */
function median(numbers: number[]): number {
  const sorted = numbers.filter((number) => number > 0).sort((one, other) => one - other);
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}
