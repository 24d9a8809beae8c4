import { readdirSync, readFileSync } from 'node:fs';
import { childrenOf } from '../torture/victim.ts';

/** What is seen of a service at one moment; memory in MiB, times in milliseconds. */
export type Sample = { mainMiB: number; hostMiB: number | null; descriptors: number; delayMs: number };

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

/** The delay of the event loop as the service measures it (p99), or else how long its simplest reply takes. */
async function delayOf(url: string): Promise<number> {
  const begun = performance.now();
  const response = await fetch(`${url}/metrics`);
  const text = await response.text();
  const [, seconds] =
    /^nodejs_eventloop_lag_p99_seconds(?:\{[^}]*\})? ([\d.e+-]+)/m.exec(response.ok ? text : '') ?? [];
  return seconds === undefined ? performance.now() - begun : Number(seconds) * 1000;
}

export async function takeSample(url: string, pid: number): Promise<Sample> {
  const host = hostOf(pid);
  return {
    mainMiB: residentMiB(pid),
    hostMiB: host === null ? null : residentMiB(host),
    descriptors: readOr([], () => readdirSync(`/proc/${pid}/fd`)).length,
    delayMs: await delayOf(url),
  };
}

export function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
