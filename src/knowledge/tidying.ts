/** How long nothing must have changed before it is tidied, and the pause between steps of that, in milliseconds. */
const tidyAfterMs = 1_000;
const tidyEveryMs = 50;
/** How long a step may take before the next is left for later: of thousands of full texts each may have something to merge. */
const stepMs = 10;
/** When it is tried again after a failure. */
const retryMs = 60_000;

/** Something that is tidied a little at a time; `tidy` tells whether there may be more to do. */
type Untidy = { tidy(): boolean };

/**
 * Tidies parts of a store when nothing has changed for a while, a few at a time, so that no search waits long.
 * @param parts those that there are at the time
 * @returns `soon`: to be called after a change, `inTime`: the same for what later changes must not put off, and `close`
 */
export function createTidying(parts: () => Untidy[]) {
  let timer: NodeJS.Timeout | undefined;

  function soon(afterMs = tidyAfterMs) {
    clearTimeout(timer);
    timer = setTimeout(tidy, afterMs).unref();
  }

  function tidy() {
    timer = undefined;
    try {
      const until = performance.now() + stepMs;
      let more = false;
      for (const part of parts()) {
        more = part.tidy() || more;
        if (performance.now() < until) continue;
        more = true;
        break;
      }
      if (more) soon(tidyEveryMs);
    } catch {
      soon(retryMs); // a disk that takes nothing now may do so later; until then searches take a little longer
    }
  }

  soon();
  const inTime = () => {
    if (!timer) soon();
  };
  return { soon: () => soon(), inTime, close: () => clearTimeout(timer) };
}
