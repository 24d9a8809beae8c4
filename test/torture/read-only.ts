import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { emptyLane } from './operations.ts';
import { countWork, emptyTally, reopenAndCheck, type Tally } from './torture.ts';
import { quiet, runWorker, signal } from './victim.ts';

/** Root may write whatever the file mode says, unless it gives up that capability. */
const shell = process.getuid?.() === 0 ? 'exec setpriv --bounding-set=-dac_override --inh-caps=-dac_override' : 'exec';

function setWritable(folder: string, writable: boolean): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const mode = (writable ? 0o600 : 0o400) | (entry.isDirectory() ? 0o100 : 0);
    chmodSync(join(entry.parentPath, entry.name), mode);
  }
  chmodSync(folder, writable ? 0o700 : 0o500);
}

/**
 * Makes the data folder read-only while the store is at work, kills its host so that the next can't start, and then tries
 * to open the store. Once the folder is writable again, everything acknowledged must be there.
 * @returns the tally, and the codes that writes and starts were refused with
 */
export async function forbidWriting(options: { folder: string; seed: number }): Promise<{
  tally: Tally;
  refusals: string[];
}> {
  const { seed } = options;
  const dataDir = join(options.folder, 'data');
  const tally = emptyTally();
  const tuning = { snapshotEvery: 10, quantizeFrom: 100 };
  const order = { dataDir, seed, round: 1, lanes: [emptyLane(), emptyLane()], operations: 200, tuning };
  try {
    const forbid = { acknowledgements: 60, delayMs: 3, act: () => setWritable(dataDir, false) };
    const kill = {
      acknowledgements: 120,
      delayMs: 3,
      act: ({ host }: { host: number | null }) => signal(host, 'SIGKILL'),
    };
    const ledger = await runWorker(order, { shell, strikes: [forbid, kill] });
    countWork(tally, 'read-only data folder', ledger);
    if (!ledger.finished) tally.problems.push(`the worker ended early: ${ledger.said}`);
    await quiet(dataDir);
    // A start is refused, or serves what is there and refuses writes.
    const unchanged = { ...order, round: 2, lanes: [emptyLane(), emptyLane()] };
    const { refused, failed, acknowledged, said } = await runWorker(unchanged, { shell });
    if (acknowledged > 0 || (!refused && failed.length < 2)) tally.problems.push(`writes are taken: ${said}`);
    setWritable(dataDir, true);
    await reopenAndCheck(tally, 'read-only data folder', { dataDir, ledger, tuning });
    await quiet(dataDir);
    return { tally, refusals: [...ledger.failed, ...failed, ...(refused ? [refused.code] : [])] };
  } finally {
    setWritable(dataDir, true);
  }
}
