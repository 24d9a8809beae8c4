import type { Calibration, EvaluationStyle } from '../src/chain/calibration.ts';
import { createFeatureJudge } from '../src/chain/judge-by-features.ts';
import type { Basis } from '../src/chain/verdict.ts';
import type { Parts } from '../src/compose.ts';
import { embeddedWeights, openAnswering, sufficiencyModel } from '../src/compose-models.ts';
import type { Config } from '../src/config.ts';
import type { KeptReplies } from '../src/models/kept-replies.ts';
import { type AskedQuestion, askFigures, askQuestions } from './ask-questions.ts';
import { calibrate } from './calibrate.ts';
import type { Dataset, LabelledPair, LabelledQuestion } from './dataset.ts';
import { generatePairs } from './generated-pairs.ts';
import { type JudgedPair, judgePairs, type NamedJudge } from './judge-pairs.ts';
import { choosePairs } from './make-pairs.ts';
import type { Estimate } from './measures.ts';
import { seededRandom, shuffled } from './seeded.ts';
import { type Squad, splitByArticle } from './squad.ts';
import { type JudgeScores, scoresOf, verdictFigures } from './verdict-figures.ts';

/** Everything that an evaluation found out. */
export type Evaluation = {
  dataSet: string;
  models: Parts['about']['models'];
  seed: number;
  /** By name, as a gate names them. */
  figures: Record<string, Estimate>;
  asked: AskedQuestion[];
  judged: JudgedPair[];
  judges: (JudgeScores & { medianMs: number; hasProbabilities: boolean })[];
  calibrations: Calibration[];
  /** The judges, by name, for whose calibration there was too little. */
  uncalibrated: string[];
};

export type EvaluationOptions = {
  parts: Parts;
  config: Config;
  kept: KeptReplies;
  dataset: Dataset;
  /** What the data set is called in the report. */
  name: string;
  bases: Basis[];
  /** The styles in which a language model judges; each is a row of the table. */
  styles: EvaluationStyle[];
  /** At most so many questions, and so many pairs. */
  limit: number;
  seed: number;
  articles: 'all' | 'held-out' | 'tuned';
  calibrates: boolean;
  onIncorrect: 'return' | 'retry' | 'abstain';
  onProgress: (what: string) => (done: number, total: number) => void;
};

/** Evaluates the system as it is configured on a data set: questions are asked, pairs are judged, by each judge in turn. */
export async function evaluateDataset(options: EvaluationOptions): Promise<Evaluation> {
  const { parts, dataset, seed, limit, onIncorrect, onProgress } = options;
  const { questions, pairs } = await prepare(options);
  const few = <Thing>(things: Thing[]) =>
    things.length <= limit ? things : shuffled(things, seededRandom(seed)).slice(0, limit);
  const collection = dataset.kind === 'squad' ? squadCollection : 'default';
  const asked =
    questions.length === 0
      ? []
      : await askQuestions({
          parts,
          collection,
          questions: few(questions),
          onIncorrect,
          sufficiency: sufficiencyModel(parts.about.models.embedding),
          elsewhere: dataset.kind === 'squad' ? 'default' : undefined,
          onProgress: onProgress('Asking'),
        });
  const judges = pairs.length === 0 ? [] : namedJudges(options);
  const judged = await judgePairs({ parts, judges, pairs: few(pairs), onProgress: onProgress('Judging') });
  const calibrations: Calibration[] = [];
  const uncalibrated: string[] = [];
  const rows = judges.map(({ name }) => ({ name, judged }));
  if (options.calibrates)
    for (const { name, basis, style } of judges) {
      if (!style || style === 'plain') continue; // the baseline stays as the model says it
      const { model, dataSet } = { model: parts.about.models.evaluation, dataSet: options.name };
      const fitted = calibrate({ judged, name, model, basis, style, dataSet });
      if (!fitted) {
        uncalibrated.push(name);
        continue;
      }
      calibrations.push(fitted.calibration);
      const calibrated = `${name}, calibrated`;
      const renamed = fitted.held.map((each) => ({ ...each, judged: { [calibrated]: each.judged[name]! } }));
      rows.push({ name: calibrated, judged: renamed });
    }
  const scores = rows.map(({ name, judged: own }) => ({
    ...scoresOf(own, name),
    hasProbabilities: own.some(({ judged: by }) => by[name]!.score !== null),
    medianMs: median(own.map(({ judged: by }) => by[name]!.milliseconds)),
  }));
  const figures = Object.assign(
    askFigures(asked),
    ...scores.map((each) => verdictFigures(each, each.hasProbabilities)),
  ) as Evaluation['figures'];
  return {
    dataSet: options.name,
    models: parts.about.models,
    seed,
    figures,
    asked,
    judged,
    judges: scores,
    calibrations,
    uncalibrated,
  };
}

const squadCollection = 'squad';

/** What is asked and what is judged; the paragraphs of a set in SQuAD's format are ingested on the way. */
async function prepare(options: EvaluationOptions): Promise<{ questions: LabelledQuestion[]; pairs: LabelledPair[] }> {
  const { dataset, parts, limit, seed, articles } = options;
  if (dataset.kind === 'pairs') return { questions: [], pairs: dataset.pairs };
  if (dataset.kind === 'questions') return { questions: dataset.questions, pairs: [] };
  const { squad } = dataset;
  await ingestParagraphs(squad, parts, options.onProgress('Ingesting'));
  const { train, test } = splitByArticle(squad, 1);
  const wanted = (article: string) => articles === 'all' || (articles === 'held-out' ? test : train).has(article);
  const questions = squad.questions
    .filter(({ article }) => wanted(article))
    .map(({ question, paragraph, answers }) => ({
      question,
      answers: answers.map(({ text }) => text),
      source: String(paragraph),
    }));
  const generated = generatePairs(squad, seed).filter(({ asked }) => wanted(squad.questions[asked]!.article));
  const pairs = choosePairs(squad, generated, Math.min(limit, generated.length), seed).map((pair): LabelledPair => {
    const { question, paragraph, article } = squad.questions[pair.asked]!;
    const context = [squad.paragraphs[paragraph]!.text];
    return {
      question,
      context,
      answer: pair.answer,
      right: pair.right,
      kind: pair.kind,
      group: article,
      title: article,
    };
  });
  return { questions, pairs };
}

async function ingestParagraphs(squad: Squad, parts: Parts, onProgress: (done: number, total: number) => void) {
  await parts.knowledge.createCollection(squadCollection);
  const signal = AbortSignal.any([]);
  for (const [number, { article, text }] of squad.paragraphs.entries()) {
    const content = { text, format: 'text' as const };
    await parts.ingestUploads(squadCollection, [{ source: String(number), title: article, content }], { signal });
    onProgress(number + 1, squad.paragraphs.length);
  }
}

/** The embedded judge, and the language model in each style on each basis where there is one. */
function namedJudges(options: EvaluationOptions): (NamedJudge & { style?: EvaluationStyle })[] {
  const { config, parts, bases, styles, kept, calibrates } = options;
  const { models } = parts.about;
  const judges: (NamedJudge & { style?: EvaluationStyle })[] = [];
  if (bases.includes('context'))
    judges.push({
      name: 'embedded, context',
      basis: 'context',
      judge: createFeatureJudge({ weights: embeddedWeights(models.embedding) }),
    });
  if (bases.includes('context') && parts.entails)
    judges.push({
      name: 'with entailment, context',
      basis: 'context',
      judge: createFeatureJudge({ weights: embeddedWeights(models.embedding), entails: parts.entails }),
    });
  if (models.chat === null) return judges;
  for (const basis of bases)
    for (const evaluationStyle of styles) {
      // What is to be calibrated is judged without the calibration of before.
      const opened = openAnswering({ ...config, evaluationStyle }, models, parts.servers, {
        cache: kept,
        calibrated: !calibrates,
      });
      judges.push({ name: `${evaluationStyle}, ${basis}`, basis, style: evaluationStyle, judge: opened.judges[basis] });
    }
  return judges;
}

function median(values: number[]): number {
  const ordered = [...values].sort((one, other) => one - other);
  return ordered[Math.floor(ordered.length / 2)] ?? 0;
}
