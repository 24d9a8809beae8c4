import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Flatness, measureFlatness } from './flatness.ts';
import type { Floor } from './floor.ts';
import { short } from './plot.ts';
import { renderPlot, renderReport, type SizeResult } from './report.ts';
import type { AssayResult, FaissNodeResult, FaissStoreResult, SubjectName, SubjectOrder } from './subject.ts';

/**
 * `npm run bench:knowledge -- [--sizes 10k,100k,1M] [--seconds N] [--searches N] [--out docs]`: compares the knowledge base with FaissStore,
 * faiss-node and a bare memory read, and writes the report and the plot to `--out` if given. `--searches` alone measures only whether
 * memory stays flat.
 */
const { values } = parseArgs({
  options: {
    sizes: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    searches: { type: 'string', default: '0' },
    out: { type: 'string' },
  },
});

function parseCount(text: string): number {
  const [, digits, unit = ''] = /^(\d+)([kM]?)$/.exec(text.trim()) ?? [];
  if (!digits) throw new Error(`"${text}" is no number of passages; 500, 10k and 1M are.`);
  return Number(digits) * ({ k: 1e3, M: 1e6 }[unit] ?? 1);
}

const searches = parseCount(values.searches);
const seconds = Number(values.seconds);
const sizes = (values.sizes ?? (searches > 0 ? '' : '10k,100k,1M')).split(',').filter(Boolean).map(parseCount);
const say = (text: string) => process.stderr.write(`${text}\n`);

/** Measures one subject at one size, in a process of its own. */
async function measure(subject: SubjectName, size: number): Promise<unknown> {
  const begun = performance.now();
  say(`${size} passages: ${subject} …`);
  const order: SubjectOrder = { subject, size, seconds };
  const child = fork(fileURLToPath(new URL('./run-subject.ts', import.meta.url)), [JSON.stringify(order)], {
    // All subjects get one thread, except that the floor and Assay's host decide for themselves.
    env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    execArgv: ['--disable-warning=ExperimentalWarning', '--max-old-space-size=8192'],
    serialization: 'advanced',
  });
  const exit = once(child, 'exit');
  const message = await Promise.race([once(child, 'message'), exit.then(() => null)]);
  await exit;
  if (!message) throw new Error(`${subject} ended without a result.`);
  say(`${size} passages: ${subject}, ${Math.round((performance.now() - begun) / 1000)} s`);
  return message[0];
}

async function measureSize(size: number): Promise<SizeResult> {
  const before = (await measure('floor', size)) as Floor;
  const faissNode = (await measure('faiss-node', size)) as FaissNodeResult;
  const assay = (await measure('assay', size)) as AssayResult;
  const after = (await measure('floor', size)) as Floor;
  const faissStore = (await measure('faiss-store', size)) as FaissStoreResult;
  const floor = {
    oneThreadMs: Math.min(before.oneThreadMs, after.oneThreadMs),
    twoThreadsMs: Math.min(before.twoThreadsMs, after.twoThreadsMs),
    javaScriptMs: Math.min(before.javaScriptMs, after.javaScriptMs),
  };
  return { size, floor, faissNode, faissStore, assay };
}

const versionOf = (name: string) => {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return `${name} ${(JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version}`;
};

const command = `npm run bench:knowledge -- --sizes ${sizes.map(short).join(',')} --seconds ${seconds}${searches > 0 ? ` --searches ${searches}` : ''}`;
const busy = loadavg()[0]!;
if (busy > 0.5) say(`This machine is busy (load ${busy.toFixed(1)}): the figures will be too.`);
const about = [
  `${new Date().toISOString().slice(0, 10)}, \`${command}\``,
  `${cpus().length} cores (${cpus()[0]?.model}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${arch()}; load at the start ${busy.toFixed(1)}`,
  `Node ${process.versions.node}, ${versionOf('faiss-node')}, ${versionOf('@langchain/community')}`,
];
const results: SizeResult[] = [];
for (const size of sizes) results.push(await measureSize(size));
let flatness: Flatness | null = null;
if (searches > 0)
  flatness = await measureFlatness(searches, (done, bytes) =>
    say(`${done} searches: ${Math.round(bytes / 2 ** 20)} MiB in all processes`),
  );
const report = renderReport(results, flatness, about);
if (results.length > 0 && values.out !== undefined) {
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, 'benchmarks.md'), report);
  writeFileSync(join(values.out, 'knowledge-benchmark.svg'), renderPlot(results));
}
process.stdout.write(report);
