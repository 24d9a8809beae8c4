/** A logistic model over features as they come: P = 1 / (1 + exp(−(bias + Σ weight × feature))). */
export type Logistic = { weights: number[]; bias: number };

export type Example = { features: number[]; right: boolean; weight: number };

const rounds = 1_000;
const pace = 0.05;

export const probabilityOf = ({ weights, bias }: Logistic, features: number[]) =>
  1 / (1 + Math.exp(-features.reduce((sum, feature, at) => sum + feature * weights[at]!, bias)));

/**
 * Fits a logistic model by gradient descent with momentum of first and second order (Kingma and Ba, "Adam", 2015), on
 * standardised features, with an L2 penalty; the result is for the features as they come. The same input gives the same
 * model.
 */
export function fitLogistic(examples: Example[], penalty = 1e-3): Logistic & { means: number[]; scales: number[] } {
  const size = examples[0]!.features.length;
  const means = columns(size, (at) => mean(examples.map(({ features }) => features[at]!)));
  const scales = columns(size, (at) => {
    const variance = mean(examples.map(({ features }) => (features[at]! - means[at]!) ** 2));
    return variance > 1e-12 ? Math.sqrt(variance) : 1;
  });
  const whole = examples.reduce((sum, { weight }) => sum + weight, 0);
  const standard = examples.map(({ features, right, weight }) => ({
    // The last column is the bias.
    features: [...features.map((feature, at) => (feature - means[at]!) / scales[at]!), 1],
    right: Number(right),
    weight: weight / whole,
  }));
  const gradient = (weights: number[]) => {
    const sum = weights.map((weight, at) => (at < size ? penalty * weight : 0));
    for (const { features, right, weight } of standard) {
      let product = 0;
      for (let at = 0; at <= size; at += 1) product += weights[at]! * features[at]!;
      const error = (1 / (1 + Math.exp(-product)) - right) * weight;
      for (let at = 0; at <= size; at += 1) sum[at]! += error * features[at]!;
    }
    return sum;
  };
  const found = descend(
    columns(size + 1, () => 0),
    gradient,
  );
  const weights = columns(size, (at) => found[at]! / scales[at]!);
  const bias = weights.reduce((sum, weight, at) => sum - weight * means[at]!, found[size]!);
  return { weights, bias, means, scales };
}

/** Follows a gradient downhill from `start`, always the same way. */
export function descend(start: number[], gradient: (at: number[]) => number[]): number[] {
  const place = [...start];
  const first = start.map(() => 0);
  const second = start.map(() => 0);
  for (let round = 1; round <= rounds; round += 1) {
    const slopes = gradient(place);
    for (const [at, slope] of slopes.entries()) {
      first[at] = 0.9 * first[at]! + 0.1 * slope;
      second[at] = 0.999 * second[at]! + 0.001 * slope ** 2;
      const step = first[at]! / (1 - 0.9 ** round) / (Math.sqrt(second[at]! / (1 - 0.999 ** round)) + 1e-8);
      place[at]! -= pace * step;
    }
  }
  return place;
}

const columns = (count: number, value: (at: number) => number) => Array.from({ length: count }, (_, at) => value(at));
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
