import type { Heading } from './loaded-document.ts';
import type { Unit } from './units.ts';

/** Units under one heading, or under several where small sections have been merged. */
type Section = {
  units: Unit[];
  /** The heading path that the given ones of these units share. */
  pathOf: (units: Unit[]) => string[];
};

type Group = { units: Unit[]; level: number; tokens: number; isBare: boolean };

/**
 * Divides units at headings, and merges sections that would be too small. A heading without text of its own always goes to the section
 * after it. A small section does so where both fit into a passage, or else goes to the section before it. A section is never merged with
 * a following one whose heading is of a higher level, so the end of a chapter isn't merged into the next chapter.
 */
export function sectionsOf(
  units: Unit[],
  headings: Heading[],
  { sizeTokens, smallTokens }: { sizeTokens: number; smallTokens: number },
): Section[] {
  const paths = pathsOf(headings);
  const fits = (one: Group, other: Group) => other.level >= one.level && one.tokens + other.tokens <= sizeTokens;

  const forward: Group[] = [];
  for (const group of groupsOf(units, headings)) {
    const previous = forward.at(-1);
    const isHeadedByPrevious = previous?.isBare && group.level >= previous.level;
    if (previous && (isHeadedByPrevious || (previous.tokens < smallTokens && fits(previous, group))))
      merge(previous, group);
    else forward.push(group);
  }
  const merged: Group[] = [];
  for (const group of forward) {
    const previous = merged.at(-1);
    if (previous && group.tokens < smallTokens && fits(previous, group)) merge(previous, group);
    else merged.push(group);
  }

  return merged.map((group) => ({ units: group.units, pathOf: (some) => sharedPath(some, paths) }));
}

function merge(group: Group, next: Group): void {
  for (const unit of next.units) group.units.push(unit);
  group.tokens += next.tokens;
  group.isBare &&= next.isBare;
}

function groupsOf(units: Unit[], headings: Heading[]): Group[] {
  const groups: Group[] = [];
  let section = -1;
  for (const unit of units) {
    if (unit.section !== section)
      groups.push({ units: [], level: headings[unit.section - 1]?.level ?? 0, tokens: 0, isBare: true });
    section = unit.section;
    const group = groups.at(-1)!;
    group.units.push(unit);
    group.tokens += unit.gapTokens + unit.tokens;
    group.isBare &&= unit.isHeading;
  }
  return groups;
}

/** By section: the headings that it is under, its own last. The part before the first heading is section 0. */
function pathsOf(headings: Heading[]): string[][] {
  const paths: string[][] = [[]];
  const above: Heading[] = [];
  for (const heading of headings) {
    while (above.length > 0 && above.at(-1)!.level >= heading.level) above.pop();
    above.push(heading);
    paths.push(above.map(({ text }) => text));
  }
  return paths;
}

/** The common beginning of the paths of the units' sections. Heading units count only where there are no others. */
function sharedPath(units: Unit[], paths: string[][]): string[] {
  const texts = units.filter((unit) => !unit.isHeading);
  const sections = new Set((texts.length > 0 ? texts : units).map((unit) => unit.section));
  const [first = [], ...others] = Array.from(sections, (section) => paths[section] ?? []);
  const differs = first.findIndex((heading, depth) => others.some((path) => path[depth] !== heading));
  return differs === -1 ? first : first.slice(0, differs);
}
