import type { FoundPassage } from '../passage.ts';
import { hasNoFullStops, holdsWide, withoutWideLineEnds } from '../scripts.ts';
import { afterClosingMarks, type Span, splitSentences } from '../sentences.ts';
import { clauseStarts, namesClauses } from './numbered-clauses.ts';
import { layoutOf } from './passage-layout.ts';

/** A sentence of a passage that may answer. `start` and `end` are offsets into the document. */
export type Candidate = {
  passage: FoundPassage;
  /** Its place among the sentences of its passage. */
  place: number;
  start: number;
  end: number;
  /** As it stands in the passage, together with the list or code that it leads up to. */
  text: string;
  /** What it is incomplete without: the heading or question that it stands under, the names of the columns of its table. */
  completedBy: string;
  /** Parts of the passage, or empty: the list or code that it leads up to, and the head of its table. */
  block: string;
  head: string;
  /** Whether it only names what is below it, as the head of a table or a question that is answered there. */
  onlyNames: boolean;
  /** Whether it reads as an answer: false for headings, rules, code fences and the like. */
  prose: boolean;
  /** The mean and the greatest cosine between the question and the windows that hold the sentence. */
  meanSimilarity: number;
  greatestSimilarity: number;
};

const lineMark = /^[ \t]*(?:#{1,6}[ \t]|[-+*•][ \t]|\d{1,3}[.)][ \t]|\||:{3,}[ \t]*$)/;
/** A heading, or what opens a callout or an admonition. */
const opensPart = /^[ \t]*(?:#{1,6}[ \t]|>[ \t]?\[!|(?:!!!|\?\?\?\+?|:{3,})[ \t]*[\p{L}])/u;
/** A few emphasised words that begin a paragraph and name its subject, as in "**Logit.** A logit is a score." */
const runInHeading = /^([*_]{1,3})[^\s*_]+(?:\s[^\s*_]+){0,4}\1$/;
/** A labelled value, as in records and notes: "Region: West; Manager: A. Byrne". */
const labelled = /^[^.:;?!|]{1,60}:\s+\S/;
/** Markup after a sentence, which must not make it look like a fragment. */
const trailingTags = /(?:\s{0,20}<[^<>]{0,80}>)+$/;
/**
 * The longest list or code, with the sentence that leads up to it, that counts as one sentence, in UTF-16 code units.
 */
const longestBlock = 2_000;
/** A marker that a sentence may begin with and an answer need not: of a heading, a list item, a quotation. */
const leadingMark = /^(?:#{1,6}|[-+*•>]|\d{1,3}[.)])[ \t]+/;

/** The sentences of the retrieved passages in order; what two passages share is there once. */
export function sentenceCandidates(context: FoundPassage[]): Candidate[] {
  const seen = new Set<string>();
  return context.flatMap((passage) => {
    const surroundingsOf = readSurroundings(passage);
    const similaritiesAt = readSimilarities(passage);
    return sentencesOf(passage).flatMap((sentence, place): Candidate[] => {
      const { start } = sentence;
      const key = `${passage.documentId} ${start}`;
      const sentenceText = passage.text.slice(start - passage.start, sentence.end - passage.start);
      if (seen.has(key) || !/[\p{L}\p{N}]/u.test(sentenceText)) return [];
      seen.add(key);
      const { completedBy, head, onlyNames, block } = surroundingsOf(sentence);
      const end = block ? passage.start + block.end : sentence.end;
      const holding = similaritiesAt(sentence);
      const similarities = holding.length > 0 ? holding : passage.similarities;
      return [
        {
          passage,
          place,
          start,
          end,
          text: passage.text.slice(start - passage.start, end - passage.start),
          completedBy,
          block: block ? passage.text.slice(block.start, block.end) : '',
          head,
          onlyNames,
          prose: head !== '' || block !== undefined || isProse(sentenceText, passage, end),
          meanSimilarity: similarities.reduce((sum, each) => sum + each, 0) / Math.max(1, similarities.length),
          greatestSimilarity: similarities.length > 0 ? Math.max(...similarities) : 0,
        },
      ];
    });
  });
}

/** Returns a function that tells the similarities of the windows that hold a sentence; it must be asked for them in order. */
function readSimilarities({ windows, similarities }: FoundPassage) {
  const inOrder = windows
    .map((window, at) => ({ ...window, similarity: similarities[at]! }))
    .sort((one, other) => one.start - other.start);
  let first = 0;
  return ({ start, end }: Span): number[] => {
    while (first < inOrder.length && inOrder[first]!.end <= start) first += 1;
    const holding: number[] = [];
    for (let at = first; at < inOrder.length && inOrder[at]!.start < end; at += 1)
      if (inOrder[at]!.end > start) holding.push(inOrder[at]!.similarity);
    return holding;
  };
}

/** Returns a function that tells what a sentence of the passage stands under, and what it leads up to. */
function readSurroundings({ text, start }: FoundPassage) {
  const { headings, tables, blocks, asked } = layoutOf(text);
  return (sentence: Span) => {
    const [from, to] = [sentence.start - start, sentence.end - start];
    const isIn = (part: Span) => part.start <= from && to <= part.end;
    const table = tables.find(isIn);
    const head = table ? text.slice(table.head.start, table.head.end) : '';
    const block = blocks.find((each) => each.start >= to);
    const isLed =
      block && block.lead !== '' && block.end - from <= longestBlock && text.slice(to, block.start).trim() === '';
    const nearest = headings.findLast((heading) => heading.start < from)?.text ?? '';
    const answered = asked.find(({ answer }) => isIn(answer))?.question;
    const isHeading = headings.some((heading) => heading.start === from);
    const isUnder = nearest !== '' && (!isHeading || nearest.endsWith('?'));
    const above = isUnder ? nearest : answered ? text.slice(answered.start, answered.end) : '';
    const names = tables.some((each) => each.isMarkdown && each.head.start <= from && to <= each.head.end);
    const asks = asked.some((each) => each.question.start <= from && to <= each.question.end);
    return {
      completedBy: `${above}\n${head}`.trim(),
      head,
      onlyNames: names || (asks && !isLed),
      block: isLed ? block : undefined,
    };
  };
}

/**
 * The sentences of a passage. They end where the splitter says, where a window begins or ends, before headings, list
 * items and numbered clauses, after headings and what opens an admonition, and between records.
 */
function sentencesOf({ text, start, windows }: FoundPassage): { start: number; end: number }[] {
  const cuts = new Set(clauseStarts(text));
  // Windows made by an earlier version may end before the marks that close a sentence's emphasis.
  for (const window of windows)
    for (const at of [window.start, window.end]) cuts.add(afterClosingMarks(text, at - start));
  let line = 0;
  let afterOpening = false;
  let labelBefore = '';
  for (const each of text.split('\n')) {
    const label = each.slice(0, each.indexOf(': ') + 1);
    if (afterOpening || lineMark.test(each) || (label !== '' && label === labelBefore)) cuts.add(line);
    afterOpening = opensPart.test(each);
    labelBefore = label;
    line += each.length + 1;
  }
  const ordered = [...cuts].sort((one, other) => one - other);
  let next = 0;
  return splitSentences(text).flatMap((sentence) => {
    const inside: number[] = [];
    for (; next < ordered.length && ordered[next]! < sentence.end; next += 1)
      if (ordered[next]! > sentence.start) inside.push(ordered[next]!);
    const bounds = [sentence.start, ...inside, sentence.end];
    return bounds.slice(1).flatMap((end, at) => {
      const from = bounds[at]!;
      const piece = text.slice(from, end);
      const trimmed = piece.trim();
      if (trimmed === '') return [];
      const first = start + from + piece.indexOf(trimmed);
      return [{ start: first, end: first + trimmed.length }];
    });
  });
}

/**
 * Whether a sentence reads as one. These don't: headings, also as emphasised words on a line of their own; rows of
 * tables; fences; what leads up to a list, or to clauses that are numbered below it; and short lines without a full
 * stop.
 */
function isProse(text: string, passage: FoundPassage, end: number): boolean {
  if (/^(?:#{1,6}[ \t]|\||```|~~~|[-=|:\s]+$)/.test(text) || /\|.*\|/.test(text)) return false;
  if (/:\s*$/.test(text) || namesClauses(text, passage.text.slice(end - passage.start))) return false;
  const standsAlone = () => /^\s*(?:\n|$)/.test(passage.text.slice(end - passage.start));
  if (runInHeading.test(text) && !standsAlone()) return false;
  if (endsSentence(text.replace(trailingTags, '')) && (/\s/.test(text) || holdsWide(text))) return true;
  if (leadingMark.test(text) || labelled.test(text)) return true;
  return !standsAlone() || text.length > (hasNoFullStops(text) ? 30 : 80);
}

/** A sentence with what it is incomplete without. */
export const wholeText = ({ completedBy, text }: Candidate) => (completedBy === '' ? text : `${completedBy}\n${text}`);

/** Whether a text ends as a sentence does, marks of emphasis and quotation aside. */
export const endsSentence = (text: string) => /[.!?;…。！？；؟؛۔।॥။។]["'”’»“)\]*_`」』）]*$/.test(text);

/**
 * A sentence as an answer shows it: on one line, without the marker of a list item.
 * @param block the list or code at its end, which is shown as it stands
 */
export function readable(text: string, block = ''): string {
  const sentence = withoutWideLineEnds(text.slice(0, text.length - block.length))
    .replace(leadingMark, '')
    .replace(/\s+/g, ' ')
    .trim();
  return block === '' ? sentence : `${sentence}\n\n${block}`;
}
