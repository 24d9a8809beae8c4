import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What is measured: see `bench/ask.ts`. */
export type Subject = 'floor' | 'plain' | 'assay' | 'assay-observed';

const corpus = fileURLToPath(new URL('../../corpus', import.meta.url));

/** Starts a part of the benchmark, a file beside this one. */
export function start(file: string, args: string[], env: Record<string, string> = {}): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

/** The next message of a process. @throws if the process ends without one */
export async function nextMessage<Message>(child: ChildProcess): Promise<Message> {
  const exit = once(child, 'exit').then(() => null);
  const first = await Promise.race([once(child, 'message'), exit]);
  if (!first) throw new Error('A process of the benchmark ended without a word.');
  return first[0] as Message;
}

/** Starts a subject. @returns its port, the ids of its processes, and `end`, which ends them */
export async function startSubject(subject: Subject, baseUrl: string) {
  if (subject === 'floor' || subject === 'plain') {
    const child = start(subject === 'floor' ? './floor.ts' : './plain-chain.ts', [baseUrl, corpus]);
    const { port } = await nextMessage<{ port: number }>(child);
    return { port, pids: [child.pid!], end: async () => void child.kill() };
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  const child = start('./assay.ts', [], {
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
  const { port, pids } = await nextMessage<{ port: number; pids: number[] }>(child);
  const end = async () => {
    const exit = once(child, 'exit');
    child.disconnect();
    await exit;
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { port, pids: [child.pid!, ...pids], end };
}

/** The processor time of a process so far, in milliseconds. */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
