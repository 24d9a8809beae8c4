import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Has a process hang until it gets SIGCONT. Resolves when all of its threads stand still: after the signal a process goes on, and may
 * reply, until the system has come round to stopping it, which takes longer the busier the machine is.
 */
export async function holdProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  // Only Linux tells in files how threads are.
  while (process.platform === 'linux' && !standsStill(pid)) await delay(1);
}

function standsStill(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => {
    try {
      return /^State:\t[TZX]/m.test(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8'));
    } catch {
      return true; // the thread has ended meanwhile
    }
  });
}
