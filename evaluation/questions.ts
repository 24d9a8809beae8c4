import { z } from 'zod';
import type { AskReply } from '../src/chain/reply.ts';
import gate from './gate.json' with { type: 'json' };
import { type Gate, shortfalls } from './gate.ts';
import { auroc } from './measures.ts';
import { markdownTable } from './report.ts';

/** Every group of `expected` must occur in the answer, case aside; a group is one or several ways to put it, parted by |. */
const Answerable = z.object({
  id: z.string(),
  question: z.string(),
  answerable: z.literal(true),
  expected: z.array(z.string().min(1)).min(1),
  source: z.string(),
});
const Unanswerable = z.object({
  id: z.string(),
  question: z.string(),
  answerable: z.literal(false),
  kind: z.enum(['unrelated', 'near']),
});
export const EvaluationQuestion = z.discriminatedUnion('answerable', [Answerable, Unanswerable]);
export type EvaluationQuestion = z.infer<typeof EvaluationQuestion>;

const labels = ['Correct', 'Incorrect', 'Unjudged'] as const;
type Label = (typeof labels)[number];

/** Shares are 0 to 1; null where there was nothing to take a share of. */
export type Figures = {
  questions: number;
  answerable: number;
  unanswerable: number;
  sourceFirst: number | null;
  sourceInTopThree: number | null;
  expectedWordsInAnswer: number | null;
  abstainedOnUnanswerable: number | null;
  abstainedOnUnrelated: number | null;
  abstainedOnNear: number | null;
  wronglyAbstained: number | null;
  /** Of the answers given (abstentions aside): how many right and wrong ones got each label. */
  verdicts: Record<Label, { right: number; wrong: number }>;
  /** How well the verdict's score tells right answers from wrong ones. */
  verdictAuroc: number | null;
  unjudged: number | null;
  medianTotalMs: number | null;
};

export type Evaluated = { question: EvaluationQuestion; reply: AskReply; right: boolean };

/**
 * Asks every question, one after the other, and says how good the replies are.
 * @param options.ask asks the system; what it throws ends the evaluation
 * @param options.questions checked against `EvaluationQuestion`
 * @param options.minimum the figures below which it fails, by the names of `Figures`; evaluation/gate.json by default
 * @returns the figures, a table of them in Markdown, what falls short of the minimum, and every reply
 */
export async function evaluateQuestions(options: {
  ask: (question: string) => Promise<AskReply>;
  questions: unknown;
  onProgress?: (done: number, total: number) => void;
  minimum?: Gate;
}): Promise<{ figures: Figures; table: string; failures: string[]; evaluated: Evaluated[] }> {
  const questions = z.array(EvaluationQuestion).min(1).parse(options.questions);
  const evaluated: Evaluated[] = [];
  options.onProgress?.(0, questions.length);
  for (const question of questions) {
    const reply = await options.ask(question.question);
    evaluated.push({ question, reply, right: isRight(question, reply) });
    options.onProgress?.(evaluated.length, questions.length);
  }
  const figures = toFigures(evaluated);
  const estimates = Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, { value: typeof value === 'number' ? value : null }]),
  );
  return { figures, table: toTable(figures), failures: shortfalls(estimates, options.minimum ?? gate), evaluated };
}

/** An answer is right when it holds what is expected; an answer to what can't be answered never is. */
function isRight(question: EvaluationQuestion, reply: AskReply): boolean {
  if (!question.answerable || reply.abstained) return false;
  const said = oneLine(reply.answer);
  return question.expected.every((group) => group.split('|').some((words) => said.includes(oneLine(words))));
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').toLowerCase();

function toFigures(evaluated: Evaluated[]): Figures {
  const answerable = evaluated.filter(({ question }) => question.answerable);
  const unanswerable = evaluated.filter(({ question }) => !question.answerable);
  const ofKind = (kind: string) =>
    unanswerable.filter(({ question }) => !question.answerable && question.kind === kind);
  const hasSource = ({ question, reply }: Evaluated, within: number) =>
    question.answerable && reply.context.slice(0, within).some(({ source }) => source === question.source);
  const abstained = ({ reply }: Evaluated) => reply.abstained;
  const answered = evaluated.filter(({ reply }) => !reply.abstained);
  const labelled = (label: Label, right: boolean) =>
    answered.filter((each) => each.reply.verdict.label === label && each.right === right).length;
  const scored = answered.flatMap(({ reply, right }) =>
    reply.verdict.score === null ? [] : [{ score: reply.verdict.score, right }],
  );
  const times = evaluated.map(({ reply }) => reply.timings.totalMs).sort((one, other) => one - other);
  return {
    questions: evaluated.length,
    answerable: answerable.length,
    unanswerable: unanswerable.length,
    sourceFirst: share(answerable, (each) => hasSource(each, 1)),
    sourceInTopThree: share(answerable, (each) => hasSource(each, 3)),
    expectedWordsInAnswer: share(answerable, ({ right }) => right),
    abstainedOnUnanswerable: share(unanswerable, abstained),
    abstainedOnUnrelated: share(ofKind('unrelated'), abstained),
    abstainedOnNear: share(ofKind('near'), abstained),
    wronglyAbstained: share(answerable, abstained),
    verdicts: {
      Correct: { right: labelled('Correct', true), wrong: labelled('Correct', false) },
      Incorrect: { right: labelled('Incorrect', true), wrong: labelled('Incorrect', false) },
      Unjudged: { right: labelled('Unjudged', true), wrong: labelled('Unjudged', false) },
    },
    verdictAuroc: auroc(scored),
    unjudged: share(answered, ({ reply }) => reply.verdict.label === 'Unjudged'),
    medianTotalMs: times[Math.floor(times.length / 2)] ?? null,
  };
}

function share(among: Evaluated[], holds: (each: Evaluated) => boolean): number | null {
  return among.length === 0 ? null : among.filter(holds).length / among.length;
}

const names: Partial<Record<keyof Figures, string>> = {
  sourceInTopThree: 'The source is among the first three passages',
  sourceFirst: 'The first passage is of the source',
  expectedWordsInAnswer: 'The answer holds the expected words',
  wronglyAbstained: 'Abstained although there is an answer',
  abstainedOnUnanswerable: 'Abstained where there is no answer',
  abstainedOnUnrelated: '… where the question is unrelated',
  abstainedOnNear: '… where the documents come near',
  unjudged: 'Answers left unjudged',
};

const percent = (value: number | null) => (value === null ? '–' : `${(100 * value).toFixed(1)}%`);

function toTable(figures: Figures): string {
  const rows = Object.entries(names).map(([name, words]) => [
    words,
    percent(figures[name as keyof Figures] as number | null),
  ]);
  rows.push(['Verdict: AUROC of its score', figures.verdictAuroc === null ? '–' : figures.verdictAuroc.toFixed(3)]);
  rows.push(['Median time of an ask', figures.medianTotalMs === null ? '–' : `${figures.medianTotalMs.toFixed(1)} ms`]);
  const verdicts = labels.map((label) => {
    const { right, wrong } = figures.verdicts[label];
    return [label, String(right), String(wrong)];
  });
  const asked = `${figures.questions} questions, ${figures.answerable} with an answer and ${figures.unanswerable} without`;
  return [
    markdownTable([asked, ''], rows),
    '',
    markdownTable(['Verdict', 'right answers', 'wrong answers'], verdicts),
  ].join('\n');
}
