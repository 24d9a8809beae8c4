import { readdirSync, readFileSync } from 'node:fs';
import { childrenOf } from '../torture/victim.ts';

/**
 * What is seen of a service at one moment; memory in MiB, times in milliseconds. `mainMiB` is what the system has given to the main
 * process, `heapMiB` what its objects and buffers take, garbage included.
 */
export type Sample = {
  mainMiB: number;
  heapMiB: number | null;
  hostMiB: number | null;
  descriptors: number;
  delayMs: number;
};

function readOr<T>(otherwise: T, read: () => T): T {
  try {
    return read();
  } catch {
    return otherwise; // it has just ended
  }
}

const residentMiB = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readOr('', () => readFileSync(`/proc/${pid}/status`, 'utf8')))?.[1] ?? 0) / 1024;

/** The knowledge host of a service; null while one is being started. */
export const hostOf = (pid: number): number | null =>
  childrenOf(pid).find((child) =>
    readOr('', () => readFileSync(`/proc/${child}/cmdline`, 'utf8')).includes('knowledge/host.ts'),
  ) ?? null;

/** What the service's metrics say: its heap, and the delay of its event loop (p99) or else how long this reply takes. */
async function lookInside(url: string): Promise<Pick<Sample, 'heapMiB' | 'delayMs'>> {
  const begun = performance.now();
  const response = await fetch(`${url}/metrics`);
  const text = response.ok ? await response.text() : '';
  const tookMs = performance.now() - begun;
  const metric = (name: string) => {
    const [, value] = new RegExp(`^${name}(?:\\{[^}]*\\})? ([\\d.e+-]+)`, 'm').exec(text) ?? [];
    return value === undefined ? null : Number(value);
  };
  const seconds = metric('nodejs_eventloop_lag_p99_seconds');
  const heap = metric('nodejs_heap_size_used_bytes');
  const external = metric('nodejs_external_memory_bytes');
  return {
    heapMiB: heap === null || external === null ? null : (heap + external) / 2 ** 20,
    delayMs: seconds === null ? tookMs : seconds * 1000,
  };
}

export async function takeSample(url: string, pid: number): Promise<Sample> {
  const host = hostOf(pid);
  return {
    mainMiB: residentMiB(pid),
    hostMiB: host === null ? null : residentMiB(host),
    descriptors: readOr([], () => readdirSync(`/proc/${pid}/fd`)).length,
    ...(await lookInside(url)),
  };
}

export function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
