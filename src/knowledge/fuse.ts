/** What the two searches say about a passage: the cosine of its nearest window, and its BM25 score (0: no word in common). */
type Found = { similarity: number; bm25: number };

/** What scores are measured against: the mean cosine over all windows of the collection, and the best score of each search. */
export type Scale = { mean: number; nearest: number; heaviest: number };

/**
 * Fuses the two scores of a passage for a question, half each: the similarity scaled by (s − mean)/(max − mean), and BM25 by
 * s/max. Fusing scores beats fusing ranks where one of the two is weak (Bruch, Gai and Ingber, "An Analysis of Fusion
 * Functions for Hybrid Retrieval", 2022).
 * @returns 0 to 1, higher is better; it never falls when either score rises
 */
export function fuse({ similarity, bm25 }: Found, { mean, nearest, heaviest }: Scale): number {
  const spread = nearest - mean;
  const dense = spread > 0 ? Math.max(0, (similarity - mean) / spread) : Number(similarity >= nearest);
  const lexical = heaviest > 0 ? bm25 / heaviest : 0;
  return Math.min(1, (dense + lexical) / 2);
}
