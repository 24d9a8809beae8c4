import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Lets only one set-up at a time work in a project: `npm start` and `npm test` may be started in two terminals at once. The lock of a
 * process that died doesn't count.
 * @template T
 * @param {string} folder the project's .setup folder
 * @param {() => void} onWait called once if another set-up is at work
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(folder, onWait, work) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'lock');
  for (let waited = false; ; waited = true) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
      if (!isAlive(file)) rmSync(file, { force: true });
      else if (!waited) onWait();
      await sleep(waited ? 250 : 20);
    }
  }
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

/** @param {string} file */
function isAlive(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    const ageMs = Date.now() - statSync(file).mtimeMs;
    if (pid === 0) return ageMs < 5_000; // the process id hasn't been written yet
    // Process ids are reused, in containers very soon.
    if (pid === process.pid || ageMs > 3_600_000) return false;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: alive, but another user's.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
