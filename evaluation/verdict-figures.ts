import type { JudgedPair } from './judge-pairs.ts';
import { atThreshold, auroc, calibrationError, type Estimate, estimate, type Scored, share } from './measures.ts';

/** The scores of one judge, for figures and plots. */
export type JudgeScores = { name: string; scored: (Scored & { label: string; kind: string; question: string })[] };

/** A pair's score for ranking: the stated one, else what the label says; what is unjudged stands in the middle. */
export function scoresOf(judged: JudgedPair[], name: string): JudgeScores {
  const ofLabel = { Correct: 1, Incorrect: 0, Unjudged: 0.5 };
  return {
    name,
    scored: judged.map(({ pair, judged: by }) => {
      const { label, score } = by[name]!;
      const { right, kind, question } = pair;
      return { score: score ?? ofLabel[label], label, right, kind, question };
    }),
  };
}

type Item = JudgeScores['scored'][number];

/** A judge's figures, each under `verdict.NAME.`, and by kind of wrong answer under `verdict.NAME.kind.KIND.`. */
export function verdictFigures({ name, scored }: JudgeScores, hasProbabilities: boolean): Record<string, Estimate> {
  const groupOf = ({ question }: Item) => question;
  const among = (items: Item[], measure: (items: Item[]) => number | null) => estimate(items, measure, { groupOf });
  const comparing = (items: Item[], measure: (items: Item[]) => number | null) =>
    estimate(items, measure, { groupOf, classOf: ({ right }) => right });
  const asLabels = (items: Item[]) => items.map(({ label, right }) => ({ score: Number(label === 'Correct'), right }));
  const both = (items: Item[]) => items.some(({ right }) => right) && items.some(({ right }) => !right);
  const calledCorrect = (items: Item[]) => share(items, ({ label }) => label === 'Correct');
  const [rights, allWrongs] = [scored.filter(({ right }) => right), scored.filter(({ right }) => !right)];
  const figures: Record<string, Estimate> = {
    auroc: comparing(scored, auroc),
    balancedAccuracy: comparing(scored, (items) =>
      both(items) ? atThreshold(asLabels(items), 1).balancedAccuracy : null,
    ),
    falseCorrect: among(allWrongs, calledCorrect),
    rightCalledCorrect: among(rights, calledCorrect),
    falseCorrectAt70: comparing(scored, (items) => (both(items) ? passedAt(items, 0.7) : null)),
    unjudged: among(scored, (items) => share(items, ({ label }) => label === 'Unjudged')),
    ...(hasProbabilities && { calibrationError: among(scored, (items) => calibrationError(items)) }),
  };
  for (const [kind, wrongs] of Map.groupBy(
    allWrongs.filter(({ kind }) => kind !== ''),
    ({ kind }) => kind,
  )) {
    figures[`kind.${kind}.auroc`] = comparing([...rights, ...wrongs], auroc);
    figures[`kind.${kind}.falseCorrect`] = among(wrongs, calledCorrect);
  }
  return Object.fromEntries(
    Object.entries(figures)
      .filter(([, { value }]) => value !== null)
      .map(([figure, value]) => [`verdict.${name}.${figure}`, value]),
  );
}

/** The share of wrong ones that pass where this share of the right ones does. */
function passedAt(items: Item[], kept: number): number {
  const rights = items.flatMap(({ score, right }) => (right ? [score] : [])).sort((one, other) => other - one);
  const cut = rights[Math.ceil(kept * rights.length) - 1]!;
  return atThreshold(items, cut).falseCorrect;
}
