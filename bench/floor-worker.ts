import { workerData } from 'node:worker_threads';

/** The second thread of the memory read (floor.ts): at each turn it reads its half, and then says so. */
const { shared, from, turns } = workerData as { shared: SharedArrayBuffer; from: number; turns: Int32Array };
const bytes = Buffer.from(shared, from);
for (let turn = 0; ; turn += 1) {
  Atomics.add(turns, 1, 1);
  Atomics.notify(turns, 1);
  Atomics.wait(turns, 0, turn);
  bytes.indexOf(0);
}
