/** How long after the last change tidying begins, and the pause between its steps, in milliseconds. */
const tidyAfterMs = 1_000;
const tidyEveryMs = 50;
/** How long a step may take, in milliseconds, before the rest is left for the next: thousands of parts may be untidy. */
const stepMs = 10;
/** How long to wait after a failure, in milliseconds. */
const retryMs = 60_000;

/** Something that is tidied a little at a time. `tidy` returns whether there may be more to do. */
type Untidy = { tidy(): boolean };

/**
 * Tidies parts of a store, a little at a time so that no search waits long, once nothing has changed for a while.
 * @param parts the parts at the time of a step
 * @param options.inTurn carries out a step when the store may be changed: now, or later
 * @param options.afterMs how long after a change tidying begins, if not after a second; it always does a second after the start
 * @param options.finish is called when there is nothing more to tidy; returns false where it has to be tried again later
 * @returns `postpone`, to be called after a change: starts the wait anew; `ensureScheduled`, for what later changes must not put off:
 * schedules tidying unless it is scheduled; and `close`
 */
export function createTidying(
  parts: () => Untidy[],
  {
    inTurn = (step) => step(),
    afterMs = tidyAfterMs,
    finish = () => true,
  }: { inTurn?: (step: () => void) => void; afterMs?: number; finish?: () => boolean } = {},
) {
  let timer: NodeJS.Timeout | undefined;

  function schedule(inMs: number) {
    close();
    const own = setTimeout(() => inTurn(() => own === timer && tidy()), inMs).unref();
    timer = own;
  }

  /** Also a step whose turn has yet to come is carried out no more. */
  function close() {
    clearTimeout(timer);
    timer = undefined;
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
      if (more) schedule(tidyEveryMs);
      else if (!finish()) schedule(retryMs);
    } catch {
      schedule(retryMs); // a full disk may have room later; until then searches take a little longer
    }
  }

  schedule(tidyAfterMs);
  const ensureScheduled = () => {
    if (!timer) schedule(afterMs);
  };
  return { postpone: () => schedule(afterMs), ensureScheduled, close };
}
