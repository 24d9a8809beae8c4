import type { Span } from '../sentences.ts';
import type { LoadedDocument } from './loaded-document.ts';
import { packSection } from './pack.ts';
import { sectionsOf } from './sections.ts';
import { unitsOf } from './units.ts';
import { windowsOf } from './windows.ts';

/** A window: the unit that is embedded. `headingPath` is that of its own section, which a merged passage's may not be. */
export type Window = Span & { headingPath: string[] };

/** A passage: a stretch of the text, the headings it stands under (uppermost first), and its windows in order. */
export type PassageSpan = Span & { headingPath: string[]; windows: Window[] };

export type SplitOptions = {
  /** No passage has more tokens, but where a single character has more by itself. */
  chunkSizeTokens: number;
  /** Whole sentences of at most so many tokens are repeated where a section is parted. At most half the size is used. */
  chunkOverlapTokens: number;
  /** Called once for each sentence and once for each passage. */
  countTokens: (text: string) => number;
};

/** A section with fewer tokens than this share of the size is merged with a neighbour, if one fits. */
const SMALL = 1 / 2;

/**
 * Splits a document into passages, in order; together they hold every character that isn't white space. They end where
 * sentences end, rows of tables and lines of code counting as such, and part sections, not headings from what they head.
 *
 * A section that fits is one passage. A larger one is parted evenly, between paragraphs where that is near; lists, tables and
 * code stay whole where they can. A section under half the size is merged with the next one of the same or a lower level:
 * alone it would show the model too little. The merged passage's heading path is what the paths of its sections share, which
 * is true of all of it; its windows keep the paths of their own sections, so that what is embedded stays precise.
 *
 * A window is two sentences in a row of one section (or a passage's only one): the finer unit finds more, the passage shown
 * for it tells more. Headings are no sentences, unless a passage has nothing else.
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
