import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { scoreOf, type VerdictWeights } from '../src/chain/judge-by-features.ts';
import { rankSentences } from '../src/chain/rank-sentences.ts';
import { readAnswer, similarityFeatures, verdictFeatureNames } from '../src/chain/verdict-features.ts';
import { fitBoostedTrees } from './boosted-trees.ts';
import { fitLogistic } from './logistic.ts';
import { atThreshold, auroc, calibrationError } from './measures.ts';
import { readSquad, type Squad, splitByArticle } from './squad.ts';
import type { SquadContexts } from './squad-search.ts';
import { searchSquadWithEmbedded } from './squad-search.ts';
import { makePairs, type Pair, type PairKind, rightKinds, wrongKinds } from './verdict-pairs.ts';

/** Correct means: more likely right than not. */
const threshold = 0.5;
/** Of each form of answer, this share is taken to be right: the score is a probability for such a mixture. */
const shareRight = 2 / 3;
/** Questions that were written to look answerable are common in the data and rare in life. */
const rarely: Partial<Record<PairKind, number>> = { 'plausible, unanswerable': 0.3, 'our answer, unanswerable': 0.3 };

const rounded = (value: number) => Number(value.toPrecision(5));

type Example = { pair: Pair; features: number[]; right: boolean; weight: number };

/** Spans, restated questions and whole sentences look different; no form may count as right or wrong for its form alone. */
function formOf(kind: PairKind): 'statement' | 'sentence' | 'span' {
  if (kind.includes('statement')) return 'statement';
  return kind.includes('sentence') || kind.startsWith('our') ? 'sentence' : 'span';
}

/** The pairs with their features, weighted so that in each form `shareRight` is right. */
function toExamples(pairs: Pair[]): Example[] {
  const read = pairs.flatMap((pair) => {
    const features = readAnswer(pair.answer, rankSentences(pair.question, pair.context))?.values;
    return features ? [{ pair, features, right: pair.right, weight: rarely[pair.kind] ?? 1 }] : [];
  });
  const side = ({ pair, right }: Example) => `${formOf(pair.kind)} ${right}`;
  const whole = new Map<string, number>();
  for (const example of read) whole.set(side(example), (whole.get(side(example)) ?? 0) + example.weight);
  return read.map((example) => {
    const share = example.right ? shareRight : 1 - shareRight;
    return { ...example, weight: (example.weight * share * read.length) / whole.get(side(example))! };
  });
}

/** Trains the classifier of the embedded verdict on some articles of a set. */
export function trainVerdict(squad: Squad, contexts: SquadContexts[], seed: number) {
  const pairs = makePairs(squad, contexts, seed);
  const { train, test } = splitByArticle(squad, seed);
  const learned = toExamples(pairs.filter(({ article }) => train.has(article)));
  const held = toExamples(pairs.filter(({ article }) => test.has(article)));
  const unseen = (name: (typeof verdictFeatureNames)[number]) => similarityFeatures.includes(name);
  const blind = (features: number[]) => features.map((value, at) => (unseen(verdictFeatureNames[at]!) ? 0 : value));
  const fit = (examples: Example[]): VerdictWeights => {
    const line = fitLogistic(examples);
    const weights = line.weights.map(rounded);
    const bias = rounded(line.bias);
    const features = verdictFeatureNames.map((name, at) => ({ name, weight: weights[at]! }));
    const starts = examples.map((each) => each.features.reduce((sum, value, at) => sum + value * weights[at]!, bias));
    return { threshold, bias, features, trees: fitBoostedTrees(examples, starts) };
  };
  const e5Small = fit(learned);
  const anyModel = fit(learned.map((each) => ({ ...each, features: blind(each.features) })));
  const heldBlind = held.map((each) => ({ ...each, features: blind(each.features) }));
  const area = auroc(heldBlind.map(({ features, right }) => ({ score: scoreOf(features, anyModel), right })));
  const lines = `${report(held, e5Small, [...test])}\nwithout similarities, all pairs   AUROC ${area?.toFixed(3)}\n`;
  return { model: { e5Small, anyModel }, report: lines };
}

function report(held: Example[], model: VerdictWeights, articles: string[]): string {
  const scored = held.map(({ pair, features, right, weight }) => ({
    kind: pair.kind,
    score: scoreOf(features, model),
    right,
    weight,
  }));
  const isAnswerable = ({ kind }: { kind: PairKind }) => !kind.includes('unanswerable');
  const show = (value: number | null) => (value === null ? '–' : value.toFixed(3));
  const percent = (value: number) => `${(100 * value).toFixed(1)}%`;
  const among = (kept: typeof scored) => {
    const { balancedAccuracy, falseCorrect } = atThreshold(kept, threshold);
    return `AUROC ${show(auroc(kept))}, balanced accuracy ${show(balancedAccuracy)}, wrong called Correct ${percent(falseCorrect)}`;
  };
  const lines = [
    `Held-out articles: ${articles.join(', ')}; ${held.length} pairs`,
    `generated, with an answer       ${among(scored.filter((each) => isAnswerable(each) && !each.kind.startsWith('our')))}`,
    `questions with an answer        ${among(scored.filter(isAnswerable))}`,
    `with SQuAD's unanswerable ones  ${among(scored)}`,
    `calibration error               ${show(calibrationError(scored))}`,
    '',
  ];
  for (const kind of rightKinds) {
    const kept = scored.filter((each) => each.kind === kind);
    lines.push(
      `${kind.padEnd(35)} n ${String(kept.length).padStart(4)}  called Correct ${percent(atThreshold(kept, threshold).keptRight)}`,
    );
  }
  for (const kind of wrongKinds) {
    const kept = scored.filter((each) => each.kind === kind);
    const form = scored.filter((each) => each.kind === kind || (each.right && formOf(each.kind) === formOf(kind)));
    lines.push(
      `${kind.padEnd(35)} n ${String(kept.length).padStart(4)}  called Correct ${percent(atThreshold(kept, threshold).falseCorrect).padEnd(6)}` +
        `  AUROC against right ones of the same form ${show(auroc(form))}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** JSON with a line for each tree, which is how one reads and compares them. */
function toJson(value: object): string {
  const trees: string[] = [];
  const marked = JSON.stringify(
    value,
    (key, each) =>
      key === 'trees' ? each.map((tree: unknown) => `tree ${trees.push(JSON.stringify(tree)) - 1}`) : each,
    2,
  );
  return marked.replace(/"tree (\d+)"/g, (_, at) => trees[Number(at)]!);
}

/** `npx node evaluation/train-verdict.ts --data FOLDER [--seed 1]` writes src/chain/verdict-weights.json. */
async function run() {
  const { values } = parseArgs({ options: { data: { type: 'string' }, seed: { type: 'string', default: '1' } } });
  if (!values.data) throw new Error('Say where the SQuAD files are: --data FOLDER');
  const seed = Number(values.seed);
  const squad = readSquad(values.data);
  const { model, report } = trainVerdict(squad, await searchSquadWithEmbedded(squad), seed);
  const madeBy = `npx node evaluation/train-verdict.ts --data FOLDER --seed ${seed}`;
  const file = new URL('../src/chain/verdict-weights.json', import.meta.url);
  await writeFile(file, `${toJson({ madeBy, ...model })}\n`);
  process.stdout.write(report);
}

if (import.meta.main) await run();
