import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';

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
