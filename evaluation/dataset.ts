import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { AskRequest } from '../src/chain/reply.ts';
import { AppError } from '../src/errors.ts';
import { readSquad, type Squad } from './squad.ts';

const labels = 'must be Correct or Incorrect, true or false, 1 or 0';
const isRight = z.union([z.boolean(), z.literal([0, 1]), z.string()], labels).transform((label, context) => {
  const word = String(label).trim().toLowerCase();
  if (['true', '1', 'correct', 'right', 'yes', 'supported', 'faithful', 'pass'].includes(word)) return true;
  if (['false', '0', 'incorrect', 'wrong', 'no', 'unsupported', 'hallucinated', 'fail'].includes(word)) return false;
  context.addIssue(labels);
  return z.NEVER;
});

const text = z.string('must be a text');
/** What is told of a line that is neither. */
const shapes =
  'A line holds question, context (a text or a list of texts), answer and label; or question, answers (a list of texts) and source.';

/** An answer to be judged: whether it is right to the question, by the context. */
const LabelledPair = z
  .object({
    question: text.min(1, 'must not be empty'),
    context: z
      .union([text, z.array(text)], 'must be a text or a list of texts')
      .transform((context) => [context].flat()),
    answer: text,
    label: isRight,
    /** What sort of right or wrong answer it is; figures are given for each. */
    kind: text.default(''),
    /** Pairs of one group are not independent: calibration keeps them together. Intervals keep those of one question together. */
    group: text.optional(),
    title: text.default('Context'),
  })
  .transform(({ label, group, ...pair }) => ({ ...pair, right: label, group: group ?? pair.question }));
export type LabelledPair = z.infer<typeof LabelledPair>;

/** A question to documents that are ingested: any of the answers is right; without any, abstaining is. */
const LabelledQuestion = z.object({
  question: AskRequest.shape.question,
  answers: z.array(
    text.refine(
      (answer) => answer.trim() !== '',
      'must not be empty (a list without any means that there is no answer)',
    ),
    'must be a list of texts',
  ),
  source: text.optional(),
});
export type LabelledQuestion = z.infer<typeof LabelledQuestion>;

export type Dataset =
  | { kind: 'pairs'; pairs: LabelledPair[] }
  | { kind: 'questions'; questions: LabelledQuestion[] }
  | { kind: 'squad'; squad: Squad };

/**
 * Reads what is to be evaluated on: a file or folder in the format of SQuAD 2.0 (JSON), or a file of JSON lines, either
 * (question, context, answer, label) or (question, answers, source).
 * @throws AppError BAD_INPUT naming the first line that is neither
 */
export function readDataset(path: string): Dataset {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (cause) {
    throw new AppError('BAD_INPUT', 'The data set cannot be read: there is no such file or folder.', { cause });
  }
  if (isFolder || path.endsWith('.json')) return { kind: 'squad', squad: readSquad(path) };
  const lines = decoded(readFileSync(path))
    .split('\n')
    .flatMap((line, at) => (line.trim() === '' ? [] : [{ line, number: at + 1 }]));
  if (lines.length === 0) throw new AppError('BAD_INPUT', 'The data set is empty.');
  const first = parseLine(lines[0]!);
  if ('answers' in first) return { kind: 'questions', questions: lines.map((line) => check(LabelledQuestion, line)) };
  return { kind: 'pairs', pairs: lines.map((line) => check(LabelledPair, line)) };
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError('BAD_INPUT', 'The data set is not encoded in UTF-8.', { cause });
  }
}

type Line = { line: string; number: number };

function parseLine({ line, number }: Line): object {
  try {
    const value = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Told below, like any other line that is no object.
  }
  throw new AppError('BAD_INPUT', `Line ${number} of the data set is no JSON object.`);
}

function check<Shape extends z.ZodType>(shape: Shape, line: Line): z.output<Shape> {
  const read = shape.safeParse(parseLine(line));
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0]!;
  throw new AppError(
    'BAD_INPUT',
    `Line ${line.number} of the data set: ${path.join('.') || 'it'} ${message}. ${shapes}`,
  );
}
