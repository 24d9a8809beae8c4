import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';
import { startSubject } from './subject.ts';

/**
 * `npm run fuzz -- [--requests 20000] [--seed N]`: counts by route and status, and what was wrong.
 * Exit code 1 where a reply was a 5xx without cause, or outside its schema.
 */
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const hooks: (() => Promise<void>)[] = [];
const subject = await startSubject({ after: (hook) => void hooks.push(hook) });
const seed = Number(values.seed);
const begun = performance.now();
const seconds = () => Math.round((performance.now() - begun) / 1000);
const { counts, problems } = await fuzz({
  ...subject,
  requests: Number(values.requests),
  seed,
  atOnce: 8,
  onProgress: (done) => process.stderr.write(`${done}/${values.requests} requests, ${seconds()} s\n`),
});
for (const hook of hooks.reverse()) await hook();

process.stdout.write('| route | status: replies |\n| --- | --- |\n');
for (const [route, statuses] of [...counts].sort(([a], [b]) => a.localeCompare(b))) {
  const cells = [...statuses].sort(([a], [b]) => a.localeCompare(b)).map(([status, count]) => `${status}: ${count}`);
  process.stdout.write(`| ${route} | ${cells.join(', ')} |\n`);
}
for (const problem of problems.slice(0, 50)) process.stdout.write(`${problem}\n`);
process.stdout.write(`seed ${seed}: ${values.requests} requests in ${seconds()} s, ${problems.length} problems\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
