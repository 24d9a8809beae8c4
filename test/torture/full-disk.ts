import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyLane } from './operations.ts';
import { countWork, emptyTally, reopenAndCheck, type Tally } from './torture.ts';
import { quiet, runWorker } from './victim.ts';

/** How the disk fills up: a small disk of its own, which only root can mount, or a limit on the size of files. */
export type Disk = 'small disk' | 'limited files';

const diskSize = '3m';
const fileSizeKilobytes = 600;

/** Mounts a disk of a few megabytes at `folder`. @returns null where that is not permitted */
export function mountSmallDisk(folder: string) {
  const mount = (options: string) => execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  try {
    mkdirSync(folder, { recursive: true });
    mount(`size=${diskSize}`);
  } catch {
    return null;
  }
  return {
    grow: () => mount('remount,size=256m'),
    forbidWriting: () => mount('remount,ro'),
    allowWriting: () => mount('remount,rw'),
    unmount: () => execFileSync('umount', ['--lazy', folder]),
  };
}

/**
 * Goes on writing when nothing more fits; once there is room again, everything acknowledged must be there and writes must work.
 * @returns the tally, and the error codes of the writes that did not fit; null where no small disk may be mounted
 */
export async function fillDisk(options: { folder: string; seed: number; disk: Disk }): Promise<{
  tally: Tally;
  refusals: string[];
} | null> {
  const { folder, seed, disk } = options;
  const mounted = disk === 'small disk' ? mountSmallDisk(join(folder, 'disk')) : null;
  if (disk === 'small disk' && !mounted) return null;
  const dataDir = join(folder, 'disk', 'data');
  const tally = emptyTally();
  try {
    const tuning = { snapshotEvery: 20, quantizeFrom: 100 };
    const order = {
      dataDir,
      seed,
      round: 1,
      lanes: [emptyLane(), emptyLane()],
      operations: 400,
      growing: true,
      tuning,
    };
    const shell = disk === 'limited files' ? `ulimit -f ${fileSizeKilobytes}; exec` : 'exec';
    const ledger = await runWorker(order, { shell });
    countWork(tally, disk, ledger);
    if (ledger.refused || !ledger.finished) tally.problems.push(`the worker ended early: ${ledger.said}`);
    // Searches need no room, so none may fail.
    if (ledger.unanswered.length > 0) tally.problems.push(`searches failed: ${ledger.unanswered.join()}`);
    await quiet(dataDir);
    if (mounted) {
      const ballast = join(folder, 'disk', 'ballast');
      fillWith(ballast);
      await startFull(tally, { ...order, round: 2, lanes: ledger.lanes, operations: 1 });
      rmSync(ballast, { force: true });
      mounted.grow();
    }
    const lanes = await reopenAndCheck(tally, disk, { dataDir, ledger, tuning });
    const later = await runWorker({ ...order, round: 3, lanes, operations: 30, growing: false });
    countWork(tally, `${disk}, later`, later);
    if (later.failed.length > 0 || !later.finished)
      tally.problems.push(`with room again: ${later.failed.join()} ${later.refused?.message ?? ''}`);
    await reopenAndCheck(tally, `${disk}, later`, { dataDir, ledger: later, tuning });
    await quiet(dataDir);
    return { tally, refusals: ledger.failed };
  } finally {
    mounted?.unmount();
  }
}

/** Fills what is left of the disk. */
export function fillWith(file: string): void {
  try {
    for (let size = 0; size < 64; size += 1) writeFileSync(file, Buffer.alloc(2 ** 16, 1), { flag: 'a' });
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOSPC') throw error;
  }
}

/** Checks that a start with no byte left works, or is refused with the reason. */
async function startFull(tally: Tally, order: Parameters<typeof runWorker>[0]): Promise<void> {
  const { refused, finished } = await runWorker(order);
  if (refused ? refused.code !== 'STORAGE_FULL' : !finished)
    tally.problems.push(`the start on a full disk ended with ${refused?.code}: ${refused?.message}`);
}
