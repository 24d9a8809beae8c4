import { readFileSync } from 'node:fs';

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // it has ended
  }
}

/** The processes that a process started. */
export const childrenOf = (pid: number): number[] =>
  (read(`/proc/${pid}/task/${pid}/children`).match(/\d+/g) ?? []).map(Number);

/** Resident bytes of a process and of all that it started; pages that they share count for each. */
export function residentBytes(pid = process.pid): number {
  const own = Number(/^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
  return childrenOf(pid).reduce((sum, child) => sum + residentBytes(child), own);
}

/** Looks at the memory twice a second until it is stopped; gives back the most that it saw. */
export function watchMemory(): () => number {
  let most = residentBytes();
  const timer = setInterval(() => {
    most = Math.max(most, residentBytes());
  }, 500);
  return () => {
    clearInterval(timer);
    return Math.max(most, residentBytes());
  };
}
