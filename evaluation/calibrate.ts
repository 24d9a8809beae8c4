import {
  type Calibration,
  type EvaluationStyle,
  probabilityOf,
  type Signals,
  signalNames,
} from '../src/chain/calibration.ts';
import type { Basis } from '../src/chain/verdict.ts';
import type { JudgedPair } from './judge-pairs.ts';
import { type Example, fitLogistic } from './logistic.ts';

const threshold = 0.5;
/** Fewer groups than this are dealt out differently: then questions take the place of groups. */
const fewestGroups = 3;
/** The most models that are fitted to report on; more groups than this are dealt into so many parts. */
const mostFolds = 20;

type Fitted = Pick<Calibration, 'weights' | 'bias'>;

/**
 * Fits how the signals of a judge make a probability, and gives each pair the probability by a model that saw no pair of its
 * group: what is reported was not trained on. What has no signals stays as it was judged. Null where fewer than two groups
 * were judged, so that none is left to fit on, or only right answers, or only wrong ones.
 * @param name the judge's name among the judged
 */
export function calibrate(options: {
  judged: JudgedPair[];
  name: string;
  model: string;
  basis: Basis;
  style: EvaluationStyle;
  dataSet: string;
}): { calibration: Calibration; held: JudgedPair[] } | null {
  const { judged, name, model, basis, style, dataSet } = options;
  const usable = judged.filter(({ judged: by }) => by[name]?.signals);
  const groups = new Set(usable.map(({ pair }) => pair.group));
  const groupOf = ({ pair }: JudgedPair) => (groups.size >= fewestGroups ? pair.group : pair.question);
  const byGroup = Map.groupBy(usable, groupOf);
  const rights = usable.filter(({ pair }) => pair.right).length;
  if (byGroup.size < 2 || rights === 0 || rights === usable.length) return null;
  const folds = Map.groupBy(byGroup.values().toArray().entries(), ([at]) => at % mostFolds);
  const held = [...folds.values()].flatMap((groupsOfFold) => {
    const fold = groupsOfFold.flatMap(([, members]) => members);
    const own = new Set(fold);
    const fitted = fit(
      usable.filter((each) => !own.has(each)),
      name,
    );
    return fold.map((member): JudgedPair => {
      const own = member.judged[name]!;
      const score = probabilityOf(own.signals!, fitted);
      const label = score >= threshold ? 'Correct' : 'Incorrect';
      return { ...member, judged: { [name]: { ...own, score, label } } };
    });
  });
  const fitted = fit(usable, name);
  const unweighed = judged.filter(({ judged: by }) => by[name] && !by[name].signals);
  return {
    calibration: { model, basis, style, ...fitted, threshold, dataSet, pairs: usable.length },
    held: [...held, ...unweighed],
  };
}

function fit(judged: JudgedPair[], name: string): Fitted {
  const examples = judged.map(({ pair, judged: by }): Example => {
    const signals = by[name]!.signals as Signals;
    return { features: signalNames.map((signal) => signals[signal]), right: pair.right, weight: 1 };
  });
  const { weights, bias } = fitLogistic(examples, 1e-2);
  const rounded = (value: number) => Number(value.toPrecision(4));
  const named = Object.fromEntries(signalNames.map((signal, at) => [signal, rounded(weights[at]!)]));
  return { weights: named as Calibration['weights'], bias: rounded(bias) };
}
