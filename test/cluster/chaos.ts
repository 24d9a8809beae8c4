import { setTimeout as delay } from 'node:timers/promises';
import { createRandom } from '../doubles/seeded-random.ts';
import { createLoad, type Faults, noFaults, type Outcome } from './load.ts';
import { sourcesOf } from './material.ts';
import type { Cluster } from './start-cluster.ts';

/** What happens to a cluster under load: a part is killed, and started again a little later. */
type Blow = { name: string; strike(): Promise<() => Promise<void>>; awayMs: number };

/** How long the load runs before a blow, and again after what was killed is back, in milliseconds. */
const beforeMs = 2_000;
const afterMs = 8_000;
const writers = 3;
const sourcesPerWriter = 8;

const blowsOf = ({ nodes, replicas, redis, leader }: Cluster): Blow[] => {
  const killed = async (...members: { kill(): Promise<void>; start(): Promise<void> }[]) => {
    await Promise.all(members.map((member) => member.kill()));
    return async () => void (await Promise.all(members.map((member) => member.start())));
  };
  return [
    { name: 'nothing', awayMs: 0, strike: () => killed() },
    {
      name: 'a node of Weaviate',
      awayMs: 4_000,
      strike: async () => killed(nodes[((await leader()) + 1) % nodes.length]!),
    },
    { name: 'the node that leads', awayMs: 4_000, strike: async () => killed(nodes[await leader()]!) },
    { name: 'all nodes', awayMs: 1_000, strike: () => killed(...nodes) },
    { name: 'a replica of Assay', awayMs: 2_000, strike: () => killed(replicas[0]!) },
    { name: 'Redis', awayMs: 4_000, strike: () => killed(redis) },
  ];
};

/** The result of one blow: for each kind of operation how many were tried and failed, and the longest time in which none succeeded. */
export type Phase = {
  killed: string;
  kinds: Record<Outcome['kind'], { tried: number; failed: number; longestGapMs: number }>;
  faults: Faults;
  /** How many operations failed in each way, such as `ask 503`; status 0 where nothing came back. */
  failures: Record<string, number>;
};

function gapsOf(outcomes: Outcome[], kind: Outcome['kind'], from: number, to: number) {
  const own = outcomes.filter((outcome) => outcome.kind === kind && outcome.endedAt <= to);
  let last = from;
  let longestGapMs = 0;
  for (const { done, endedAt } of own) {
    if (!done) continue;
    longestGapMs = Math.max(longestGapMs, endedAt - last);
    last = endedAt;
  }
  longestGapMs = Math.max(longestGapMs, to - last);
  return { tried: own.length, failed: own.filter(({ done }) => !done).length, longestGapMs };
}

/**
 * Kills every part of a cluster in turn in the middle of mixed writes and asks, and afterwards compares what is there with what was
 * acknowledged.
 * @param options.only kills only the parts whose name contains this
 * @param options.tell is told of each phase as it ends
 */
export async function chaos(
  cluster: Cluster,
  options: { seed: number; only?: string | undefined; tell?: (phase: Phase) => void },
): Promise<Phase[]> {
  const random = createRandom(options.seed);
  const collection = `chaos-${options.seed}`;
  const owned = Array.from({ length: writers }, (_, writer) => sourcesOf(collection, writer, sourcesPerWriter));
  await fetch(`${cluster.url}/collections/${collection}`, { method: 'PUT' });
  const phases: Phase[] = [];
  const blows = blowsOf(cluster).filter(({ name }) => name.includes(options.only ?? ''));
  for (const [number, { name, strike, awayMs }] of blows.entries()) {
    const faults = noFaults();
    const outcomes: Outcome[] = [];
    const load = createLoad(cluster.url, owned.flat(), faults, outcomes);
    let over = false;
    const isOver = () => over;
    const begun = performance.now();
    const working = Promise.all([
      ...owned.map((own) => load.write(random, own, isOver)),
      load.makeCollections(`c${number}`, isOver),
      load.read(random, isOver),
      load.read(random, isOver),
      load.ask(random, isOver),
      load.ask(random, isOver),
    ]);
    await delay(beforeMs);
    const restore = await strike();
    await delay(awayMs);
    await restore();
    await delay(afterMs);
    over = true;
    const ended = performance.now();
    await working;
    await load.checkAll();
    const kindOf = (kind: Outcome['kind']) => gapsOf(outcomes, kind, begun, ended);
    const kinds = {
      write: kindOf('write'),
      collection: kindOf('collection'),
      read: kindOf('read'),
      ask: kindOf('ask'),
    };
    const failures: Phase['failures'] = {};
    for (const { kind, status, done } of outcomes)
      if (!done) failures[`${kind} ${status}`] = (failures[`${kind} ${status}`] ?? 0) + 1;
    const phase = { killed: name, kinds, faults, failures };
    phases.push(phase);
    options.tell?.(phase);
  }
  return phases;
}
