/** What the two searches say of a passage: the cosine of its nearest window, and its BM25 score (0: no word in common). */
export type Candidate = { key: number; similarity: number; bm25: number };

/**
 * Fuses the two rankings of a question by their scores, half each: the similarity scaled by (s − mean)/(max − mean), where
 * `meanSimilarity` is over all windows of the collection, and BM25 by s/max. Fusing scores beats fusing ranks where one of
 * the two is weak (Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", 2022).
 * @returns the candidates by score, best first; ties by key, so that the order is the same every time
 */
export function fuse(candidates: Candidate[], meanSimilarity: number): { key: number; score: number }[] {
  const nearest = Math.max(...candidates.map((candidate) => candidate.similarity));
  const heaviest = Math.max(...candidates.map((candidate) => candidate.bm25));
  const spread = nearest - meanSimilarity;
  return candidates
    .map(({ key, similarity, bm25 }) => {
      const dense = spread > 0 ? Math.max(0, (similarity - meanSimilarity) / spread) : Number(similarity === nearest);
      const lexical = heaviest > 0 ? bm25 / heaviest : 0;
      return { key, score: Math.min(1, (dense + lexical) / 2) };
    })
    .sort((one, other) => other.score - one.score || one.key - other.key);
}
