/**
 * Scales similarities so that the mean of those given becomes 0 and the greatest 1; weights then fit every embedding
 * model. Nothing falls below −3.
 */
export function relativeTo(similarities: number[]): (similarity: number) => number {
  const mean = similarities.reduce((sum, each) => sum + each, 0) / similarities.length;
  const spread = Math.max(...similarities) - mean;
  return (similarity) => (spread > 1e-6 ? Math.max(-3, (similarity - mean) / spread) : 0);
}
