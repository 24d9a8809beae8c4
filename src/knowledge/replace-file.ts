import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../errors.ts';

/**
 * Moves a finished file to its place; after a power cut, either the old file is there or all of the new one. No one in this process may
 * have `from` open as an SQLite database: closing a second descriptor would drop its locks.
 */
export function replaceFile(from: string, to: string): void {
  syncPath(from);
  renameSync(from, to);
  syncPath(dirname(to));
}

/**
 * Makes sure that a file may be put in this place.
 * @throws AppError BAD_INPUT where there is one already, unless `force`; and where something else is there, such as /dev/null
 */
export function checkReplaceable(file: string, force: boolean): void {
  if (!existsSync(file)) return;
  if (!statSync(file).isFile()) throw new AppError('BAD_INPUT', `${file} is not a file.`);
  if (!force) throw new AppError('BAD_INPUT', `There is a file ${file} already. Choose another name, or give --force.`);
}

/** The permissions of a copy of what is in a data folder: whoever may read that may read the copy. */
export const copyMode = (dataDir: string): number =>
  (statSync(dataDir, { throwIfNoEntry: false })?.mode ?? 0o600) & 0o666;

/** Waits until a file's content, or the names in a folder, are on the disk. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The name under which this process writes a file until it is finished. Removes such files of processes that were killed. */
export function unfinishedName(file: string): string {
  for (const name of namesIn(dirname(file))) {
    if (!name.startsWith(`${basename(file)}.`)) continue;
    const pid = /^\.(\d+)\.part(-journal|-wal|-shm)?$/.exec(name.slice(basename(file).length))?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(dirname(file), name), { force: true });
  }
  return `${file}.${process.pid}.part`;
}

/** Removes what this process wrote under an unfinished name, and SQLite beside it. */
export function removeUnfinished(name: string): void {
  for (const end of ['', '-journal', '-wal', '-shm'])
    try {
      rmSync(name + end, { force: true });
    } catch {} // where it can't be, it can't have been written
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // writing there fails next, and says why
  }
}

/** Whether there is a process with this id. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM'; // somebody else's
  }
}
