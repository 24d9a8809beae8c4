import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startKnowledge } from '../../src/knowledge/client.ts';
import type { Tuning } from '../../src/knowledge/upkeep.ts';
import { between, createRandom, type Random } from '../doubles/seeded-random.ts';
import { embeddingModel } from './documents.ts';
import { emptyLane } from './operations.ts';
import { countWork, emptyTally, reopenAndCheck, type Tally } from './torture.ts';
import { childrenOf, quiet, runWorker } from './victim.ts';

const damages: Record<string, (file: string, random: Random) => void> = {
  truncated: (file) => truncateSync(file, Math.floor(statSync(file).size / 2)),
  'one bit flipped': (file, random) => {
    const bytes = readFileSync(file);
    if (bytes.length > 0) bytes[between(random, 0, bytes.length - 1)]! ^= 1 << between(random, 0, 7);
    writeFileSync(file, bytes);
  },
  emptied: (file) => writeFileSync(file, ''),
  removed: (file) => rmSync(file),
};

const filesBelow = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
    : [];

/** Opens a store and waits until its snapshots are written: each start without snapshots writes them. */
async function letSnapshotsBeWritten(dataDir: string, tuning: Partial<Tuning>): Promise<void> {
  const knowledge = await startKnowledge({ dataDir, embeddingModel, tuning });
  const isWritten = () => filesBelow(join(dataDir, 'index')).some((file) => basename(file) === 'current');
  for (let waited = 0; waited < 20_000; waited += 20) {
    if (isWritten() && childrenOf(knowledge.hostPid() ?? null).length === 0) break;
    await wait(20);
  }
  await knowledge.close();
  await quiet(dataDir);
}

/**
 * Damages each file of a store's index snapshots, one at a time, and opens the store, which must work as if nothing had happened.
 * @param options.folder is used for the store and its damaged copies
 * @param options.thorough applies every kind of damage to every file; otherwise each file gets one kind, in turn
 * @returns what was found, and how many times something was damaged
 */
export async function damageIndex(options: {
  folder: string;
  seed: number;
  thorough: boolean;
}): Promise<{ tally: Tally; damaged: number }> {
  const random = createRandom(options.seed);
  const tally = emptyTally();
  const whole = join(options.folder, 'whole');
  const tuning = { snapshotEvery: 5, quantizeFrom: options.seed % 2 === 0 ? 20 : 1e6 };
  const order = { dataDir: whole, seed: options.seed, round: 1, lanes: [emptyLane()], operations: 60, tuning };
  const ledger = await runWorker(order);
  countWork(tally, 'at work', ledger);
  if (!ledger.finished) tally.problems.push(`the worker ended early: ${ledger.said}`);
  await letSnapshotsBeWritten(whole, tuning);
  const kinds = Object.keys(damages);
  let damaged = 0;
  for (const [at, file] of filesBelow(join(whole, 'index')).entries())
    for (const kind of options.thorough ? kinds : [kinds[at % kinds.length]!]) {
      damaged += 1;
      const dataDir = join(options.folder, `damaged-${damaged}`);
      cpSync(whole, dataDir, { recursive: true });
      const name = relative(whole, file);
      damages[kind]!(join(dataDir, name), random);
      await reopenAndCheck(tally, `${name} ${kind}`, { dataDir, ledger, tuning });
      // And once more: what the store repaired or wrote anew must be good too.
      await reopenAndCheck(tally, `${name} ${kind}, second start`, { dataDir, ledger, tuning });
      await quiet(dataDir);
      rmSync(dataDir, { recursive: true });
    }
  return { tally, damaged };
}
