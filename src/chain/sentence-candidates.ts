import type { FoundPassage } from '../passage.ts';
import { afterClosingMarks, type Span, splitSentences } from '../sentences.ts';

/** A sentence of a passage that may answer: offsets into the document, and how near the windows that hold it are. */
export type Candidate = {
  passage: FoundPassage;
  /** Its place among the sentences of its passage. */
  place: number;
  start: number;
  end: number;
  /** As it stands in the passage. */
  text: string;
  /** False for headings, rows of tables, code: what reads badly as an answer. */
  prose: boolean;
  /** Mean and greatest cosine between the question and the windows that hold the sentence. */
  meanSimilarity: number;
  greatestSimilarity: number;
};

const lineMark = /^[ \t]*(?:#{1,6}[ \t]|[-+*•][ \t]|\d{1,3}[.)][ \t]|\|)/;
/** A few emphasised words that what follows is about, as in "**Logit.** A logit is a score." */
const runInHeading = /^([*_]{1,3})[^\s*_]+(?:\s[^\s*_]+){0,4}\1$/;
/** Markup behind a sentence is not its end: else a tag put there would make it look like a fragment. */
const trailingTags = /(?:\s{0,20}<[^<>]{0,80}>)+$/;
/** What a sentence may begin with and an answer need not: the marker of a heading, a list item, a quotation. */
const leadingMark = /^(?:#{1,6}|[-+*•>]|\d{1,3}[.)])[ \t]+/;

/** The sentences of the retrieved passages in order; what two passages share counts once. */
export function sentenceCandidates(context: FoundPassage[]): Candidate[] {
  const seen = new Set<string>();
  return context.flatMap((passage) =>
    sentencesOf(passage).flatMap(({ start, end }, place): Candidate[] => {
      const key = `${passage.documentId} ${start}`;
      const text = passage.text.slice(start - passage.start, end - passage.start);
      if (seen.has(key) || !/[\p{L}\p{N}]/u.test(text)) return [];
      seen.add(key);
      const isHolding = (window: Span) => window.start < end && start < window.end;
      const holding = passage.similarities.filter((_, at) => isHolding(passage.windows[at]!));
      const similarities = holding.length > 0 ? holding : passage.similarities;
      return [
        {
          passage,
          place,
          start,
          end,
          text,
          prose: isProse(text, passage, end),
          meanSimilarity: similarities.reduce((sum, each) => sum + each, 0) / Math.max(1, similarities.length),
          greatestSimilarity: similarities.length > 0 ? Math.max(...similarities) : 0,
        },
      ];
    }),
  );
}

/** Sentences end where the splitter says, where a window begins or ends, and before lines that are headings or items. */
function sentencesOf({ text, start, windows }: FoundPassage): { start: number; end: number }[] {
  const cuts = new Set<number>();
  // An earlier version's windows may end before the marks that close a sentence's emphasis.
  for (const window of windows)
    for (const at of [window.start, window.end]) cuts.add(afterClosingMarks(text, at - start));
  let line = 0;
  let afterHeading = false;
  for (const each of text.split('\n')) {
    if (afterHeading || lineMark.test(each)) cuts.add(line);
    afterHeading = /^[ \t]*#{1,6}[ \t]/.test(each);
    line += each.length + 1;
  }
  const ordered = [...cuts].sort((one, other) => one - other);
  return splitSentences(text).flatMap((sentence) => {
    const inside = ordered.filter((cut) => sentence.start < cut && cut < sentence.end);
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
 * Whether a sentence reads as one: it isn't a heading, on a line of its own or before a paragraph, a row of a table, a fence, what leads up to a list, or a short line
 * without a full stop.
 */
function isProse(text: string, passage: FoundPassage, end: number): boolean {
  if (/^(?:#{1,6}[ \t]|\||```|~~~|[-=|:\s]+$)/.test(text) || /\|.*\|/.test(text)) return false;
  if (/:\s*$/.test(text)) return false;
  const standsAlone = () => /^\s*(?:\n|$)/.test(passage.text.slice(end - passage.start));
  if (runInHeading.test(text) && !standsAlone()) return false;
  if (/[.!?;…。！？]["'”’»)\]*_`]*$/.test(text.replace(trailingTags, '')) && /\s/.test(text)) return true;
  if (leadingMark.test(text)) return true;
  return !standsAlone() || text.length > 80;
}

/** A sentence as an answer shows it: on one line, without the marker that a list puts before it. */
export function readable(text: string): string {
  return text.replace(leadingMark, '').replace(/\s+/g, ' ').trim();
}
