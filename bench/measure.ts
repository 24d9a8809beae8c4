import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';

/** Searches as callers saw them, and how late timers of the calling process were meanwhile. */
export type Latency = {
  count: number;
  p50Ms: number;
  p99Ms: number;
  perSecond: number;
  loopDelayP99Ms: number;
  loopDelayMaxMs: number;
};

/** The value below which the share lies, of numbers in any order. */
export function quantile(numbers: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/**
 * Lets so many callers search, each again as soon as it has been answered, for so long. A search counts from the moment its
 * caller wants it; the callers come back to the event loop in between, as requests of a server do.
 */
export async function measureSearches(options: {
  callers: number;
  seconds: number;
  search: (number: number) => Promise<unknown>;
}): Promise<Latency> {
  const { callers, seconds, search } = options;
  let number = 0;
  async function call(end: number, times: number[]) {
    while (performance.now() < end) {
      const wanted = performance.now();
      await setImmediate();
      await search(number++);
      times.push(performance.now() - wanted);
    }
  }
  async function all(duration: number) {
    const times: number[] = [];
    const begun = performance.now();
    await Promise.all(Array.from({ length: callers }, () => call(begun + duration * 1000, times)));
    return { times, seconds: (performance.now() - begun) / 1000 };
  }
  await all(Math.min(1, seconds / 4)); // until code is compiled and memory has been touched
  const resolution = 1;
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  const { times, seconds: took } = await all(seconds);
  await setImmediate();
  delay.disable();
  // The histogram holds the intervals between timers that should come every millisecond.
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolution);
  return {
    count: times.length,
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    perSecond: times.length / took,
    loopDelayP99Ms: late(delay.percentile(99)),
    loopDelayMaxMs: late(delay.max),
  };
}

/** How long something takes, in milliseconds, and what it gives. */
export async function timed<Result>(work: () => Promise<Result> | Result): Promise<{ ms: number; result: Result }> {
  const begun = performance.now();
  const result = await work();
  return { ms: performance.now() - begun, result };
}
