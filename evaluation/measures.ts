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
