/**
 * A time limit within another signal: its own signal fires when the time is up or the outer one fires. It takes one
 * timer and one listener, which the caller must release by `end`; `AbortSignal.any` and `AbortSignal.timeout` leave
 * that to the garbage collector.
 * @param milliseconds until the time is up
 */
export function startDeadline(milliseconds: number, outer?: AbortSignal | undefined) {
  const controller = new AbortController();
  let over = false;
  const timer = setTimeout(() => {
    over = true;
    controller.abort(new DOMException('The time is up.', 'TimeoutError'));
  }, milliseconds);
  const onAbort = () => controller.abort(outer!.reason);
  if (outer?.aborted) onAbort();
  else outer?.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    /** Whether the time was up; false where the outer signal came first. */
    isOver: () => over,
    /** Lifts the limit: from now on only the outer signal fires it. */
    lift: () => clearTimeout(timer),
    end() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', onAbort);
    },
  };
}
