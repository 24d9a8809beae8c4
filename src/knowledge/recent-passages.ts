import { createRecent, remembering } from '../recent.ts';
import type { Documents } from './documents.ts';
import type { ShownPassage } from './port.ts';

/** How many passages' vectors, and how many passages' texts, are cached. */
const recentPassages = 2_048;

/** Caches the vectors and texts of the passages that were found last; neither ever changes for a given key. */
export function createRecentPassages(documents: Documents) {
  const vectorsOf = remembering(recentPassages, documents.vectors);
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
