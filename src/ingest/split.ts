import type { Span } from '../sentences.ts';
import type { LoadedDocument } from './loaded-document.ts';
import { packSection } from './pack.ts';
import { sectionsOf } from './sections.ts';
import { unitsOf } from './units.ts';
import { windowsOf } from './windows.ts';

/** A window, which is what gets embedded. `headingPath` is that of its own section; a merged passage's may be shorter. */
type Window = Span & { headingPath: string[] };

/** A passage: a stretch of the text, the headings above it (uppermost first), and its windows in order. */
export type PassageSpan = Span & { headingPath: string[]; windows: Window[] };

type SplitOptions = {
  /** No passage has more tokens than this, unless a single character has. */
  chunkSizeTokens: number;
  /** Where a section is split, whole sentences of up to this many tokens are repeated; at most half of the size. */
  chunkOverlapTokens: number;
  /** Called about once for each sentence and once for each passage. */
  countTokens: (text: string) => number;
};

/** A section with fewer tokens than this share of the size is merged with a neighbour, if one fits. */
const SMALL = 1 / 2;

/**
 * Splits a document into passages, in order; together they hold every character that isn't white space. A passage ends where a sentence
 * ends (or a row of a table, or lines of code), and never between a heading and its text.
 *
 * A section that fits is one passage. A larger one is split evenly, between paragraphs where one ends nearby; lists, tables and code stay
 * whole where they can. A section under half the size is merged with the next one of the same or a lower level, because alone it would
 * show the model too little. A merged passage's heading path is what the paths of its sections share; its windows keep the paths of
 * their own sections, so that what is embedded stays precise.
 *
 * A window is two consecutive sentences of one section, or a passage's only one: the smaller unit is found more reliably, the passage
 * shown for it tells more. Headings don't count as sentences, unless a passage has nothing else.
 */
export function splitDocument(
  document: Pick<LoadedDocument, 'text' | 'headings' | 'blocks' | 'breaks'>,
  options: SplitOptions,
): PassageSpan[] {
  const { text } = document;
  const { chunkSizeTokens: sizeTokens, countTokens } = options;
  const overlapTokens = Math.min(options.chunkOverlapTokens, Math.floor(sizeTokens / 2));
  const units = unitsOf(document, { sizeTokens, countTokens });
  const sections = sectionsOf(units, document.headings, { sizeTokens, smallTokens: sizeTokens * SMALL });
  return sections.flatMap((section) =>
    packSection(section.units, { text, sizeTokens, overlapTokens, countTokens }).map((packed) => ({
      start: packed[0]!.start,
      end: packed.at(-1)!.end,
      headingPath: section.pathOf(packed),
      windows: windowsOf(packed, section.pathOf),
    })),
  );
}
