import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startCommand } from '../doubles/command-line.ts';
import { createRandom, oneOf } from '../doubles/seeded-random.ts';
import { createCalls, type Score, work } from './load.ts';
import { items, sourceOf, textOf } from './material.ts';
import { hostOf, quantile, type Sample, takeSample } from './watch.ts';

/**
 * `npm run soak -- [--minutes 30] [--seed N]`: mixed load at half of what the service can do, with a fault every second and the
 * host killed every twenty. Exit code 1 where a reply was lost or wrong, or memory or descriptors grew.
 */
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, seed: { type: 'string', default: '1' } },
});
const seed = Number(values.seed);
const runMs = Number(values.minutes) * 60_000;
const workers = 16;
const random = createRandom(seed);
const folder = mkdtempSync(join(tmpdir(), 'assay-soak-'));

async function startUpstream(): Promise<{ child: ChildProcess; baseUrl: string }> {
  const child = fork(fileURLToPath(new URL('./upstream.ts', import.meta.url)));
  const [baseUrl] = await once(child, 'message');
  return { child, baseUrl };
}

async function startServer(baseUrl: string): Promise<{ child: ChildProcess; url: string }> {
  const child = startCommand(['serve'], {
    DATA_DIR: join(folder, 'data'),
    PORT: '0',
    OPENAI_BASE_URL: baseUrl,
    OPENAI_API_KEY: 'soak-key',
    MODEL_MAX_RETRIES: '0',
    ASK_TIMEOUT_MS: '10000',
    MAX_BODY_BYTES: '2 MiB',
    LOG_LEVEL: 'warn',
  });
  let said = '';
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  child.stdout?.resume();
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    if (said.length < 10_000) said += text;
    const [, url] = /Assay listens on (\S+)/.exec(said) ?? [];
    if (url) resolve(url);
  });
  child.once('exit', () => reject(new Error(`The service ended: ${said}`)));
  return { child, url: await promise };
}

const tell = (line: string) => process.stderr.write(`${line}\n`);
const upstream = await startUpstream();
const { child: server, url } = await startServer(upstream.baseUrl);
const pid = server.pid!;
const calls = createCalls(url);
const score: Score = { replies: {}, faults: {}, problems: [] };
const samples: Sample[] = [];

for (let item = 0; item < items; item += 1)
  await calls.expectJson(
    [200, 201],
    calls.send('POST', '/documents', { source: sourceOf(item), text: textOf(item), format: 'markdown' }),
  );

// How much it can do: as fast as it replies, for ten seconds.
const trial: Score = { replies: {}, faults: {}, problems: [] };
await work(calls, trial, { random, workers, everyMs: 0, until: performance.now() + 10_000 });
const count = ({ replies }: Score) => Object.values(replies).reduce((sum, each) => sum + each, 0);
const capacity = count(trial) / 10;
const everyMs = (workers * 1000) / (capacity / 2);
tell(
  `seed ${seed}: ${capacity.toFixed(0)} operations a second are possible; half of that for ${values.minutes} minutes`,
);

const begun = performance.now();
const until = begun + runMs;

async function makeFaults() {
  const kinds = Object.keys(calls.faults) as (keyof typeof calls.faults)[];
  const underWay = new Set<Promise<void>>();
  for (let second = 1; performance.now() < until; second += 1) {
    await wait(1000);
    const kind = oneOf(random, kinds);
    const host = second % 20 === 0 ? hostOf(pid) : null;
    if (host !== null) {
      process.kill(host, 'SIGKILL');
      score.faults['host killed'] = (score.faults['host killed'] ?? 0) + 1;
      continue;
    }
    const made = calls.faults[kind](random)
      .catch((error) => void score.problems.push(`fault ${kind}: ${(error as Error).message}`))
      .finally(() => underWay.delete(made));
    underWay.add(made);
    score.faults[kind] = (score.faults[kind] ?? 0) + 1;
  }
  await Promise.all(underWay);
}

async function watch() {
  while (performance.now() < until) {
    samples.push(await takeSample(url, pid));
    if (samples.length % 30 === 0) {
      const { mainMiB, heapMiB, hostMiB, descriptors } = samples.at(-1)!;
      const memory = `${mainMiB.toFixed(0)} (heap ${heapMiB?.toFixed(0) ?? '–'}) + ${hostMiB?.toFixed(0) ?? '–'} MiB`;
      tell(
        `${samples.length} s: ${count(score)} operations, ${score.problems.length} problems, ${memory}, ${descriptors} descriptors`,
      );
    }
    await wait(1000);
  }
}

await Promise.all([work(calls, score, { random, workers, everyMs, until }), makeFaults(), watch()]);
server.kill('SIGTERM');
const [code] = await once(server, 'exit');
upstream.child.disconnect();
rmSync(folder, { recursive: true, force: true });

/** A quantile of a sample's figure after the warm-up, the first third of the run, and at its end. */
function change(figure: (sample: Sample) => number | null, share = 0.5) {
  const stretch = (from: number, to: number) =>
    samples
      .slice(Math.floor(samples.length * from), Math.ceil(samples.length * to))
      .map(figure)
      .filter((value) => value !== null);
  return { early: quantile(stretch(0.33, 0.5), share), late: quantile(stretch(0.83, 1), share) };
}
const main = change(({ mainMiB }) => mainMiB);
// What is seen soon after collections: it doesn't swing with them, so a leak shows in it first.
const heap = change(({ heapMiB }) => heapMiB, 0.05);
const host = change(({ hostMiB }) => hostMiB);
const descriptors = change((sample) => sample.descriptors);
const delays = samples.map(({ delayMs }) => delayMs);
const grew = ({ early, late }: { early: number; late: number }) => `${((late / early - 1) * 100).toFixed(1)}%`;
const checks: [what: string, value: string, good: boolean][] = [
  ['operations checked', String(count(score)), count(score) > 0],
  ...Object.entries(score.replies).map(([kind, n]) => [`– ${kind}`, String(n), true] as [string, string, boolean]),
  ...Object.entries(score.faults).map(([kind, n]) => [`fault: ${kind}`, String(n), true] as [string, string, boolean]),
  [
    'lost or wrong replies',
    String(score.problems.length + trial.problems.length),
    score.problems.length + trial.problems.length === 0,
  ],
  [
    'memory, main process',
    `${main.early.toFixed(0)} → ${main.late.toFixed(0)} MiB (${grew(main)})`,
    main.late <= main.early * 1.1,
  ],
  [
    '– held by it after collections',
    `${heap.early.toFixed(0)} → ${heap.late.toFixed(0)} MiB (${grew(heap)})`,
    heap.late <= heap.early * 1.1,
  ],
  [
    'memory, host',
    `${host.early.toFixed(0)} → ${host.late.toFixed(0)} MiB (${grew(host)})`,
    host.late <= host.early * 1.1,
  ],
  ['open descriptors', `${descriptors.early} → ${descriptors.late}`, descriptors.late <= descriptors.early + 10],
  [
    'event loop delay or simplest reply, p50 / p99',
    `${quantile(delays, 0.5).toFixed(1)} / ${quantile(delays, 0.99).toFixed(1)} ms`,
    true,
  ],
  ['orderly end', `exit code ${code}`, code === 0],
];
const rows = checks.map(([what, value, good]) => `| ${what} | ${value} | ${good ? '' : 'FAIL'} |`);
process.stdout.write(['| | | |', '| --- | ---: | --- |', ...rows, ''].join('\n'));
for (const problem of [...trial.problems, ...score.problems].slice(0, 20)) process.stdout.write(`${problem}\n`);
const passed = checks.every(([, , good]) => good);
process.stdout.write(`${passed ? 'PASS' : 'FAIL'}: ${values.minutes} minutes, seed ${seed}\n`);
process.exitCode = passed ? 0 : 1;
