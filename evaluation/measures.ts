import { seededRandom } from './seeded.ts';

/** A score, and whether what it scores is right. */
export type Scored = { score: number; right: boolean };

/**
 * The chance that a right one scores higher than a wrong one, ties counting half: the area under the ROC curve, by ranks
 * (Hanley and McNeil, 1982). Null where all are right or all wrong.
 */
export function auroc(scored: Scored[]): number | null {
  const rights = scored.filter(({ right }) => right).length;
  const wrongs = scored.length - rights;
  if (rights === 0 || wrongs === 0) return null;
  if (scored.some(({ score }) => Number.isNaN(score))) throw new Error('A score is not a number.');
  const ordered = [...scored].sort((one, other) => one.score - other.score);
  let rankSum = 0;
  for (let from = 0; from < ordered.length; ) {
    let to = from;
    while (to < ordered.length && ordered[to]!.score === ordered[from]!.score) to += 1;
    const rank = (from + to + 1) / 2;
    rankSum += rank * ordered.slice(from, to).filter(({ right }) => right).length;
    from = to;
  }
  return (rankSum - (rights * (rights + 1)) / 2) / (rights * wrongs);
}

/** At a threshold: the mean of the shares of right and of wrong ones that are told, and the share of wrong ones passed. */
export function atThreshold(scored: Scored[], threshold: number) {
  const passed = (wanted: boolean) => {
    const among = scored.filter(({ right }) => right === wanted);
    return among.length === 0 ? 0 : among.filter(({ score }) => score >= threshold).length / among.length;
  };
  const falseCorrect = passed(false);
  return { balancedAccuracy: (passed(true) + 1 - falseCorrect) / 2, falseCorrect, keptRight: passed(true) };
}

/** How far stated probabilities are from what comes true, in ten bins by probability (Naeini et al., 2015). */
export function calibrationError(scored: (Scored & { weight?: number })[]): number {
  const bins = Map.groupBy(scored, ({ score }) => Math.min(9, Math.floor(score * 10)));
  const weigh = (among: typeof scored, value: (each: Scored) => number) =>
    among.reduce((sum, each) => sum + value(each) * (each.weight ?? 1), 0);
  const whole = weigh(scored, () => 1);
  let error = 0;
  for (const bin of bins.values())
    error += Math.abs(weigh(bin, ({ score }) => score) - weigh(bin, ({ right }) => Number(right))) / whole;
  return error;
}

/** A figure with its 95% interval; all null where there was nothing to measure. */
export type Estimate = { value: number | null; low: number | null; high: number | null; count: number };

/**
 * A figure with its interval by the bootstrap (Efron, 1979), percentile method: what belongs together, such as the answers to
 * one question, is drawn together. The same seed gives the same interval. Where all are alike, as where none of ten is wrong,
 * drawing again tells nothing, and the interval is that of a share of which nothing, or everything, was seen to hold.
 * @param options.classOf for a figure that compares right with wrong ones: the rarer ones say how little was seen
 */
export function estimate<Item>(
  items: Item[],
  measure: (items: Item[]) => number | null,
  options: { groupOf: (item: Item) => string; classOf?: (item: Item) => boolean; seed?: number },
): Estimate {
  const value = measure(items);
  const groups = [...Map.groupBy(items, options.groupOf).values()];
  if (value === null || groups.length < 2) return { value, low: null, high: null, count: items.length };
  const random = seededRandom(options.seed ?? 1);
  const samples = items.length > 2_000 ? 200 : 1_000;
  const drawn: number[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    const again = measure(groups.flatMap(() => groups[Math.floor(random() * groups.length)]!));
    if (again !== null) drawn.push(again);
  }
  drawn.sort((one, other) => one - other);
  const at = (share: number) => drawn[Math.min(drawn.length - 1, Math.floor(share * drawn.length))] ?? null;
  const [low, high, count] = [at(0.025), at(0.975), items.length];
  if (low !== high || (value !== 0 && value !== 1)) return { value, low, high, count };
  const { classOf = () => true } = options;
  const seen = [true, false].flatMap(
    (one) => groups.filter((group) => group.some((item) => classOf(item) === one)).length || [],
  );
  const least = leastShare(Math.min(...seen));
  return value === 1 ? { value, low: least, high: 1, count } : { value, low: 0, high: 1 - least, count };
}

/** The low end of the 95% interval of a share, where it holds of all that were seen (Clopper and Pearson, 1934). */
const leastShare = (seen: number) => 0.025 ** (1 / seen);

/** The share of which something holds; null of none. */
export function share<Item>(items: Item[], holds: (item: Item) => boolean): number | null {
  return items.length === 0 ? null : items.filter(holds).length / items.length;
}

/** The points of the ROC curve, from the highest score down: shares of wrong and of right ones passed. */
export function rocPoints(scored: Scored[]): [wrong: number, right: number][] {
  const rights = scored.filter(({ right }) => right).length;
  const wrongs = scored.length - rights;
  const ordered = [...scored].sort((one, other) => other.score - one.score);
  const points: [number, number][] = [[0, 0]];
  let passedRight = 0;
  let passedWrong = 0;
  for (const [at, { score, right }] of ordered.entries()) {
    if (right) passedRight += 1;
    else passedWrong += 1;
    if (ordered[at + 1]?.score !== score) points.push([passedWrong / wrongs, passedRight / rights]);
  }
  return points;
}

/** For each tenth of the probabilities: the mean of those stated, what came true, and how many there are. */
export function reliability(scored: Scored[]): { stated: number; true: number; count: number }[] {
  const bins = Map.groupBy(scored, ({ score }) => Math.min(9, Math.floor(score * 10)));
  return [...bins]
    .sort(([one], [other]) => one - other)
    .map(([, bin]) => ({
      stated: bin.reduce((sum, { score }) => sum + score, 0) / bin.length,
      true: share(bin, ({ right }) => right)!,
      count: bin.length,
    }));
}
