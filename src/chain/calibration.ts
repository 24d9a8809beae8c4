import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import shipped from './judge-calibration.json' with { type: 'json' };

/** The signals that a judge's score is made from; each is 0 where it isn't known. */
export const signalNames = ['verdict', 'stated', 'quotes', 'word', 'agreement', 'declined', 'embedded'] as const;
export type SignalName = (typeof signalNames)[number];

/**
 * `verdict`: 1 for Correct, −1 for Incorrect. `stated`: the log-odds of the score that the model gives. `quotes`: the
 * share of its quotations that were found word for word. `word`: the log-odds of its Yes to a one-word question.
 * `agreement`: how much of its own answer the judged one holds, 0 to 1. `declined`: 1 where it finds no answer itself.
 * `embedded`: the log-odds of the embedded verdict.
 */
export type Signals = Record<SignalName, number>;

/**
 * How a judge is asked. `plain`: by the plain prompts; `rubric`: by a rubric; each one call to the model.
 * `cross-check`: by one word and by answering the question itself, two short calls; `full`: by these and the rubric,
 * three calls. Calls run side by side.
 */
export const evaluationStyles = ['plain', 'rubric', 'cross-check', 'full'] as const;
export type EvaluationStyle = (typeof evaluationStyles)[number];

/**
 * How a judge's signals make a probability: a logistic model (Platt, "Probabilistic Outputs for Support Vector
 * Machines", 1999), fitted for one model on one basis, asked in one style.
 */
const Calibration = z.object({
  model: z.string(),
  basis: z.enum(['context', 'answer']),
  style: z.enum(evaluationStyles),
  weights: z.partialRecord(z.enum(signalNames), z.number()),
  bias: z.number(),
  threshold: z.number().min(0).max(1),
  dataSet: z.string(),
  pairs: z.int(),
});
export type Calibration = z.infer<typeof Calibration>;
const CalibrationFile = z.object({ madeBy: z.string(), judges: z.array(Calibration) });

/**
 * The calibrations of a file, if one is named, followed by those that come with Assay.
 * @throws AppError BAD_SETTINGS where the file can't be read as one
 */
export const readCalibrations = (file?: string): Calibration[] => [
  ...(file === undefined ? [] : readCalibrationFile(file)),
  ...CalibrationFile.parse(shipped).judges,
];

/**
 * The calibrations of a file that `assay evaluate --calibrate` wrote.
 * @throws AppError BAD_SETTINGS where the file can't be read as one
 */
export function readCalibrationFile(file: string): Calibration[] {
  try {
    return CalibrationFile.parse(JSON.parse(readFileSync(file, 'utf8'))).judges;
  } catch (cause) {
    const isRead = (cause as NodeJS.ErrnoException).syscall === undefined;
    const why = isRead ? 'is no calibration that assay evaluate wrote' : "can't be read";
    throw new AppError('BAD_SETTINGS', `EVALUATION_CALIBRATION: the file ${why}.`, { cause });
  }
}

/** The probability that an answer with these signals is correct, 0 to 1. */
export function probabilityOf(signals: Signals, { weights, bias }: Pick<Calibration, 'weights' | 'bias'>): number {
  const sum = signalNames.reduce((total, name) => total + (weights[name] ?? 0) * signals[name], bias);
  return fromLogOdds(sum);
}

/** Greater certainty than this, in log-odds, is cut to this: models say 0 and 1 lightly. */
const surest = 8;
/** The log-odds of a probability, from −8 to 8. */
export function logOdds(probability: number): number {
  const odds = Math.log(probability / (1 - probability));
  return Math.max(-surest, Math.min(surest, odds));
}

/** The probability, 0 to 1, that has these log-odds. */
export const fromLogOdds = (odds: number) => 1 / (1 + Math.exp(-odds));
