import type { Latency } from './measure.ts';

/** What is measured; each subject in a process of its own, one after another. */
export type SubjectName = 'floor' | 'faiss-node' | 'faiss-store' | 'assay';

/** The first argument of a subject's process, as JSON. */
export type SubjectOrder = { subject: SubjectName; size: number; seconds: number };

/** Searches of one kind, by one caller and by 64 callers. */
export type Searches = { alone: Latency; together: Latency };

/** The rate of adding texts with their vectors: over all, and for the last passages before the size was reached. */
export type Adding = { perSecond: number; atSizePerSecond: number; note: string | null };

/** The ten nearest passages of each question: their numbers and their similarities. */
export type Nearest = { passages: number[]; similarities: number[] }[];
export const recallQuestions = 200;

export type FaissNodeResult = { adding: Adding; vectors: Searches; nearest: Nearest };
export type FaissStoreResult = { adding: Adding; vectors: Searches; residentBytes: number };
export type AssayResult = {
  adding: Adding;
  vectors: Searches;
  hybrid: Searches;
  nearest: Nearest;
  /** From the last addition until no builder is at work any more. */
  settleSeconds: number;
  quantizedWindows: number;
  start: { closeMs: number; readyMs: number; firstSearchMs: number };
  memory: { emptyBytes: number; mostBytes: number; settledBytes: number; restartedBytes: number };
};

/** The share of the ten nearest that was found; compared by similarity, because of equal ones either is right. */
export function recallAt10(found: Nearest, exact: Nearest): number {
  const shares = exact.map(({ passages, similarities }, at) => {
    const truth = new Set(passages);
    const least = Math.min(...similarities) - 1e-5;
    const hits = found[at]!.passages.filter(
      (passage, place) => truth.has(passage) || found[at]!.similarities[place]! >= least,
    );
    return Math.min(hits.length, truth.size) / truth.size;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}
