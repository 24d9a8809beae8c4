import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';

/** Searches as the callers saw them, and how late the calling process's timers were meanwhile. */
export type Latency = {
  count: number;
  p50Ms: number;
  p99Ms: number;
  perSecond: number;
  loopDelayP99Ms: number;
  loopDelayMaxMs: number;
};

/** The value below which this share of the numbers lies; the numbers may be in any order. */
export function quantile(numbers: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/**
 * Lets callers search for some seconds, each again as soon as it has its answer. A search is timed from the moment its caller wants it;
 * callers return to the event loop in between, as a server's requests do.
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
  await all(Math.min(1, seconds / 4)); // warms up: code is compiled, memory is touched
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

/** Runs `work`. @returns its result, and how long it took in milliseconds */
export async function timed<Result>(work: () => Promise<Result> | Result): Promise<{ ms: number; result: Result }> {
  const begun = performance.now();
  const result = await work();
  return { ms: performance.now() - begun, result };
}
