import { createRecent, remembering } from '../recent.ts';
import type { Documents } from './documents.ts';
import type { ShownPassage } from './port.ts';

/** Of how many passages the vectors and the texts stay at hand. */
const recentPassages = 2_048;

/** What searches read of passages, remembered for those that were found last: neither changes while a passage's key lives. */
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
