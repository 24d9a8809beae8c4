import type { Span } from '../sentences.ts';
import type { Format } from './format.ts';

/** A heading: where its line (or lines) stands, its level from 1 (uppermost) to 6, and its words without markup. */
export type Heading = Span & { level: number; text: string };

/**
 * A stretch that is not running prose and is best kept in one piece. Every line of a table is a unit of its own; code is taken
 * in groups of lines; a list is prose whose items begin at `breaks`.
 */
export type Block = Span & { kind: 'list' | 'table' | 'code' };

/**
 * A document as text. Passages are exact slices of `text`, and every offset here is into it, in UTF-16 code units.
 * Headings and blocks are in order and overlap neither themselves nor each other.
 */
export type LoadedDocument = {
  format: Format;
  text: string;
  /** What the document calls itself; `null` when it doesn't. */
  title: string | null;
  headings: Heading[];
  blocks: Block[];
  /** Where a new sentence begins whatever the punctuation says: the items of lists, paragraphs within quotations. In order. */
  breaks: number[];
};

/** A longer line than this (UTF-16 code units) isn't taken as a heading: it is prose that looks like one. */
export const LONGEST_HEADING = 300;

/** A document may unfold to far more text than its size suggests: beyond this many UTF-16 code units it is refused. */
export const LONGEST_TEXT = 20_000_000;

/** Where no white space parts words, a zero-width space may. */
const unspaced = String.raw`[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]`;
const breakHint = new RegExp(`[\\u00ad\\u2060]|(?<!${unspaced})\\u200b(?!${unspaced})`, 'gu');

/** Text that is made from a file doesn't keep the hints where words may be broken, which nobody sees: they would part the words. */
export const withoutBreakHints = (text: string): string => text.replace(breakHint, '');
