import type { Span } from '../sentences.ts';
import type { Unit } from './units.ts';

/**
 * The windows of a passage: every two consecutive units of the same section, or a section's only one. Headings are left out, unless the
 * passage is nothing but headings: then they are one window.
 */
export function windowsOf(units: Unit[], pathOf: (units: Unit[]) => string[]): (Span & { headingPath: string[] })[] {
  const texts = units.filter((unit) => !unit.isHeading);
  if (texts.length === 0) return [windowOver(units)];
  const windows = [];
  for (let at = 0; at < texts.length; at++) {
    const unit = texts[at]!;
    const next = texts[at + 1];
    const isPaired = next?.section === unit.section;
    const wasPaired = texts[at - 1]?.section === unit.section;
    if (isPaired) windows.push(windowOver([unit, next]));
    else if (!wasPaired) windows.push(windowOver([unit]));
  }
  return windows;

  function windowOver(some: Unit[]) {
    return { start: some[0]!.start, end: some.at(-1)!.end, headingPath: pathOf(some) };
  }
}
