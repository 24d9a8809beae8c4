import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dataset, LabelledQuestion } from '../../evaluation/dataset.ts';
import type { Gate } from '../../evaluation/gate.ts';
import { type Calibration, type EvaluationStyle, evaluationStyles } from '../chain/calibration.ts';
import { AskRequest } from '../chain/reply.ts';
import type { Basis } from '../chain/verdict.ts';
import { compose, type Parts } from '../compose.ts';
import { chooseModels } from '../compose-models.ts';
import { type Config, readConfig } from '../config.ts';
import { AppError } from '../errors.ts';
import { KeptReplies } from '../models/kept-replies.ts';
import { ingestWithProgress } from './ingest.ts';
import { showCount, tell, tidyAtInterrupt, UsageError, writeJson } from './terminal.ts';

/** The documents that the sample questions are about; `CORPUS_DIR` may be another folder. */
const sampleCorpus = fileURLToPath(new URL('../../corpus', import.meta.url));

type EvaluateOptions = {
  json?: boolean;
  gate?: string | true;
} & { [Name in (typeof datasetOptions)[number]]?: string };

/** The options that only apply to a data set, not to the sample questions. */
const datasetOptions = [
  'out',
  'limit',
  'seed',
  'judge',
  'styles',
  'calibrate',
  'corpus',
  'articles',
  'onIncorrect',
] as const;

/**
 * `assay evaluate [DATASET]`: asks questions and judges answers in a temporary store, prints the figures and writes the report. Without a
 * data set, it asks the sample questions about the sample corpus. The exit code is 1 if a figure is below the gate.
 */
export async function evaluate(path: string | undefined, options: EvaluateOptions) {
  const settings = readConfig();
  const wanted = readOptions(path, options, settings);
  const dataDir = await mkdtemp(join(tmpdir(), 'assay-evaluate-')).catch((cause) => {
    throw new AppError('NOT_READY', `No folder can be made in ${tmpdir()}: set TMPDIR to one that can be written.`, {
      cause,
    });
  });
  const config: Config = { ...settings, logLevel: 'warn', dataDir, weaviate: undefined };
  const forget = tidyAtInterrupt(() => rmSync(dataDir, { recursive: true, force: true }));
  try {
    const failures =
      path === undefined ? await onSamples(config, options) : await onDataset(path, config, options, wanted);
    for (const failure of failures) tell(`Below the gate: ${failure}`);
    if (failures.length > 0) process.exitCode = 1;
  } finally {
    forget();
    await rm(dataDir, { recursive: true, force: true });
  }
}

type Wanted = ReturnType<typeof readOptions>;

/**
 * Validates and parses the options.
 * @throws UsageError for an invalid value, and for options of a data set without one
 * @throws AppError BAD_SETTINGS for options that need a language model where there is none
 */
function readOptions(path: string | undefined, options: EvaluateOptions, config: Config) {
  const given = datasetOptions
    .filter((name) => options[name] !== undefined)
    .map((name) => ({ name, flag: flagOf(name) }));
  const judge = oneOf('judge', options.judge ?? 'context', ['context', 'answer', 'both'] as const);
  const bases: Basis[] = judge === 'both' ? ['context', 'answer'] : [judge];
  const named = options.styles?.split(',') ?? ['plain', config.evaluationStyle];
  const styles = [...new Set(named.map((style): EvaluationStyle => oneOf('styles', style, evaluationStyles)))];
  const limit = options.limit === undefined ? Number.POSITIVE_INFINITY : wholeNumber('limit', options.limit);
  if (limit === 0) throw new UsageError('--limit takes a whole number from 1.');
  const read = {
    bases,
    styles,
    limit,
    seed: wholeNumber('seed', options.seed ?? '1'),
    articles: oneOf('articles', options.articles ?? 'all', ['all', 'held-out', 'tuned'] as const),
    onIncorrect: oneOf('onIncorrect', options.onIncorrect ?? 'return', ['return', 'retry', 'abstain'] as const),
  };
  if (path === undefined && given.length > 0)
    throw new UsageError(
      `Only a data set can be evaluated with ${given.map(({ flag }) => flag).join(', ')}: name one.`,
    );
  if (path !== undefined && options.gate === true)
    throw new UsageError(
      '--gate takes a file for a data set: the gate that comes with Assay is for the sample questions.',
    );
  if (options.calibrate !== undefined && styles.every((style) => style === 'plain'))
    throw new UsageError('--calibrate is for rubric, cross-check and full; plain stays as the model says it.');
  const needModel = given.filter(
    ({ name }) => ['styles', 'calibrate'].includes(name) || (name === 'judge' && judge === 'answer'),
  );
  if (needModel.length > 0 && chooseModels(config.models).chat === null)
    throw new AppError(
      'BAD_SETTINGS',
      `Without a language model there is nothing for ${needModel.map(({ flag }) => flag).join(', ')}: set OPENAI_BASE_URL and CHAT_MODEL.`,
    );
  return read;
}

const flagOf = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

async function onSamples(config: Config, { json, gate }: EvaluateOptions): Promise<string[]> {
  const { evaluateQuestions } = await import('../../evaluation/questions.ts');
  const minimum = await readGateOption(gate);
  const questions = JSON.parse(await readFile(new URL('../../test/questions.json', import.meta.url), 'utf8'));
  return withParts(config, undefined, async (parts) => {
    await ingestWithProgress(parts, [sampleCorpus], 'default');
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

async function onDataset(path: string, config: Config, options: EvaluateOptions, wanted: Wanted): Promise<string[]> {
  const { readDataset } = await import('../../evaluation/dataset.ts');
  const { evaluateDataset } = await import('../../evaluation/evaluate-dataset.ts');
  const { shortfalls } = await import('../../evaluation/gate.ts');
  const { toMarkdown } = await import('../../evaluation/report.ts');
  const { toPage } = await import('../../evaluation/report-page.ts');
  const minimum = await readGateOption(options.gate);
  const dataset: Dataset = readDataset(path);
  const out = resolve(options.out ?? './evaluation-report');
  await makeFolder('--out', out);
  if (options.calibrate !== undefined) await makeFolder('--calibrate', dirname(resolve(options.calibrate)));
  const kept = new KeptReplies(join(out, 'replies.tsv'));
  return withParts(config, kept, async (parts) => {
    // Also for a set in SQuAD's format: asked of the sample corpus, its questions are unrelated ones, which call for abstention.
    if (dataset.kind !== 'pairs') {
      const corpus = options.corpus ? resolve(options.corpus) : config.corpusDir;
      await ingestWithProgress(parts, [corpus], 'default');
    }
    if (dataset.kind === 'questions') await tellStrangeSources(dataset.questions, parts);
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
      ...wanted,
      calibrates: options.calibrate !== undefined,
      onProgress,
    }).finally(() => end());
    const { judges, calibrations, uncalibrated, ...rest } = evaluation;
    const markdown = toMarkdown(evaluation);
    await writeFile(join(out, 'report.json'), `${JSON.stringify(rest, null, 2)}\n`);
    await writeFile(join(out, 'report.md'), markdown);
    await writeFile(join(out, 'report.html'), toPage(evaluation));
    if (options.json) writeJson(evaluation.figures);
    else process.stdout.write(markdown);
    tell(`The report is in ${out}: report.html, report.md, report.json.`);
    if (options.calibrate !== undefined) await writeCalibrations(options.calibrate, calibrations, uncalibrated);
    return minimum ? shortfalls(evaluation.figures, minimum) : [];
  });
}

/** Before the work, so that no work is lost for want of a folder. */
async function makeFolder(flag: string, folder: string) {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new AppError('BAD_INPUT', `${flag} names no place where a folder can be made.`, { cause });
  }
}

/** Says which sources that questions name are not there: they would count as not found. */
async function tellStrangeSources(questions: LabelledQuestion[], { knowledge }: Parts) {
  const named = new Set(questions.flatMap(({ source }) => source ?? []));
  const strange: string[] = [];
  for (const source of named) if ((await knowledge.findSource('default', source)) === null) strange.push(source);
  if (strange.length === 0) return;
  tell(
    `Not among the documents, and so counted as not found: ${strange.length} of ${named.size} sources that the questions name ` +
      `(${strange.slice(0, 3).join(', ')}${strange.length > 3 ? ', …' : ''}). A source is a path within the folder of documents.`,
  );
}

/** Writes the calibrations, if any could be made, and says which couldn't. */
async function writeCalibrations(file: string, judges: Calibration[], uncalibrated: string[]) {
  const madeBy = 'assay evaluate DATASET --calibrate FILE';
  if (judges.length > 0) await writeFile(file, `${JSON.stringify({ madeBy, judges }, null, 2)}\n`);
  if (judges.length > 0 && uncalibrated.length === 0) return;
  const which = uncalibrated.length === 0 ? 'Nothing was calibrated' : `Not calibrated: ${uncalibrated.join('; ')}`;
  tell(`${which}. It takes right and wrong answers, to at least two questions, that the language model has judged.`);
  process.exitCode = 1;
}

async function withParts<T>(config: Config, kept: KeptReplies | undefined, work: (parts: Parts) => Promise<T>) {
  const parts = await compose(config, { logTo: 'terminal', ...(kept && { kept }) });
  try {
    return await work(parts);
  } finally {
    await parts.close();
  }
}

/** Reads a gate; `--gate` without a file means the one that comes with Assay. */
async function readGateOption(gate: string | true | undefined): Promise<Gate | undefined> {
  if (gate === undefined) return undefined;
  const { readGate } = await import('../../evaluation/gate.ts');
  return readGate(gate === true ? fileURLToPath(new URL('../../evaluation/gate.json', import.meta.url)) : gate);
}

function oneOf<Choice extends string>(name: string, value: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === value.trim());
  if (found === undefined) throw new UsageError(`${flagOf(name)} takes ${choices.join(', ')}.`);
  return found;
}

function wholeNumber(name: string, value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new UsageError(`${flagOf(name)} takes a whole number.`);
  return Number(value);
}
