import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dataset } from '../evaluation/dataset.ts';
import type { Gate } from '../evaluation/gate.ts';
import { type EvaluationStyle, evaluationStyles } from './chain/calibration.ts';
import { AskRequest } from './chain/reply.ts';
import type { Basis } from './chain/verdict.ts';
import { ingestWithProgress } from './commands.ts';
import { compose, type Parts } from './compose.ts';
import { type Config, readConfig } from './config.ts';
import { KeptReplies } from './models/kept-replies.ts';
import { showCount, tell, WrongUsage, writeJson } from './terminal.ts';

export type EvaluateOptions = {
  json?: boolean;
  out: string;
  gate?: string | true;
  limit?: string;
  seed: string;
  judge: string;
  styles?: string;
  calibrate?: string;
  corpus?: string;
  articles: string;
  onIncorrect: string;
};

/**
 * `assay evaluate [DATASET]`: in a store of its own, asks questions and judges answers, prints the figures and writes the report.
 * Without a data set, the sample questions to the sample corpus. The exit code is 1 where a figure is below the gate.
 */
export async function evaluate(path: string | undefined, options: EvaluateOptions) {
  const dataDir = await mkdtemp(join(tmpdir(), 'assay-evaluate-'));
  const config: Config = { ...readConfig(), logLevel: 'warn', dataDir, weaviate: undefined };
  try {
    const failures = path === undefined ? await onSamples(config, options) : await onDataset(path, config, options);
    for (const failure of failures) tell(`Below the gate: ${failure}`);
    if (failures.length > 0) process.exitCode = 1;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function onSamples(config: Config, { json, gate }: EvaluateOptions): Promise<string[]> {
  const { evaluateQuestions } = await import('../evaluation/questions.ts');
  const minimum = await gateOf(gate);
  const questions = JSON.parse(await readFile(new URL('../test/questions.json', import.meta.url), 'utf8'));
  return withParts(config, undefined, async (parts) => {
    await ingestWithProgress(parts, [config.corpusDir], 'default');
    const bar = showCount('Asking');
    const result = await evaluateQuestions({
      questions,
      ask: (question: string) => parts.conductAsk(AskRequest.parse({ question })),
      onProgress: bar.update,
      ...(minimum && { minimum }),
    }).finally(bar.end);
    if (json) writeJson(result.figures);
    else process.stdout.write(`${result.table}\n`);
    return result.failures;
  });
}

async function onDataset(path: string, config: Config, options: EvaluateOptions): Promise<string[]> {
  const { readDataset } = await import('../evaluation/dataset.ts');
  const { evaluateDataset } = await import('../evaluation/evaluate-dataset.ts');
  const { shortfalls } = await import('../evaluation/gate.ts');
  const { toMarkdown } = await import('../evaluation/report.ts');
  const { toPage } = await import('../evaluation/report-page.ts');
  const bases: Basis[] =
    options.judge === 'both' ? ['context', 'answer'] : [oneOf('judge', options.judge, ['context', 'answer'])];
  const wanted = options.styles?.split(',') ?? ['plain', config.evaluationStyle];
  const styles = [...new Set(wanted.map((style) => oneOf('styles', style, evaluationStyles)))] as EvaluationStyle[];
  const articles = oneOf('articles', options.articles, ['all', 'held-out', 'tuned'] as const);
  const limit = options.limit === undefined ? Number.POSITIVE_INFINITY : wholeNumber('limit', options.limit);
  const onIncorrect = oneOf('on-incorrect', options.onIncorrect, ['return', 'retry', 'abstain'] as const);
  const seed = wholeNumber('seed', options.seed);
  const minimum = await gateOf(options.gate);
  const dataset: Dataset = readDataset(path);
  const out = resolve(options.out);
  await mkdir(out, { recursive: true });
  const kept = new KeptReplies(join(out, 'replies.tsv'));
  return withParts(config, kept, async (parts) => {
    // The sample corpus answers none of a set in SQuAD's format: asked there, its questions are unrelated ones.
    if (dataset.kind !== 'pairs') {
      const corpus = options.corpus ? resolve(options.corpus) : config.corpusDir;
      await ingestWithProgress(parts, [corpus], 'default');
    }
    let end = () => {};
    const onProgress = (what: string) => {
      end();
      const bar = showCount(what);
      end = bar.end;
      return bar.update;
    };
    const evaluation = await evaluateDataset({
      parts,
      config,
      kept,
      dataset,
      name: basename(resolve(path)),
      bases,
      styles,
      limit,
      seed,
      articles,
      onIncorrect,
      calibrates: options.calibrate !== undefined,
      onProgress,
    }).finally(() => end());
    const { judges, calibrations, ...rest } = evaluation;
    const markdown = toMarkdown(evaluation);
    await writeFile(join(out, 'report.json'), `${JSON.stringify(rest, null, 2)}\n`);
    await writeFile(join(out, 'report.md'), markdown);
    await writeFile(join(out, 'report.html'), toPage(evaluation));
    if (options.calibrate !== undefined) {
      const madeBy = 'assay evaluate DATASET --calibrate FILE';
      await writeFile(options.calibrate, `${JSON.stringify({ madeBy, judges: calibrations }, null, 2)}\n`);
    }
    if (options.json) writeJson(evaluation.figures);
    else process.stdout.write(markdown);
    tell(`The report is in ${out}: report.html, report.md, report.json.`);
    return minimum ? shortfalls(evaluation.figures, minimum) : [];
  });
}

async function withParts<T>(config: Config, kept: KeptReplies | undefined, work: (parts: Parts) => Promise<T>) {
  const parts = await compose(config, { logTo: 'terminal', ...(kept && { kept }) });
  try {
    return await work(parts);
  } finally {
    await parts.close();
  }
}

/** A gate by its file; `--gate` alone is the one that comes with Assay. */
async function gateOf(gate: string | true | undefined): Promise<Gate | undefined> {
  if (gate === undefined) return undefined;
  const { readGate } = await import('../evaluation/gate.ts');
  return readGate(gate === true ? fileURLToPath(new URL('../evaluation/gate.json', import.meta.url)) : gate);
}

function oneOf<Choice extends string>(name: string, value: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === value.trim());
  if (found === undefined) throw new WrongUsage(`--${name} takes ${choices.join(', ')}.`);
  return found;
}

function wholeNumber(name: string, value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new WrongUsage(`--${name} takes a whole number.`);
  return Number(value);
}
