import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Lets only one set-up at a time work in a project: `npm start` and `npm test` may be started in two terminals at once. The lock of a
 * process that died doesn't count, nor does one that is no longer renewed: process ids are reused, after a restart and in containers
 * very soon.
 * @template T
 * @param {string} folder the project's .setup folder
 * @param {() => void} onWait called once if another set-up is at work
 * @param {() => Promise<T>} work
 * @param {{ renewEveryMs: number, looks: number }} [patience] a lock that looks the same so many times, each a quarter of a second or
 *   `renewEveryMs` after the one before, is no longer renewed; looks are counted, since the clock may be set and machines sleep
 * @returns {Promise<T>}
 */
export async function withLock(folder, onWait, work, { renewEveryMs, looks } = { renewEveryMs: 5_000, looks: 240 }) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'lock');
  const lastSeen = { mtimeMs: 0, times: 0 };
  for (let waited = false; ; waited = true) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
      const mtimeMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (mtimeMs !== lastSeen.mtimeMs) Object.assign(lastSeen, { mtimeMs, times: 0 });
      lastSeen.times += 1;
      // Without an id, it is being written just now, or there was no room for it on the disk.
      if (lastSeen.times > (holder(file) === 0 ? 20 : looks) || !isAlive(file)) rmSync(file, { force: true });
      else if (!waited) onWait();
      await sleep(waited ? Math.min(250, renewEveryMs) : 20);
    }
  }
  const renewal = setInterval(() => renew(file), renewEveryMs).unref();
  const release = () => {
    clearInterval(renewal);
    if (holder(file) === process.pid) rmSync(file, { force: true });
  };
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

/** @param {string} file */
function renew(file) {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // Somebody removed it.
  }
}

/** The process that holds the lock; 0 where its id hasn't been written yet, and undefined where there is none. @param {string} file */
function holder(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {string} file */
function isAlive(file) {
  const pid = holder(file);
  if (pid === 0) return true;
  if (pid === undefined || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: alive, but another user's.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
