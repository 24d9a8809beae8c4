import { mkdirSync, writeFileSync } from 'node:fs';
import { arch, cpus, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureEmbedded } from './ask/embedded.ts';
import type { LoadResult } from './ask/load.ts';
import { measureStreams } from './ask/streams.ts';
import { cpuOf, nextMessage, type Subject, start, startSubject } from './ask/subjects.ts';
import { plot } from './plot.ts';

/**
 * `npm run bench:ask -- [--seconds N] [--warm N] [--callers 1,32,256,1000] [--delays 0,300] [--subjects floor,plain,assay] [--out docs]`:
 * measures asks a second, and an ask's latency and processor time, compared with the floor (the same three calls to models and nothing
 * else) and with a plain LangChain.js chain, all against the same fake model server. `assay-observed` is Assay exporting traces.
 * `--streams 32 --tokens 400` instead measures answers of 400 tokens, streamed to 32 readers at once; `--embedded 10000` one ask after
 * another without a language model, among this many passages.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    // What a compiler does at first is no part of a service that runs for weeks; the more code, the longer it does it.
    warm: { type: 'string', default: '10' },
    callers: { type: 'string', default: '1,32,256,1000' },
    delays: { type: 'string', default: '0,300' },
    subjects: { type: 'string', default: 'floor,plain,assay' },
    streams: { type: 'string' },
    tokens: { type: 'string', default: '400' },
    embedded: { type: 'string' },
    out: { type: 'string' },
  },
});
const numbers = (text: string) => text.split(',').map(Number);
const seconds = Number(values.seconds);

type Row = LoadResult & { subject: Subject; delayMs: number; callers: number; cpuMs: number };

const colors: Record<Subject, string> = {
  floor: '#8b949e',
  plain: '#d29922',
  assay: '#2f81f7',
  'assay-observed': '#a371f7',
};

async function measure(subject: Subject, delayMs: number): Promise<Row[]> {
  const models = start('./model-server.ts', [String(delayMs)]);
  const { port } = await nextMessage<{ port: number }>(models);
  const { port: askPort, pids, end } = await startSubject(subject, `http://127.0.0.1:${port}/v1`);
  const rows: Row[] = [];
  for (const callers of numbers(values.callers)) {
    const before = pids.map(cpuOf);
    const worker = start('./load-worker.ts', [askPort, callers, seconds, values.warm].map(String));
    const result = await nextMessage<LoadResult>(worker);
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

if (values.streams) {
  const [tokens, readers] = [Number(values.tokens), Number(values.streams)];
  const lines = [
    '| server | tokens/s | of the floor | first token ms | CPU µs a token | broken |',
    '|---|---:|---:|---:|---:|---:|',
  ];
  let floor: number | undefined;
  for (const subject of values.subjects.split(',') as Subject[]) {
    const result = await measureStreams(subject, { tokens, readers, seconds, warmSeconds: Number(values.warm) });
    const { tokensPerSecond, firstTokenMs, cpuUs, broken } = result;
    if (subject === 'floor') floor = tokensPerSecond;
    const ofFloor = floor ? (tokensPerSecond / floor).toFixed(2) : '–';
    const cells = [subject, tokensPerSecond.toFixed(0), ofFloor, firstTokenMs.toFixed(1), cpuUs.toFixed(1), broken];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
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
