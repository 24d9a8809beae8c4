import type { Tree } from '../src/chain/boosted-trees.ts';
import type { Example } from './logistic.ts';

const settings = { trees: 250, leaves: 10, pace: 0.06, fewestInLeaf: 40, penalty: 1, bins: 64 };

/** A leaf while its tree grows: its examples, and the best way to part them. */
type Leaf = { members: number[]; value: number; split: Split | null; place: { node: Tree | null } };
type Split = { feature: number; bin: number; gain: number };

/**
 * Fits boosted trees to log-odds, by the logistic loss with second-order steps (Chen and Guestrin, "XGBoost", 2016), on
 * features in bins of about equal number; each tree grows at the leaf that gains most (Ke et al., "LightGBM", 2017). The same
 * input gives the same model.
 * @param starts log-odds of each example to begin from, as another model gives them
 */
export function fitBoostedTrees(examples: Example[], starts: number[]): Tree[] {
  const count = examples[0]!.features.length;
  const edges = Array.from({ length: count }, (_, at) => edgesOf(examples.map(({ features }) => features[at]!)));
  const binned = edges.map((own, at) => Uint8Array.from(examples, ({ features }) => binOf(own, features[at]!)));
  const whole = examples.reduce((sum, { weight }) => sum + weight, 0);
  const scale = examples.length / whole;
  const sums = Float64Array.from(starts);
  const slopes = new Float64Array(examples.length);
  const curves = new Float64Array(examples.length);
  const trees: Tree[] = [];
  for (let round = 0; round < settings.trees; round += 1) {
    for (const [at, example] of examples.entries()) {
      const probability = 1 / (1 + Math.exp(-sums[at]!));
      slopes[at] = (Number(example.right) - probability) * example.weight * scale;
      curves[at] = probability * (1 - probability) * example.weight * scale;
    }
    trees.push(growTree({ edges, binned, slopes, curves, sums }));
  }
  return trees;
}

type Growing = {
  edges: number[][];
  binned: Uint8Array[];
  slopes: Float64Array;
  curves: Float64Array;
  /** The log-odds so far; the tree's values are added. */
  sums: Float64Array;
};

function growTree(growing: Growing): Tree {
  const { edges, binned, sums } = growing;
  const root: Leaf['place'] = { node: null };
  const toLeaf = (members: number[], place: Leaf['place']): Leaf => {
    const { slope, curve } = totals(members, growing);
    const value = rounded((settings.pace * slope) / (curve + settings.penalty));
    return { members, value, split: bestSplit(members, growing), place };
  };
  const leaves = [toLeaf([...sums.keys()], root)];
  while (leaves.length < settings.leaves) {
    const best = leaves.reduce((one, other) => ((other.split?.gain ?? 0) > (one.split?.gain ?? 0) ? other : one));
    if (!best.split) break;
    const { feature, bin } = best.split;
    const own = binned[feature]!;
    const node: Tree = [feature, rounded(edges[feature]![bin]!), 0, 0];
    best.place.node = node;
    const child = (at: 2 | 3): Leaf['place'] => ({
      get node() {
        return node[at];
      },
      set node(value) {
        node[at] = value!;
      },
    });
    leaves.splice(
      leaves.indexOf(best),
      1,
      toLeaf(
        best.members.filter((member) => own[member]! <= bin),
        child(2),
      ),
      toLeaf(
        best.members.filter((member) => own[member]! > bin),
        child(3),
      ),
    );
  }
  for (const { members, value, place } of leaves) {
    place.node = value;
    for (const member of members) sums[member]! += value;
  }
  return root.node!;
}

function totals(members: number[], { slopes, curves }: Growing) {
  let slope = 0;
  let curve = 0;
  for (const member of members) {
    slope += slopes[member]!;
    curve += curves[member]!;
  }
  return { slope, curve };
}

/** The split that lessens the loss most; null where none does with enough examples on both sides. */
function bestSplit(members: number[], growing: Growing): Split | null {
  if (members.length < 2 * settings.fewestInLeaf) return null;
  const whole = totals(members, growing);
  const worth = (slope: number, curve: number) => slope ** 2 / (curve + settings.penalty);
  let best: Split | null = null;
  for (const [feature, own] of growing.binned.entries()) {
    const bins = growing.edges[feature]!.length;
    const slopes = new Float64Array(bins + 1);
    const curves = new Float64Array(bins + 1);
    const counts = new Uint32Array(bins + 1);
    for (const member of members) {
      const bin = own[member]!;
      slopes[bin]! += growing.slopes[member]!;
      curves[bin]! += growing.curves[member]!;
      counts[bin]! += 1;
    }
    let slope = 0;
    let curve = 0;
    let count = 0;
    for (let bin = 0; bin < bins; bin += 1) {
      slope += slopes[bin]!;
      curve += curves[bin]!;
      count += counts[bin]!;
      if (count < settings.fewestInLeaf) continue;
      if (members.length - count < settings.fewestInLeaf) break;
      const apart = worth(slope, curve) + worth(whole.slope - slope, whole.curve - curve);
      const gain = apart - worth(whole.slope, whole.curve);
      if (gain > (best?.gain ?? 1e-6)) best = { feature, bin, gain };
    }
  }
  return best;
}

/** The values up to which each bin but the last goes; half-way between neighbours, so that rounding changes no side. */
function edgesOf(values: number[]): number[] {
  const ordered = [...values].sort((one, other) => one - other);
  const edges = new Set<number>();
  for (let bin = 1; bin < settings.bins; bin += 1) {
    const at = Math.floor((bin * ordered.length) / settings.bins);
    const value = ordered[at]!;
    const next = ordered.find((each, place) => place > at && each > value + 1e-4);
    if (next !== undefined) edges.add(rounded((value + next) / 2));
  }
  return [...edges].sort((one, other) => one - other);
}

function binOf(edges: number[], value: number): number {
  const bin = edges.findIndex((edge) => value <= edge);
  return bin < 0 ? edges.length : bin;
}

const rounded = (value: number) => Number(value.toPrecision(5));
