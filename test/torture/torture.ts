import { setTimeout as wait } from 'node:timers/promises';
import { startKnowledge } from '../../src/knowledge/client.ts';
import type { Tuning } from '../../src/knowledge/upkeep.ts';
import { between, createRandom, oneOf, type Random } from '../doubles/seeded-random.ts';
import { checkStore, type Faults } from './check.ts';
import { embeddingModel } from './documents.ts';
import { emptyLane, type LaneState } from './operations.ts';
import { childrenOf, type Ledger, type Pids, quiet, runWorker, type Strike, signal } from './victim.ts';

/** What may happen to the two processes at a random instant of their work. */
export const everyFault = [
  'kill worker',
  'kill host',
  'kill both',
  'kill at start',
  'stop host',
  'abort host',
  'kill builder',
] as const;
export type Fault = (typeof everyFault)[number];

/** The results of all rounds; `problems` are sentences that name the round and its fault. */
export type Tally = {
  rounds: number;
  acknowledged: number;
  /** Writes that were unanswered when a worker ended; they may be stored whole or not at all. */
  inFlight: number;
  hostDeaths: number;
  lost: number;
  half: number;
  wrong: number;
  /** Requests that were answered with an error, and starts that were refused. */
  failed: number;
  restartFailures: number;
  slowestRestartMs: number;
  problems: string[];
  /** What workers and hosts wrote to stderr: a process hit by a fault may die, but should print nothing. */
  noise: Set<string>;
};

export const emptyTally = (): Tally => ({
  rounds: 0,
  acknowledged: 0,
  inFlight: 0,
  hostDeaths: 0,
  lost: 0,
  half: 0,
  wrong: 0,
  failed: 0,
  restartFailures: 0,
  slowestRestartMs: 0,
  problems: [],
  noise: new Set(),
});

/** Whether no fault of the store was found. */
export const isClean = ({ lost, half, wrong, failed, restartFailures, problems }: Tally) =>
  lost + half + wrong + failed + restartFailures + problems.length === 0;

const endsWorker: Fault[] = ['kill worker', 'kill both', 'kill at start'];
const laneCount = 4;
/** How long a host may be silent in rounds that stop one; in other rounds a slow disk must not be taken for that. */
const hangTimeoutMs = 2000;
const acts: Record<Fault, (random: Random) => (pids: Pids) => void> = {
  'kill worker': () => (pids) => signal(pids.worker, 'SIGKILL'),
  'kill at start': () => (pids) => signal(pids.worker, 'SIGKILL'),
  // While no host is ready, one is starting: it is the worker's only child.
  'kill host':
    () =>
    ({ host, worker }) =>
      signal(host ?? childrenOf(worker)[0] ?? null, 'SIGKILL'),
  'kill both': (random) => {
    const hostFirst = random() < 0.5;
    return ({ worker, host }) => {
      for (const pid of hostFirst ? [host, worker] : [worker, host]) signal(pid, 'SIGKILL');
    };
  },
  'stop host': () => (pids) => signal(pids.host, 'SIGSTOP'),
  'abort host': () => (pids) => signal(pids.host, 'SIGABRT'),
  'kill builder': () => (pids) => {
    for (const pid of childrenOf(pids.host)) signal(pid, 'SIGKILL');
  },
};

function strikesOf(fault: Fault, random: Random, operations: number): Strike[] {
  const act = acts[fault](random);
  if (fault === 'kill at start') return [{ acknowledgements: 0, delayMs: between(random, 0, 600), act }];
  const acknowledgements = between(random, 1, operations * laneCount);
  const delayMs = random() * 20;
  const strike = { acknowledgements, delayMs, act };
  // Twice at most, since the client gives up a request after three hosts died of it.
  const again = fault === 'kill host' && random() < 0.5;
  return again ? [strike, { ...strike, delayMs: delayMs + between(random, 1, 300) }] : [strike];
}

function countFaults(tally: Tally, where: string, faults: Faults): void {
  for (const kind of ['lost', 'half', 'wrong'] as const) {
    tally[kind] += faults[kind].length;
    for (const sentence of faults[kind].slice(0, 5)) tally.problems.push(`${where}: ${kind}: ${sentence}`);
  }
}

/** Adds what a worker reported to the tally. */
export function countWork(tally: Tally, where: string, { acknowledged, inFlight, deaths, wrong }: Ledger): void {
  tally.acknowledged += acknowledged;
  tally.inFlight += inFlight.filter((operation) => operation !== null).length;
  tally.hostDeaths += deaths.length;
  countFaults(tally, where, { lost: [], half: [], wrong });
}

/**
 * Opens a store again at once and checks it against the ledger. The next start finds it either closed in order, or killed while
 * closing.
 * @returns the documents as found
 */
export async function reopenAndCheck(
  tally: Tally,
  where: string,
  options: { dataDir: string; ledger: Ledger; tuning?: Partial<Tuning>; killAtClose?: boolean },
): Promise<LaneState[]> {
  const { dataDir, ledger, tuning = {} } = options;
  for (let attempt = 1; ; attempt += 1) {
    const begun = performance.now();
    let knowledge: Awaited<ReturnType<typeof startKnowledge>>;
    try {
      knowledge = await startKnowledge({ dataDir, embeddingModel, tuning });
    } catch (error) {
      tally.restartFailures += 1;
      tally.problems.push(`${where}: start ${attempt} failed: ${(error as Error).message}`);
      if (attempt === 3) throw error;
      await wait(1000);
      continue;
    }
    try {
      tally.slowestRestartMs = Math.max(tally.slowestRestartMs, performance.now() - begun);
      const { faults, lanes } = await checkStore(knowledge, ledger);
      countFaults(tally, where, faults);
      return lanes;
    } catch (error) {
      tally.failed += 1;
      tally.problems.push(`${where}: the store can't be read: ${(error as Error).message}`);
      return ledger.lanes;
    } finally {
      const host = knowledge.hostPid() ?? null;
      const closed = knowledge.close();
      if (options.killAtClose) signal(host, 'SIGKILL');
      await closed;
    }
  }
}

/**
 * Rounds of work and faults over one store: each starts a worker process that writes, replaces, removes and searches, applies a
 * fault at a random instant, opens the store again and checks it against what had been acknowledged.
 * @param options.seed decides what is written and which fault comes after how many acknowledgements; the clock does the rest
 */
export async function torture(options: {
  rounds: number;
  seed: number;
  dataDir: string;
  faults?: readonly Fault[];
  onProgress?: (tally: Tally, fault: Fault) => void;
}): Promise<Tally> {
  const { dataDir, seed, faults = everyFault } = options;
  const random = createRandom(seed);
  const tally = emptyTally();
  let lanes = Array.from({ length: laneCount }, emptyLane);
  for (let round = 1; round <= options.rounds; round += 1) {
    const fault = round <= faults.length ? faults[round - 1]! : oneOf(random, faults);
    const operations = between(random, 10, 40);
    // Low limits, so that snapshots and quantized indexes of a few dozen windows are made all the time; in some rounds, never.
    const tuning = { quantizeFrom: oneOf(random, [40, 1e6]), snapshotEvery: oneOf(random, [5, 30, 1e6]) };
    const order = {
      dataDir,
      seed: between(random, 0, 2 ** 31),
      round,
      lanes,
      operations,
      tuning,
      ...(fault === 'stop host' && { hangTimeoutMs }),
    };
    const ledger = await runWorker(order, { strikes: strikesOf(fault, random, operations) });
    const where = `round ${round}, ${fault}`;
    countWork(tally, where, ledger);
    // A worker that isn't killed must finish, whatever happened to its host.
    const errors = [...ledger.failed, ...ledger.unanswered];
    if (ledger.refused) errors.push(ledger.refused.message);
    if (!endsWorker.includes(fault) && !ledger.finished) errors.push(`it ended early: ${ledger.said}`);
    if (errors.length > 0) tally.problems.push(`${where}: the worker met errors: ${errors.join(', ')}`);
    tally.failed += errors.length;
    lanes = await reopenAndCheck(tally, where, { dataDir, ledger, tuning, killAtClose: random() < 0.5 });
    tally.rounds = round;
    for (const [line] of ledger.said.matchAll(/^\w*Error: .*/gm)) tally.noise.add(line.replace(/\d+/g, 'N'));
    options.onProgress?.(tally, fault);
  }
  await quiet(dataDir);
  return tally;
}
