import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { HostOptions } from './host.ts';

const hostFile = fileURLToPath(new URL('./host.ts', import.meta.url));

/** A few threads read as fast as memory delivers. Idle ones sleep: OpenMP would let them spin, at the cost of the HTTP process. */
const threads = {
  OMP_NUM_THREADS: String(Math.min(4, availableParallelism())),
  OMP_WAIT_POLICY: 'PASSIVE',
  OPENBLAS_NUM_THREADS: '1',
};

/**
 * Starts a process that is to be the knowledge host. What SQLite puts aside during a large change goes where there must be room anyway:
 * the machine's temporary folder may be small, read-only, or open to others.
 */
export const forkHost = (options: HostOptions): ChildProcess =>
  fork(hostFile, [JSON.stringify(options)], {
    serialization: 'advanced',
    env: { SQLITE_TMPDIR: options.dataDir, ...process.env, ...threads },
    execArgv: ['--disable-warning=ExperimentalWarning', '--expose-gc'],
  });
