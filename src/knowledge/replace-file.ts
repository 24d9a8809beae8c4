import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Gives a finished file its name: after a power cut there is either what stood there before, or all of the new one.
 * Nobody may have `from` open as an SQLite database: closing a second descriptor would drop its locks.
 */
export function replaceFile(from: string, to: string): void {
  syncPath(from);
  renameSync(from, to);
  syncPath(dirname(to));
}

/** Makes sure that a file's content, or the names in a folder, are on the disk and not only on their way. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The name under which this process makes a file; what others left under such names, and were killed, is removed. */
export function unfinishedName(file: string): string {
  for (const name of namesIn(dirname(file))) {
    if (!name.startsWith(`${basename(file)}.`)) continue;
    const pid = /^\.(\d+)\.part(-journal|-wal|-shm)?$/.exec(name.slice(basename(file).length))?.[1];
    if (pid !== undefined && !lives(Number(pid))) rmSync(join(dirname(file), name), { force: true });
  }
  return `${file}.${process.pid}.part`;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // whoever writes there is told why it can't be
  }
}

/** Whether there is a process of this number. */
export function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM'; // somebody else's
  }
}
