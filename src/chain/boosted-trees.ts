/**
 * A decision tree: the value of a leaf, or a node that compares a feature with a threshold and goes on in one of two
 * trees.
 */
export type Tree = number | [feature: number, threshold: number, upTo: Tree, beyond: Tree];

/** The sum of the trees' values for these features (Friedman, "Greedy Function Approximation", 2001). */
export function sumOfTrees(trees: Tree[], features: number[]): number {
  let sum = 0;
  for (let node of trees) {
    while (typeof node !== 'number') node = features[node[0]]! <= node[1] ? node[2] : node[3];
    sum += node;
  }
  return sum;
}
