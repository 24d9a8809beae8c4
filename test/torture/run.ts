import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { damageIndex } from './damaged-index.ts';
import { type Disk, fillDisk } from './full-disk.ts';
import { forbidWriting } from './read-only.ts';
import { everyFault, type Fault, isClean, type Tally, torture } from './torture.ts';

/**
 * `npm run torture -- [--rounds 500] [--seed N] [--faults "kill host,kill both"] [--rounds-only]`: the fault runner in its long form.
 * Exit code 1 where anything was lost, half there, wrong, or not ready.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '500' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    faults: { type: 'string', default: everyFault.join(',') },
    'rounds-only': { type: 'boolean', default: false },
  },
});

function parseFault(name: string): Fault {
  const fault = everyFault.find((each) => each === name.trim());
  if (!fault) throw new Error(`There is no fault "${name}"; there are: ${everyFault.join(', ')}.`);
  return fault;
}

const heads = ['acknowledged', 'inFlight', 'hostDeaths', 'lost', 'half', 'wrong', 'failed', 'restartFailures'] as const;

/** The tallies as a Markdown table. */
function table(tallies: Map<string, Tally>): string {
  const title = ['fault', 'acknowledged', 'in flight', 'host deaths', 'lost', 'half', 'wrong', 'failed'];
  const lines = [
    [...title, 'failed starts', 'slowest start', 'verdict'],
    ['---', ...Array(10).fill('---:')],
  ];
  for (const [name, tally] of tallies) {
    const counts = heads.map((head) => String(tally[head]));
    lines.push([name, ...counts, `${Math.round(tally.slowestRestartMs)} ms`, isClean(tally) ? 'clean' : 'NOT CLEAN']);
  }
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const seed = Number(values.seed);
const folder = mkdtempSync(join(tmpdir(), 'assay-torture-'));
const begun = performance.now();
const tallies = new Map<string, Tally>();
const follow = (name: string, tally: Tally) => {
  tallies.set(name, tally);
  for (const problem of tally.problems) process.stdout.write(`${name}: ${problem}\n`);
  for (const line of tally.noise) process.stdout.write(`${name}: a process complained: ${line}\n`);
};
process.stderr.write(`seed ${seed}, in ${folder}\n`);

const rounds = await torture({
  rounds: Number(values.rounds),
  seed,
  dataDir: join(folder, 'rounds'),
  faults: values.faults.split(',').map(parseFault),
  onProgress: ({ rounds, acknowledged, lost, half, wrong, failed, restartFailures }, fault) => {
    const seconds = Math.round((performance.now() - begun) / 1000);
    const bad = `lost ${lost}, half ${half}, wrong ${wrong}, failed ${failed}, failed starts ${restartFailures}`;
    process.stderr.write(`${rounds}/${values.rounds} ${fault}: ${acknowledged} acknowledged; ${bad}; ${seconds} s\n`);
  },
});
follow(`${rounds.rounds} rounds of kills, stops and aborts`, rounds);
if (!values['rounds-only']) {
  for (const at of [seed, seed + 1]) {
    const name = `damaged snapshots, ${at % 2 === 0 ? 'quantized' : 'exact'}`;
    const { tally, damaged } = await damageIndex({ folder: join(folder, `damage-${at}`), seed: at, thorough: true });
    follow(`${name}: ${damaged} times`, tally);
  }
  for (const disk of ['small disk', 'limited files'] as Disk[]) {
    const filled = await fillDisk({ folder: join(folder, disk.replace(' ', '-')), seed, disk });
    if (filled) follow(`full disk: ${disk}`, filled.tally);
    else process.stderr.write('no small disk may be mounted here; files are limited instead\n');
  }
  follow('read-only data folder', (await forbidWriting({ folder: join(folder, 'read-only'), seed })).tally);
}
process.stdout.write(`${table(tallies)}\n`);
const clean = [...tallies.values()].every(isClean);
if (clean) rmSync(folder, { recursive: true });
else process.stdout.write(`The stores are left in ${folder}; the seed was ${seed}.\n`);
process.exitCode = clean ? 0 : 1;
