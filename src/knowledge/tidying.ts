import type { FullText } from './full-text.ts';

/** How long nothing must have changed before the full text is tidied, and the pause between steps of that, in milliseconds. */
const tidyAfterMs = 1_000;
const tidyEveryMs = 50;
/** How long a step may take before the next is left for later: of thousands of full texts each may have something to merge. */
const stepMs = 10;

/**
 * Tidies the full texts of a store when nothing has changed for a while, a few at a time, so that no search waits long.
 * @param fullTexts those that there are at the time
 * @returns `soon`: to be called after a change, and `close`
 */
export function createTidying(fullTexts: () => FullText[]) {
  let timer: NodeJS.Timeout | undefined;

  function soon(afterMs = tidyAfterMs) {
    clearTimeout(timer);
    timer = setTimeout(tidy, afterMs).unref();
  }

  function tidy() {
    try {
      const until = performance.now() + stepMs;
      let more = false;
      for (const fullText of fullTexts()) {
        more = fullText.tidy() || more;
        if (performance.now() < until) continue;
        more = true;
        break;
      }
      if (more) soon(tidyEveryMs);
    } catch {
      // A disk that takes nothing now may do so after the next change; until then searches take a little longer.
    }
  }

  soon();
  return { soon: () => soon(), close: () => clearTimeout(timer) };
}
