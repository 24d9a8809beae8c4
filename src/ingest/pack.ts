import type { Unit } from './units.ts';

type PackOptions = {
  text: string;
  sizeTokens: number;
  overlapTokens: number;
  countTokens: (text: string) => number;
};

/** A passage with this share of its fair share may end before a paragraph that would otherwise be split. */
const NEARLY_FULL = 3 / 4;

/**
 * Packs the units of a section evenly into passages of at most `sizeTokens`: three passages of 200 tokens rather than two of 250 and a
 * remainder of 100. Each passage after the first begins by repeating the last sentences of the one before, up to `overlapTokens` tokens.
 * Tokens are added up by unit. That sum can be a little below the passage's own count, so each passage is counted once more, and gives
 * up units while it is too long.
 */
export function packSection(units: Unit[], options: PackOptions): Unit[][] {
  const { text, sizeTokens, overlapTokens, countTokens } = options;
  // Tokens of all units before each index, white space included.
  const tokensBefore = [0];
  for (const unit of units) tokensBefore.push(tokensBefore.at(-1)! + unit.gapTokens + unit.tokens);
  const blockEnds = blockEndsOf(units);
  const tokensOf = (first: number, end: number) => tokensBefore[end]! - tokensBefore[first]! - units[first]!.gapTokens;
  const passages: Unit[][] = [];
  let first = 0;
  let next = 0;
  while (next < units.length) {
    let end = endOf(first, next);
    for (let excess = excessTokens(first, end); excess > 0 && end - first > 1; excess = excessTokens(first, end)) {
      const enough = tokensBefore[end]! - excess;
      if (end - next === 1) first++;
      else while (end - next > 1 && tokensBefore[end]! > enough) end--;
    }
    passages.push(units.slice(first, end));
    next = end;
    first = overlapStart(first, end);
  }
  return passages;

  /** By how many tokens a passage, counted as a whole, is too long. */
  function excessTokens(first: number, end: number): number {
    return countTokens(text.slice(units[first]!.start, units[end - 1]!.end)) - sizeTokens;
  }

  /** The end of the passage that repeats the units from `first` and continues with those from `next`. */
  function endOf(first: number, next: number): number {
    const repeated = next > first ? tokensOf(first, next) : 0;
    const left = tokensOf(next, units.length);
    const parts =
      repeated + left <= sizeTokens ? 1 : 1 + Math.ceil((left - sizeTokens + repeated) / (sizeTokens - overlapTokens));
    const fairShare = parts === 1 ? sizeTokens : repeated + left / parts;
    let end = next + 1;
    let hasText = !units[next]!.isHeading;
    while (
      end < units.length &&
      tokensOf(first, end + 1) <= sizeTokens &&
      !(hasText && isGoodEnd(end, first, fairShare))
    ) {
      hasText ||= !units[end]!.isHeading;
      end++;
    }
    return end;
  }

  function isGoodEnd(end: number, first: number, fairShare: number): boolean {
    const unit = units[end]!;
    const used = tokensOf(first, end);
    const blockEnd = blockEnds[end]!;
    const blockFits = tokensOf(first, blockEnd) <= sizeTokens;
    if (unit.block !== units[end - 1]!.block) {
      if (blockFits) return used >= fairShare;
      const wouldStayWhole = unit.keptWhole && tokensOf(end, blockEnd) <= sizeTokens;
      return wouldStayWhole || used >= fairShare * NEARLY_FULL;
    }
    return used >= fairShare && !(blockFits && unit.keptWhole);
  }

  function overlapStart(first: number, end: number): number {
    let start = end;
    const section = units[end]?.section;
    while (start - 1 > first && canRepeat(units[start - 1]!, section) && tokensOf(start - 1, end) <= overlapTokens)
      start--;
    return start;
  }
}

function canRepeat(unit: Unit, section: number | undefined): boolean {
  return unit.isSentence && unit.section === section;
}

/** For each unit, the index after the last unit of its block. */
function blockEndsOf(units: Unit[]): number[] {
  const ends = units.map((_, index) => index + 1);
  for (let index = units.length - 2; index >= 0; index--) {
    if (units[index]!.block === units[index + 1]!.block) ends[index] = ends[index + 1]!;
  }
  return ends;
}
