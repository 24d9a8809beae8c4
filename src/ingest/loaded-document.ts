import type { Span } from '../sentences.ts';
import type { Format } from './format.ts';

/** A heading: the span of its line or lines, its level from 1 (uppermost) to 6, and its words without markup. */
export type Heading = Span & { level: number; text: string };

/**
 * A stretch that isn't running prose and is best kept in one piece. Each line of a table is a unit; lines of code are grouped into units;
 * a list is prose whose items begin at `breaks`.
 */
export type Block = Span & { kind: 'list' | 'table' | 'code' };

/**
 * A document as text. Passages are exact slices of `text`, and all offsets are into it, in UTF-16 code units. Headings and blocks are in
 * order, and none of them overlap.
 */
export type LoadedDocument = {
  format: Format;
  text: string;
  /** The document's own title; `null` where it has none. */
  title: string | null;
  headings: Heading[];
  blocks: Block[];
  /** Offsets, in order, where a new sentence begins whatever the punctuation: items of lists, paragraphs within quotations. */
  breaks: number[];
};

/** A line longer than this, in UTF-16 code units, isn't a heading but prose that looks like one. */
export const LONGEST_HEADING = 300;

/** A small file may unfold to a lot of text; a document with more than this many UTF-16 code units is refused. */
export const LONGEST_TEXT = 20_000_000;

/** In these scripts, which separate words by no white space, a zero-width space may separate them. */
const unspaced = String.raw`[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]`;
const breakHint = new RegExp(`[\\u00ad\\u2060]|(?<!${unspaced})\\u200b(?!${unspaced})`, 'gu');

/** Removes the invisible hints of where a word may be broken, which would split it. For text that is made from a file. */
export const withoutBreakHints = (text: string): string => text.replace(breakHint, '');
