import { once } from 'node:events';
import { cpuOf, nextMessage, type Subject, start, startSubject } from './subjects.ts';

/**
 * What readers of streams saw, and what it cost: `cpuUs` is the processor time in microseconds for each token, the rest of the
 * ask included.
 */
export type StreamResult = {
  subject: Subject;
  tokensPerSecond: number;
  firstTokenMs: number;
  cpuUs: number;
  broken: number;
};

/**
 * Streams one answer of `tokens` tokens after another to each of the readers, for `seconds` after `warmSeconds` that don't count. The
 * model server makes one token of each answer in each turn of its event loop.
 */
export async function measureStreams(
  subject: Subject,
  { tokens, readers, seconds, warmSeconds }: { tokens: number; readers: number; seconds: number; warmSeconds: number },
): Promise<StreamResult> {
  const models = start('./model-server.ts', ['0', String(tokens)]);
  const { port } = await nextMessage<{ port: number }>(models);
  const { port: askPort, pids, end } = await startSubject(subject, `http://127.0.0.1:${port}/v1`);
  const worker = start('./stream-worker.ts', [askPort, readers, tokens, seconds, warmSeconds].map(String));
  const exit = once(worker, 'exit');
  await nextMessage(worker); // warm
  const spent = () => pids.reduce((sum, pid) => sum + cpuOf(pid), 0);
  const before = spent();
  const read = await nextMessage<{ tokens: number; perSecond: number; firstTokenMs: number; broken: number }>(worker);
  const cpuMs = spent() - before;
  await exit; // the last answers
  await end();
  models.disconnect();
  const { perSecond, firstTokenMs, broken } = read;
  return {
    subject,
    tokensPerSecond: perSecond,
    firstTokenMs,
    cpuUs: (cpuMs * 1000) / Math.max(1, read.tokens),
    broken,
  };
}
