import { setImmediate } from 'node:timers/promises';
import type { Batch } from './in-batches.ts';
import { addToFaiss, createFaissIndex, type FaissIndex, joined } from './index-part.ts';

const sampleSize = 200;
const nearest = 10;

/**
 * Prepares to measure how much of the truth an index finds: exact search, piece by piece, gives the ten nearest for a sample of
 * the vectors themselves.
 * @param sample vectors, of which an even spread is taken
 * @returns a function that tells an index, given as its shards, what share of those it finds, 0 to 1
 */
export async function measureRecall(sample: Float32Array[], dimension: number, batches: Iterable<Batch>) {
  const spread = Math.max(1, sample.length / sampleSize);
  const chosen = Array.from(
    { length: Math.min(sampleSize, sample.length) },
    (_, at) => sample[Math.floor(at * spread)]!,
  );
  const questions = Array.from(joined(chosen.map((vectors) => ({ vectors }))));
  let truth: number[][] = chosen.map(() => []);
  for (const batch of batches) {
    const piece = createFaissIndex('exact', dimension);
    addToFaiss(piece, joined(batch), dimension);
    truth = merge(truth, piece, questions);
    await setImmediate();
  }

  return (shards: Iterable<FaissIndex>): number => {
    let found: number[][] = chosen.map(() => []);
    for (const shard of shards) found = merge(found, shard, questions);
    const shares = truth.map((best, at) => {
      // By similarity, not by label: of equal vectors either is right.
      const least = best.at(-1)! - 1e-6;
      return found[at]!.filter((similarity) => similarity >= least).length / best.length;
    });
    return shares.reduce((sum, share) => sum + Math.min(share, 1), 0) / shares.length;
  };
}

/** The ten best similarities of each question, of those known and those of one more index. */
function merge(known: number[][], index: FaissIndex, questions: number[]): number[][] {
  const most = Math.min(nearest, index.ntotal());
  if (most < 1) return known;
  const { distances } = index.search(questions, most);
  return known.map((best, at) =>
    [...best, ...distances.slice(at * most, (at + 1) * most)].sort((one, other) => other - one).slice(0, nearest),
  );
}
