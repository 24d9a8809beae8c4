import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { apply, type LaneState, type Operation } from './operations.ts';
import type { Order, Told } from './worker.ts';

const workerFile = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** The two processes that a fault may hit; the host is null while none is known to be ready. */
export type Pids = { worker: number; host: number | null };

/** When a fault happens: after so many acknowledgements (0: at the start of the process), and so many milliseconds later. */
export type Strike = { acknowledgements: number; delayMs: number; act: (pids: Pids) => void };

/** What is known about a worker's writes after it has ended. */
export type Ledger = {
  /** The documents after all acknowledged writes. */
  lanes: LaneState[];
  /** The write of each lane that was begun and never acknowledged, if there is one. */
  inFlight: (Operation | null)[];
  begun: Operation[];
  acknowledged: number;
  /** Codes of writes, and of searches, that were answered with an error. */
  failed: string[];
  unanswered: string[];
  wrong: string[];
  refused: { code: string; message: string } | null;
  deaths: string[];
  finished: boolean;
  /** What the worker and its host wrote to stderr. */
  said: string;
};

/** Sends a signal to a process that may have ended already. */
export function signal(pid: number | null, name: NodeJS.Signals): void {
  try {
    if (pid !== null) process.kill(pid, name);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ESRCH') throw error;
  }
}

/** A file of /proc about a process; empty if there is no such process. */
function readProcess(pid: number | string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** The running child processes of a process. */
export const childrenOf = (pid: number | null): number[] =>
  pid === null ? [] : (readProcess(pid, `task/${pid}/children`).match(/\d+/g) ?? []).map(Number);

/** Whether the JSON in a process's arguments names this data folder; its number may belong to another process by now. */
const worksOn = (pid: number | string, dataDir: string) =>
  readProcess(pid, 'cmdline').includes(JSON.stringify(dataDir));

/** Resolves when no process works on the data folder any more; index builders end a little after their host. */
export async function quiet(dataDir: string): Promise<void> {
  while (readdirSync('/proc').some((name) => /^\d+$/.test(name) && worksOn(name, dataDir))) await wait(10);
}

/**
 * Runs a worker until it ends, by itself or by a strike, and keeps a ledger of what it reported. No process outlives this: a
 * host that is stopped when its worker ends is killed.
 * @param options.shell is put before the worker's command in its shell, to limit what it may do
 */
export async function runWorker(order: Order, options: { strikes?: Strike[]; shell?: string } = {}): Promise<Ledger> {
  // Without core dumps, which every host that aborts would leave behind.
  const script = `ulimit -c 0; ${options.shell ?? 'exec'} "$@"`;
  const child = spawn('bash', ['-c', script, '-', process.execPath, workerFile, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined },
  });
  const exit = once(child, 'exit');
  const pids: Pids = { worker: child.pid!, host: null };
  const hosts = new Set<number>();
  const ledger: Ledger = {
    lanes: [...order.lanes],
    inFlight: order.lanes.map(() => null),
    begun: [],
    acknowledged: 0,
    failed: [],
    unanswered: [],
    wrong: [],
    refused: null,
    deaths: [],
    finished: false,
    said: '',
  };
  const strikes = [...(options.strikes ?? [])].sort((one, other) => one.acknowledgements - other.acknowledgements);
  const timers: NodeJS.Timeout[] = [];
  const strike = () => {
    while (strikes[0] && (ledger.acknowledged >= strikes[0].acknowledgements || ledger.finished)) {
      const { delayMs, act } = strikes.shift()!;
      timers.push(setTimeout(() => child.exitCode ?? child.signalCode ?? act(pids), delayMs));
    }
  };
  strike();
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    ledger.said += text;
  });
  // A line without an end is one during which the worker died; the write it was about to report has not been sent.
  for await (const line of wholeLines(child.stdout!)) {
    const told = JSON.parse(line) as Told;
    record(ledger, told);
    if ('host' in told) {
      pids.host = told.host;
      hosts.add(told.host);
    } else if ('died' in told) pids.host = null;
    strike();
  }
  await exit;
  for (const timer of timers) clearTimeout(timer);
  for (const host of hosts)
    if (/^State:\s+T/m.test(readProcess(host, 'status')) && worksOn(host, order.dataDir)) signal(host, 'SIGKILL');
  return ledger;
}

async function* wholeLines(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
}

function record(ledger: Ledger, told: Told): void {
  if ('begin' in told) {
    ledger.inFlight[told.lane] = told.begin;
    ledger.begun.push(told.begin);
  } else if ('done' in told) {
    ledger.lanes[told.lane] = apply(ledger.lanes[told.lane]!, ledger.inFlight[told.lane]!);
    ledger.inFlight[told.lane] = null;
    ledger.acknowledged += 1;
  } else if ('failed' in told) ledger.failed.push(told.failed);
  else if ('unanswered' in told) ledger.unanswered.push(told.unanswered);
  else if ('wrong' in told) ledger.wrong.push(told.wrong);
  else if ('refused' in told) ledger.refused = { code: told.refused, message: told.message };
  else if ('died' in told) ledger.deaths.push(told.died);
  else if ('finished' in told) ledger.finished = true;
}
