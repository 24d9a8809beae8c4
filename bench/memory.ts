import { readFileSync } from 'node:fs';

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // the process has ended
  }
}

/** The ids of a process's children. */
export const childrenOf = (pid: number): number[] =>
  (read(`/proc/${pid}/task/${pid}/children`).match(/\d+/g) ?? []).map(Number);

/** The resident memory, in bytes, of a process and all its descendants; shared pages count for each. */
export function residentBytes(pid = process.pid): number {
  const own = Number(/^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
  return childrenOf(pid).reduce((sum, child) => sum + residentBytes(child), own);
}

/** Watches the resident memory, twice a second. @returns a function that stops this and returns the maximum, in bytes */
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
