import type { Span } from '../sentences.ts';

/**
 * A list or fenced code. `lead` is the line that leads up to it ("The steps are:", a heading, a question), or empty.
 */
type Block = Span & { lead: string };
/** The rows of a table. `head` is the line that names its columns, with the rule below it in Markdown. */
type Table = Span & { head: Span; isMarkdown: boolean };
/** A question that is a paragraph or the first line of one, and the text after it, which answers it. */
type Asked = { question: Span; answer: Span };
type Heading = { start: number; text: string };

/**
 * What a reader sees of a passage at a glance, but a sentence by itself doesn't show. All in order, with offsets into
 * the text of the passage.
 */
export type PassageLayout = { blocks: Block[]; tables: Table[]; headings: Heading[]; asked: Asked[] };

type Line = { start: number; end: number; text: string };

const heading = /^ {0,3}#{1,6}[ \t]+(?=\S)/;
const item = /^[ \t]*(?:[-+*•]|\d{1,3}[.)])[ \t]+\S/;
const fence = /^[ \t]*(?:```|~~~)/;
/** The rule below a table's head; without the white space around it, which would be tried in each way to divide it. */
const underHead = /^\|?(?:\s*:?-+:?\s*\|)+(?:\s*:?-+:?)?$/;
/** A question alone on its line, and the paragraph below it. */
const questionAndAnswer = /(?<=^|\n[^\S\n]*\n)([^\n.!?]{1,200}\?[*_]{0,3})[^\S\n]*\n\s*(.+(?:\n.+)*)/g;
/** How a line ends that leads up to a list or code. */
const leadsUp = /[:?][*_]{0,3}$/;

/** Reads the layout of a passage's text, line by line. */
export function layoutOf(text: string): PassageLayout {
  const layout: PassageLayout = { blocks: [], tables: [], headings: [], asked: askedIn(text) };
  const lines = linesOf(text);
  let above = '';
  for (let at = 0; at < lines.length; ) {
    const line = lines[at]!;
    const next = endOfPart(lines, at);
    const { end } = lines[next - 1]!;
    const named = heading.exec(line.text);
    if (named) layout.headings.push({ start: line.start, text: line.text.slice(named[0].length).trimEnd() });
    else if (fence.test(line.text) || item.test(line.text))
      layout.blocks.push({ start: line.start, end, lead: leadsUp.test(above) || heading.test(above) ? above : '' });
    else if (next > at + 1) {
      const isMarkdown = underHead.test(lines[at + 1]!.text.trim());
      const head = { start: line.start, end: lines[at + Number(isMarkdown)]!.end };
      layout.tables.push({ start: head.end, end, head, isMarkdown });
    }
    above = lines[next - 1]!.text.trim() || above;
    at = next;
  }
  return layout;
}

function askedIn(text: string): Asked[] {
  return Array.from(text.matchAll(questionAndAnswer), ({ index, 0: whole, 1: question, 2: answer }) => ({
    question: { start: index, end: index + question!.length },
    answer: { start: index + whole.length - answer!.length, end: index + whole.length },
  }));
}

function linesOf(text: string): Line[] {
  let start = 0;
  return text.split('\n').map((each) => {
    const line = { start, end: start + each.trimEnd().length, text: each };
    start += each.length + 1;
    return line;
  });
}

/** The number of the line after the part that begins at this one: fenced code, a list, a table, or a single line. */
function endOfPart(lines: Line[], at: number): number {
  const { text } = lines[at]!;
  let next = at + 1;
  if (fence.test(text)) {
    while (next < lines.length && !fence.test(lines[next]!.text)) next += 1;
    return Math.min(next + 1, lines.length);
  }
  if (item.test(text)) {
    let last = next;
    for (; next < lines.length && belongs(lines[next]!, lines[next - 1]!); next += 1)
      if (!isBlank(lines[next])) last = next + 1;
    return last;
  }
  if (hasCells(lines[at])) while (hasCells(lines[next])) next += 1;
  return next;
}

const isBlank = (line?: Line) => line?.text.trim() === '';
const hasCells = (line?: Line) => line?.text.trim().slice(1).includes('|');

/** Whether a list goes on with a line: an item, an indented or blank line, or the rest of the line before. */
function belongs({ text }: Line, before: Line): boolean {
  if (/^(?:[ \t]|\s*$)/.test(text) || item.test(text)) return true;
  return !isBlank(before) && !heading.test(text) && !fence.test(text);
}
