import { setImmediate } from 'node:timers/promises';
import type { Batch } from './in-batches.ts';
import { addToFaiss, createFaissIndex } from './index-part.ts';
import { joinVectors } from './vectors.ts';

const sampleSize = 200;
const nearest = 10;

/**
 * Prepares to measure the recall of a search: finds the ten nearest of each of a sample of the stored vectors, by exact search, batch
 * by batch.
 * @param sample vectors, one after another, an even spread of which serve as questions
 * @returns a function that measures a search. The search takes the questions' vectors and returns, for each, the exact similarities of
 * what it finds; its recall, 0 to 1, is the share of the ten nearest that it finds.
 */
export async function measureRecall(sample: Float32Array, dimension: number, batches: Iterable<Batch>) {
  const count = Math.min(sampleSize, sample.length / dimension);
  const questions = new Float32Array(count * dimension);
  for (let at = 0; at < count; at += 1) {
    const from = Math.floor((at * sample.length) / dimension / count) * dimension;
    questions.set(sample.subarray(from, from + dimension), at * dimension);
  }
  const plain = Array.from(questions);
  let truth: number[][] = Array.from({ length: count }, () => []);
  for (const batch of batches) {
    const piece = createFaissIndex('exact', dimension);
    addToFaiss(piece, joinVectors(batch), dimension);
    const most = Math.min(nearest, piece.ntotal());
    const { distances } = piece.search(plain, most);
    truth = truth.map((best, at) =>
      [...best, ...distances.slice(at * most, (at + 1) * most)].sort((one, other) => other - one).slice(0, nearest),
    );
    await setImmediate();
  }

  return (search: (questions: Float32Array) => number[][]): number => {
    const found = search(questions);
    const shares = truth.map((best, at) => {
      // Compared by similarity, not by label: of equal vectors either is right.
      const least = best.at(-1)! - 1e-6;
      return Math.min(1, found[at]!.filter((similarity) => similarity >= least).length / best.length);
    });
    return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  };
}
