import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collection, createMaterial } from './material.ts';
import { load, startAssay } from './measure-assay.ts';
import { residentBytes } from './memory.ts';

const size = 10_000;
const callers = 64;
const firstSearches = 10_000;

export type Flatness = {
  searches: number;
  perSecond: number;
  restarts: number;
  firstBytes: number;
  lastBytes: number;
  mostBytes: number;
};

/** Makes searches among 10,000 passages through the port, and measures the memory of all processes after the first 10,000 and at the end. */
export async function measureFlatness(
  searches: number,
  onProgress: (done: number, bytes: number) => void,
): Promise<Flatness> {
  const dataDir = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  try {
    const assay = await startAssay(dataDir);
    const material = createMaterial(size);
    await load(assay, material);
    const hosts = new Set<number | undefined>();
    let started = 0;
    let done = 0;
    let firstBytes = 0;
    let mostBytes = 0;
    const begun = performance.now();
    const call = async () => {
      while (started < searches) {
        const { question, vector } = material.questionOf(started);
        started += 1;
        await assay.search({ collection, question: started % 10 === 0 ? question : '?', vector, topK: 3 });
        done += 1;
        if (done % firstSearches !== 0) continue;
        const bytes = residentBytes();
        hosts.add(assay.hostPid());
        if (done === firstSearches) firstBytes = bytes;
        mostBytes = Math.max(mostBytes, bytes);
        onProgress(done, bytes);
      }
    };
    await Promise.all(Array.from({ length: callers }, call));
    const perSecond = searches / ((performance.now() - begun) / 1000);
    const lastBytes = residentBytes();
    await assay.close();
    return { searches, perSecond, restarts: hosts.size - 1, firstBytes, lastBytes, mostBytes };
  } finally {
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}
