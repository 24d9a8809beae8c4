import type { Flatness } from './flatness.ts';
import type { Floor } from './floor.ts';
import type { Latency } from './measure.ts';
import { type Panel, plot, short } from './plot.ts';
import { type AssayResult, type FaissNodeResult, type FaissStoreResult, recallAt10 } from './subject.ts';

/** Everything measured at one size. */
export type SizeResult = {
  size: number;
  floor: Floor;
  faissNode: FaissNodeResult;
  faissStore: FaissStoreResult;
  assay: AssayResult;
};

/** With vectors that fit into the processor's cache, one thread is faster than two that must be synchronised. */
const floorMs = ({ oneThreadMs, twoThreadsMs }: Floor) => Math.min(oneThreadMs, twoThreadsMs);
const number = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 });
const ms = (value: number) => (value < 10 ? value.toFixed(2) : number(value));
const times = (value: number) => `${value < 10 ? value.toFixed(2) : number(value)} ×`;
const megabytes = (bytes: number) => `${number(bytes / 2 ** 20)} MiB`;

const table = (head: string[], rows: string[][]) =>
  [head, ['---', ...head.slice(1).map(() => '---:')], ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

function searchRow(name: string, adding: string, alone: Latency, together: Latency, floor: Floor): string[] {
  return [
    name,
    adding,
    `${ms(alone.p50Ms)} / ${ms(alone.p99Ms)}`,
    times(alone.p50Ms / floorMs(floor)),
    number(together.perSecond),
    `${ms(together.p50Ms)} / ${ms(together.p99Ms)}`,
    `${ms(alone.loopDelayP99Ms)} / ${ms(together.loopDelayP99Ms)}`,
  ];
}

const floorRow = (name: string, spentMs: number, floor: Floor) => [
  name,
  '',
  ms(spentMs),
  times(spentMs / floorMs(floor)),
  '',
  '',
  '',
];

function sizeSection({ size, floor, faissNode, faissStore, assay }: SizeResult): string {
  const head = [
    `${number(size)} passages`,
    'add, passages/s',
    '1 caller p50 / p99, ms',
    '× floor',
    '64 callers, searches/s',
    'p50 / p99, ms',
    'event-loop delay p99, 1 / 64 callers, ms',
  ];
  const rows = [
    floorRow('memory read, two threads', floor.twoThreadsMs, floor),
    floorRow('memory read, one thread', floor.oneThreadMs, floor),
    floorRow('scalar products in plain JavaScript', floor.javaScriptMs, floor),
    ...Object.entries({ 'faiss-node, main thread': faissNode, 'LangChain FaissStore': faissStore }).map(
      ([name, { adding, vectors }]) =>
        searchRow(name, number(adding.atSizePerSecond), vectors.alone, vectors.together, floor),
    ),
    searchRow(
      'Assay, vectors only',
      number(assay.adding.atSizePerSecond),
      assay.vectors.alone,
      assay.vectors.together,
      floor,
    ),
    searchRow('Assay, hybrid', 'the same', assay.hybrid.alone, assay.hybrid.together, floor),
  ];
  const { memory, start, adding } = assay;
  const facts = [
    `Assay finds ${recallAt10(assay.nearest, faissNode.nearest).toFixed(4)} of the ten nearest` +
      ` (${assay.quantizedWindows === 0 ? 'exact search' : `${number(assay.quantizedWindows)} windows quantized`}).`,
    `Adding: ${number(adding.perSecond)} passages/s over all, ${times(adding.atSizePerSecond / faissStore.adding.atSizePerSecond)}` +
      ` FaissStore's rate at this size${faissStore.adding.note ? ` (FaissStore: ${faissStore.adding.note})` : ''}.` +
      ` Indexes were ready ${number(assay.settleSeconds)} s after the last add.`,
    `64 callers, vectors only: ${times(assay.vectors.together.perSecond / faissNode.vectors.together.perSecond)} the throughput of faiss-node.`,
    `Ready ${ms(start.readyMs)} ms after the start, first search ${ms(start.firstSearchMs)} ms, close ${ms(start.closeMs)} ms.`,
    `Memory of all processes: ${megabytes(memory.settledBytes)} after the searches, ${megabytes(memory.restartedBytes)} after a new start,` +
      ` ${megabytes(memory.mostBytes)} at most while adding and building; ${number((memory.restartedBytes - memory.emptyBytes) / size)} bytes` +
      ` a passage above the empty store's ${megabytes(memory.emptyBytes)}. FaissStore: ${megabytes(faissStore.residentBytes)}.`,
  ];
  return `${table(head, rows)}\n\n${facts.map((fact) => `- ${fact}`).join('\n')}\n`;
}

const flatnessSection = (flat: Flatness) =>
  `## Memory over ${number(flat.searches)} searches\n\nOn 10,000 passages with 64 callers, every tenth question hybrid, ${number(flat.perSecond)} searches/s:` +
  ` ${megabytes(flat.firstBytes)} in all processes after the first 10,000, ${megabytes(flat.lastBytes)} at the end` +
  ` (${times(flat.lastBytes / flat.firstBytes)}), ${megabytes(flat.mostBytes)} at most; the host was renewed ${flat.restarts} times.\n`;

/** The report as Markdown. */
export function renderReport(results: SizeResult[], flatness: Flatness | null, about: string[]): string {
  const sections = results.map(sizeSection);
  return `# Benchmarks of the knowledge base

Written by \`npm run bench:knowledge -- --out docs\`; do not edit. One run, each system in a process of its own, one after another, k = 3, unit
vectors of 384 dimensions in clusters of a hundred, texts after Zipf's law; vectors are ready when they are added. Event-loop
delay is how late a timer of one millisecond is in the process that asks. The floor is the time to read as many bytes as the
vectors have, by memchr, with one thread or two, whichever is faster. Assay's host searches with as many threads as there are cores,
up to four; FAISS has no way to share out one question. Up to 100,000 windows are compared as they are, more as bytes, re-ranked.

${about.map((line) => `- ${line}`).join('\n')}
${results.length > 0 ? `\n![Search time, throughput and rate of adding over the number of passages](knowledge-benchmark.svg)\n\n${sections.join('\n')}` : ''}${flatness ? `\n${flatnessSection(flatness)}` : ''}`;
}

/** The plot that goes with the report. */
export function renderPlot(results: SizeResult[]): string {
  const line = (name: string, color: string, of: (result: SizeResult) => number, dashed = false) => ({
    name,
    color,
    dashed,
    points: results.map((result): [number, number] => [result.size, of(result)]),
  });
  const node = ['faiss-node, main thread', '#8250df'] as const;
  const store = ['LangChain FaissStore', '#d1702a'] as const;
  const vectors = ['Assay, vectors only', '#1a7f9c'] as const;
  const hybrid = ['Assay, hybrid', '#2da44e'] as const;
  const panels: Panel[] = [
    {
      title: 'One caller: p50, ms',
      lines: [
        line('memory read', '#8c959f', ({ floor }) => floorMs(floor), true),
        line(...node, ({ faissNode }) => faissNode.vectors.alone.p50Ms),
        line(...store, ({ faissStore }) => faissStore.vectors.alone.p50Ms),
        line(...vectors, ({ assay }) => assay.vectors.alone.p50Ms),
        line(...hybrid, ({ assay }) => assay.hybrid.alone.p50Ms),
      ],
    },
    {
      title: '64 callers: searches a second',
      lines: [
        line(...node, ({ faissNode }) => faissNode.vectors.together.perSecond),
        line(...store, ({ faissStore }) => faissStore.vectors.together.perSecond),
        line(...vectors, ({ assay }) => assay.vectors.together.perSecond),
        line(...hybrid, ({ assay }) => assay.hybrid.together.perSecond),
      ],
    },
    {
      title: 'Adding: passages a second',
      lines: [
        line(...node, ({ faissNode }) => faissNode.adding.atSizePerSecond),
        line(...store, ({ faissStore }) => faissStore.adding.atSizePerSecond),
        line(...vectors, ({ assay }) => assay.adding.atSizePerSecond),
      ],
    },
  ];
  return plot(panels, `At ${results.map(({ size }) => short(size)).join(', ')} passages`);
}
