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

/** When a fault comes: so many acknowledgements (0: the start of the process) and milliseconds after the last one. */
export type Strike = { acknowledgements: number; delayMs: number; act: (pids: Pids) => void };

/** What is known of a worker's writes when it has ended. */
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
  /** What the worker and its host wrote to the standard error. */
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

/** What Linux tells of a process, empty where there is none (any more). */
function readProcess(pid: number | string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** The processes that a process has started and that have not ended. */
export const childrenOf = (pid: number | null): number[] =>
  pid === null ? [] : (readProcess(pid, `task/${pid}/children`).match(/\d+/g) ?? []).map(Number);

/** Whether a process was started for this data folder, as JSON in its arguments says: its number may be another's by now. */
const worksOn = (pid: number | string, dataDir: string) =>
  readProcess(pid, 'cmdline').includes(JSON.stringify(dataDir));

/** Resolves when no process works on a data folder any more: builders of indexes end a little after their host. */
export async function quiet(dataDir: string): Promise<void> {
  while (readdirSync('/proc').some((name) => /^\d+$/.test(name) && worksOn(name, dataDir))) await wait(10);
}

/**
 * Runs a worker until it ends, by itself or by a strike, and keeps the ledger of what it told. No process outlives this: a
 * host that is stopped when its worker ends is killed.
 * @param options.shell runs before the worker in its shell, to take something away from it
 */
export async function runWorker(order: Order, options: { strikes?: Strike[]; shell?: string } = {}): Promise<Ledger> {
  // Hosts that abort would each leave an image of their memory behind.
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
  // A line without an end is one that the worker died in; what it was about has not been sent.
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
