import { parseArgs } from 'node:util';
import { chaos, type Phase } from './chaos.ts';
import { noCluster, startCluster } from './start-cluster.ts';

/**
 * `npm run chaos -- [--rounds N] [--seed N] [--only "all nodes"]`: three nodes of Weaviate, Redis, two replicas of Assay behind HAProxy; each part is killed
 * in turn under load. Exit code 1 where an acknowledged write was lost, a document was seen in part, a removed one came back,
 * a request failed while nothing was killed, or a reply was a 500, which no outage excuses.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
if (noCluster) throw new Error(noCluster);
const hooks: (() => Promise<void>)[] = [];
const kinds = ['write', 'collection', 'read', 'ask'] as const;

function rowOf({ killed, kinds: of, faults }: Phase): string {
  const cells = kinds.map((kind) => {
    const { tried, failed, longestGapMs } = of[kind];
    return `${((100 * failed) / Math.max(1, tried)).toFixed(1)}% of ${tried}, ${(longestGapMs / 1000).toFixed(1)} s`;
  });
  const { lost, half, resurrected } = faults;
  return `| ${[killed, ...cells, lost.length, half.length, resurrected.length].join(' | ')} |`;
}

const phases: Phase[] = [];
try {
  const cluster = await startCluster({ after: (hook) => void hooks.unshift(hook) });
  process.stdout.write(
    '| killed | writes: failed, longest without one | collections | reads | asks | lost | half seen | back again |\n' +
      '|---|---|---|---|---|---:|---:|---:|\n',
  );
  const tell = (phase: Phase) => {
    process.stdout.write(`${rowOf(phase)}\n`);
    for (const [failure, count] of Object.entries(phase.failures)) process.stderr.write(`  ${failure}: ${count}\n`);
    for (const problem of Object.values(phase.faults).flat().slice(0, 10)) process.stderr.write(`  ${problem}\n`);
  };
  for (let round = 0; round < Number(values.rounds); round += 1)
    phases.push(...(await chaos(cluster, { seed: Number(values.seed) + round, only: values.only, tell })));
} finally {
  for (const hook of hooks) await hook();
}
const problems = phases.flatMap(({ faults }) => Object.values(faults).flat()).length;
/** Where everything is there, nothing may fail. */
const failedInPeace = phases
  .filter(({ killed }) => killed === 'nothing')
  .reduce((sum, { kinds: of }) => kinds.reduce((all, kind) => all + of[kind].failed, sum), 0);
const internal = phases
  .flatMap(({ failures }) => Object.entries(failures))
  .reduce((sum, [failure, count]) => sum + (failure.endsWith(' 500') ? count : 0), 0);
const isGood = problems === 0 && failedInPeace === 0 && internal === 0;
process.stdout.write(
  `${isGood ? 'PASS' : 'FAIL'}: ${phases.length} blows, ${problems} problems, ${failedInPeace} failures while nothing was killed, ` +
    `${internal} replies of 500\n`,
);
process.exit(isGood ? 0 : 1);
