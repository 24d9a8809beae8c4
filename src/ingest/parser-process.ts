import { Worker } from 'node:worker_threads';
import { OUT_OF_MEMORY, type ParseMessage, type ParseReply, type ProcessReply } from './parser-messages.ts';

const MIB = 1_024 * 1_024;
/** Buffers live outside of V8's heap, so that has less than all. */
const HEAP_SHARE = 3 / 4;
const SPENT_SHARE = 1 / 2;
const MEMORY_CHECK_MS = 50;

/**
 * A process that reads documents. The reading is done by its worker thread, so that the main thread stays free to see that
 * the parent is gone or the memory is at its end, however busy the reading. Its argument: MiB of resident memory it may have.
 */
function run(memoryMiB: number): void {
  const resident = () => process.memoryUsage.rss() / MIB;
  const worker = new Worker(new URL('./parser-worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: Math.floor(memoryMiB * HEAP_SHARE) },
  });
  worker.on('message', (message: ParseReply) => {
    const isEnd = 'done' in message || 'error' in message;
    const reply: ProcessReply = isEnd ? { ...message, isSpent: resident() > memoryMiB * SPENT_SHARE } : message;
    process.send?.(reply);
  });
  worker.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? OUT_OF_MEMORY : 1),
  );
  process.on('message', (message: ParseMessage) => worker.postMessage(message));
  // The parent closes the channel to end the process; it also closes when the parent dies.
  process.on('disconnect', () => process.exit());
  // Ctrl-C reaches the whole group of processes; when to stop is the parent's decision.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  setInterval(() => {
    if (resident() > memoryMiB) process.exit(OUT_OF_MEMORY);
  }, MEMORY_CHECK_MS);
}

run(Number(process.argv[2]));
