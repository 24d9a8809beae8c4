import { Worker } from 'node:worker_threads';
import { dimension } from './material.ts';
import { quantile } from './measure.ts';

/** The least that any search through all vectors can take: the time to read them from memory. */
export type Floor = { oneThreadMs: number; twoThreadsMs: number; javaScriptMs: number };

const rounds = 40;

/**
 * Reads as many bytes as the vectors have, as fast as native code can: memchr, which Buffer.indexOf uses, looks for a byte that isn't
 * there. Measures this with one thread, and with two that read half each; and for comparison, scalar products in plain JavaScript.
 */
export async function measureFloor(size: number): Promise<Floor> {
  const shared = new SharedArrayBuffer(size * dimension * 4);
  const bytes = Buffer.from(shared).fill(1);
  const half = bytes.subarray(0, bytes.length / 2);
  const oneThread: number[] = [];
  for (let round = 0; round < rounds; round += 1) oneThread.push(clock(() => bytes.indexOf(0)));

  const turns = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL('./floor-worker.ts', import.meta.url), {
    workerData: { shared, from: half.length, turns },
  });
  Atomics.wait(turns, 1, 0); // until the worker is ready
  const twoThreads: number[] = [];
  for (let round = 0; round < rounds; round += 1)
    twoThreads.push(
      clock(() => {
        const before = Atomics.load(turns, 1);
        Atomics.add(turns, 0, 1);
        Atomics.notify(turns, 0);
        half.indexOf(0);
        Atomics.wait(turns, 1, before);
      }),
    );
  await worker.terminate();

  const floats = new Float32Array(shared);
  const question = Float32Array.from({ length: dimension }, () => 0.05);
  const javaScript: number[] = [];
  for (let round = 0; round < 5; round += 1) javaScript.push(clock(() => nearest(floats, question)));
  return {
    oneThreadMs: quantile(oneThread, 0.5),
    twoThreadsMs: quantile(twoThreads, 0.5),
    javaScriptMs: quantile(javaScript, 0.5),
  };
}

function clock(work: () => unknown): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}

function nearest(floats: Float32Array, question: Float32Array): number {
  let best = -1;
  for (let start = 0; start < floats.length; start += dimension) {
    let product = 0;
    for (let at = 0; at < dimension; at += 1) product += floats[start + at]! * question[at]!;
    if (product > best) best = product;
  }
  return best;
}
