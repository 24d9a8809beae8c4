import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, cpus, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureEmbedded } from './ask/embedded.ts';
import type { LoadResult } from './ask/load.ts';
import { plot } from './plot.ts';

/**
 * `npm run bench:ask -- [--seconds N] [--warm N] [--callers 1,32,256,1000] [--delays 0,300] [--subjects floor,plain,assay] [--out docs]`:
 * asks a second, latency and processor time of an ask, beside the floor (the same three calls to the models and nothing else) and
 * a plain LangChain.js chain, all against the same model server that is no model. `assay-observed` is Assay while a collector takes its
 * traces. `--embedded 10000` measures instead one ask after another without a language model, among so many passages.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    // What a compiler does at first is no part of a service that runs for weeks; the more code, the longer it does it.
    warm: { type: 'string', default: '10' },
    callers: { type: 'string', default: '1,32,256,1000' },
    delays: { type: 'string', default: '0,300' },
    subjects: { type: 'string', default: 'floor,plain,assay' },
    embedded: { type: 'string' },
    out: { type: 'string' },
  },
});
const numbers = (text: string) => text.split(',').map(Number);
const seconds = Number(values.seconds);
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const corpus = here('../corpus');

type Subject = 'floor' | 'plain' | 'assay' | 'assay-observed';
type Row = LoadResult & { subject: Subject; delayMs: number; callers: number; cpuMs: number };

const colors: Record<Subject, string> = {
  floor: '#8b949e',
  plain: '#d29922',
  assay: '#2f81f7',
  'assay-observed': '#a371f7',
};

function start(file: string, args: string[], env: Record<string, string> = {}): ChildProcess {
  return fork(here(file), args, {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

async function message<Message>(child: ChildProcess): Promise<Message> {
  const exit = once(child, 'exit').then(() => null);
  const first = await Promise.race([once(child, 'message'), exit]);
  if (!first) throw new Error('A process of the benchmark ended without a word.');
  return first[0] as Message;
}

/** Starts a subject; `pids` are its processes, `end` ends them. */
async function startSubject(subject: Subject, baseUrl: string) {
  if (subject === 'floor' || subject === 'plain') {
    const child = start(subject === 'floor' ? './ask/floor.ts' : './ask/plain-chain.ts', [baseUrl, corpus]);
    const { port } = await message<{ port: number }>(child);
    return { port, pids: [child.pid!], end: async () => void child.kill() };
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  const child = start('./ask/assay.ts', [], {
    DATA_DIR: dataDir,
    CORPUS_DIR: corpus,
    OPENAI_BASE_URL: baseUrl,
    CHAT_MODEL: 'bench',
    EMBEDDING_MODEL: 'bench',
    PORT: '0',
    LOG_LEVEL: 'warn',
    MAX_CONCURRENT_ASKS: '4096',
    // The model server takes traces as well: it says 200 to everything.
    ...(subject === 'assay-observed' && { OTEL_EXPORTER_OTLP_ENDPOINT: new URL(baseUrl).origin }),
  });
  const { port, pids } = await message<{ port: number; pids: number[] }>(child);
  const end = async () => {
    const exit = once(child, 'exit');
    child.disconnect();
    await exit;
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { port, pids: [child.pid!, ...pids], end };
}

/** Processor time of a process so far, in milliseconds. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function measure(subject: Subject, delayMs: number): Promise<Row[]> {
  const models = start('./ask/model-server.ts', [String(delayMs)]);
  const { port } = await message<{ port: number }>(models);
  const { port: askPort, pids, end } = await startSubject(subject, `http://127.0.0.1:${port}/v1`);
  const rows: Row[] = [];
  for (const callers of numbers(values.callers)) {
    const before = pids.map(cpuOf);
    const worker = start('./ask/load-worker.ts', [askPort, callers, seconds, values.warm].map(String));
    const result = await message<LoadResult>(worker);
    const spent = pids.reduce((sum, pid, at) => sum + cpuOf(pid) - before[at]!, 0);
    const row = { ...result, subject, delayMs, callers, cpuMs: spent / Math.max(1, result.all) };
    rows.push(row);
    process.stderr.write(
      `${subject}, ${delayMs} ms models, ${callers} callers: ${row.perSecond.toFixed(0)}/s, p50 ${row.p50.toFixed(1)} ms, ` +
        `p99 ${row.p99.toFixed(1)} ms, ${row.cpuMs.toFixed(2)} ms CPU, ${row.failed} failed\n`,
    );
  }
  await end();
  models.disconnect();
  return rows;
}

/** What three calls one after the other let through at most. */
const possible = ({ callers, delayMs }: Row) => (delayMs === 0 ? null : (callers * 1000) / (3 * delayMs));

function table(rows: Row[]): string {
  const lines = rows.map((row) => {
    const same = (subject: Subject) =>
      rows.find((each) => each.subject === subject && each.callers === row.callers && each.delayMs === row.delayMs);
    const floor = same('floor');
    const plain = same('plain');
    const most = possible(row);
    const ratio = (other: Row | undefined) => (other ? (row.perSecond / other.perSecond).toFixed(2) : '–');
    return [
      `${row.delayMs} ms`,
      row.callers,
      row.subject,
      row.perSecond.toFixed(0),
      ratio(floor),
      ratio(plain),
      most === null ? '–' : (row.perSecond / most).toFixed(2),
      row.p50.toFixed(1),
      row.p99.toFixed(1),
      row.cpuMs.toFixed(2),
      row.failed,
    ];
  });
  const head =
    'models take|callers|server|asks/s|of the floor|× plain chain|of what is possible|p50 ms|p99 ms|CPU ms an ask|failed';
  return [
    `| ${head.replaceAll('|', ' | ')} |`,
    '|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...lines.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');
}

if (values.embedded) {
  const { passages, p50, p99 } = await measureEmbedded(Number(values.embedded));
  process.stdout.write(`embedded, ${passages} passages: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms an ask\n`);
  process.exit();
}

const rows: Row[] = [];
for (const delayMs of numbers(values.delays))
  for (const subject of values.subjects.split(',') as Subject[]) rows.push(...(await measure(subject, delayMs)));
const machine = `${cpus().length} cores (${cpus()[0]!.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${arch()}, Node ${process.version}`;
process.stdout.write(`${machine}\n\n${table(rows)}\n`);
if (values.out) {
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, 'benchmark-ask.md'), `${machine}\n\n${table(rows)}\n`);
  const subjects = [...new Set(rows.map(({ subject }) => subject))];
  const panel = (title: string, delayMs: number, value: (row: Row) => number) => ({
    title,
    lines: subjects.map((subject) => ({
      name: subject,
      color: colors[subject],
      points: rows
        .filter((row) => row.subject === subject && row.delayMs === delayMs)
        .map((row): [number, number] => [row.callers, value(row)]),
    })),
  });
  const panels = numbers(values.delays).flatMap((delayMs) => [
    panel(`asks/s by callers, ${delayMs} ms models`, delayMs, ({ perSecond }) => perSecond),
    panel(`p99 in ms, ${delayMs} ms models`, delayMs, ({ p99 }) => p99),
  ]);
  writeFileSync(join(values.out, 'benchmark-ask.svg'), plot(panels, 'Asks a second and their latency by callers'));
}
