/**
 * A time limit inside of what already limits: its signal fires when the time is up or when the outer signal does. One timer and
 * one listener, both taken away by `end`, which who made it must call; `AbortSignal.any` and `AbortSignal.timeout` leave that to the
 * garbage collector.
 * @param milliseconds until the time is up
 */
export function within(milliseconds: number, outer?: AbortSignal | undefined) {
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
    /** Whether the time is up, and not the outer signal the reason. */
    isOver: () => over,
    end() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', onAbort);
    },
  };
}
