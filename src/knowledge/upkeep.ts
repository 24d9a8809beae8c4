import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BuildOrder } from './build-index.ts';
import type { CollectionIndex } from './collection-index.ts';
import type { IndexKind } from './index-part.ts';

/** When an index is due for a snapshot, and when for quantizing; sizes are in windows. */
export type Tuning = {
  /** Up to this size, a question is compared with every vector exactly; docs/benchmarks.md shows what that costs. */
  quantizeFrom: number;
  /** A snapshot is due after this many changes, or after changes to a tenth of the index, whichever is more. */
  snapshotEvery: number;
  /** The host is restarted from its snapshots when it holds this much more memory than its vectors explain. */
  spareMemoryMiB: number;
};

export const defaultTuning: Tuning = { quantizeFrom: 100_000, snapshotEvery: 5_000, spareMemoryMiB: 512 };

/** The exit code of a host that ends to give leaked memory back; it is started anew, and nothing is wrong. */
export const recycledCode = 75;

const builderFile = fileURLToPath(new URL('./build-index.ts', import.meta.url));

/** Which snapshot a collection needs, if any. */
export function dueBuild(
  index: CollectionIndex,
  changes: number,
  { quantizeFrom, snapshotEvery }: Tuning,
): IndexKind | null {
  const { size, quantized, exact } = index;
  if (size > quantizeFrom) {
    // What has been added since may grow to a quarter of what exact search copes with, or to a tenth of the index.
    const tail = Math.max(quantizeFrom / 4, size / 10);
    return !quantized || exact.size > tail ? 'quantized' : null;
  }
  return changes >= Math.max(snapshotEvery, size / 10) ? 'exact' : null;
}

/**
 * Builds indexes, one at a time, each in a process of its own, which ends with this one.
 * @param onEnd is told when a builder has ended, and whether the snapshot is on the disk
 */
export function createUpkeep(onEnd: (order: BuildOrder, isBuilt: boolean) => void) {
  const waiting = new Map<string, BuildOrder>();
  let building: string | null = null;
  let builder: ChildProcess | null = null;

  function next() {
    const [order] = waiting.values();
    if (building !== null || !order) return;
    waiting.delete(order.collection);
    building = order.collection;
    builder = fork(builderFile, [JSON.stringify(order)], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: { ...process.env, OMP_NUM_THREADS: undefined, OPENBLAS_NUM_THREADS: undefined },
    });
    // A failed builder leaves nothing behind; the next change orders the build again.
    const end = (isBuilt: boolean) => {
      building = null;
      onEnd(order, isBuilt);
      next();
    };
    builder.once('exit', (code) => end(code === 0));
    builder.once('error', () => end(false)); // the system has no process or descriptor left for it
  }

  return {
    isBuilding: (collection: string) => building === collection || waiting.has(collection),
    build(order: BuildOrder) {
      waiting.set(order.collection, order);
      next();
    },
    /** Kills the builder: it would keep the database open, its log from being emptied, and a restore from taking place. */
    async close() {
      waiting.clear();
      if (building === null || builder === null) return;
      builder.removeAllListeners('exit');
      builder.kill('SIGKILL');
      await once(builder, 'exit');
    },
  };
}
