import { Worker } from 'node:worker_threads';
import { OUT_OF_MEMORY, type ParseMessage, type ParseReply, type ProcessReply } from './parser-messages.ts';

const MIB = 1_024 * 1_024;
/** Buffers are outside of V8's heap, so the heap gets only a share of the memory. */
const HEAP_SHARE = 3 / 4;
const SPENT_SHARE = 1 / 2;
const MEMORY_CHECK_MS = 50;

/**
 * A process that reads documents, in a worker thread, so that its main thread always notices when the parent is gone or memory runs out.
 * @param memoryMiB the resident memory that it may have; the process's argument
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
  // Ctrl-C reaches the whole process group, but the parent decides when to stop.
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.on(signal, () => {});
  setInterval(() => {
    if (resident() > memoryMiB) process.exit(OUT_OF_MEMORY);
  }, MEMORY_CHECK_MS);
}

run(Number(process.argv[2]));
