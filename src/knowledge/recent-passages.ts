import { createRecent, remembering } from '../recent.ts';
import type { Documents } from './documents.ts';
import type { ShownPassage } from './port.ts';

/** How many passages' vectors, and how many passages' texts, are cached. */
const recentPassages = 2_048;
/** How many numbers those vectors have together, at most (128 MiB): large passages have a hundred, each of thousands of numbers. */
const recentNumbers = 2 ** 25;
const atLeast = recentNumbers / recentPassages;

/** Caches the vectors and texts of the passages that were found last; neither ever changes for a given key. */
export function createRecentPassages(documents: Documents) {
  const vectorsOf = remembering(recentNumbers, documents.vectors, ({ length }) => Math.max(atLeast, length));
  const recentShown = createRecent<number, ShownPassage>(recentPassages);
  return {
    vectorsOf,
    /** A passage as it is shown; null where it is no longer there. */
    shown(key: number): ShownPassage | null {
      const known = recentShown.get(key) ?? documents.shownPassage(key);
      if (known) recentShown.set(key, known);
      return known;
    },
  };
}
