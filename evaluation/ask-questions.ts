import { AskRequest } from '../src/chain/reply.ts';
import { type SufficiencyModel, sufficiencyOf } from '../src/chain/sufficiency.ts';
import type { Parts } from '../src/compose.ts';
import type { FoundPassage } from '../src/passage.ts';
import { bestF1, holdsOne, isExact } from './answer-measures.ts';
import type { LabelledQuestion } from './dataset.ts';
import { atThreshold, auroc, type Estimate, estimate, share } from './measures.ts';

/** A question with what was found and answered; `place` is where its source stands among the passages, null where it doesn't. */
export type AskedQuestion = {
  question: LabelledQuestion;
  place: number | null;
  answer: string;
  abstained: boolean;
  right: boolean;
  label: string;
  score: number | null;
  attempts: number;
  milliseconds: number;
  /** How likely its passages hold an answer, by what is decided before anyone answers. */
  sufficiency: number;
  /** The same for the passages that a collection about something else gives; null where none was searched. */
  elsewhere: number | null;
};

const depth = 5;
/** How many passages an answer is made from by default. */
const shown = 3;
/** Of the questions that have an answer, the share that may be lost where unrelated ones are turned away. */
const mayBeLost = 0.02;

/** Asks every question of a collection, as a client would, one after the other; what fails ends it. */
export async function askQuestions(options: {
  parts: Pick<Parts, 'conductAsk' | 'search'>;
  collection: string;
  questions: LabelledQuestion[];
  onIncorrect: AskRequest['onIncorrect'];
  sufficiency: SufficiencyModel;
  /** A collection that answers none of the questions. */
  elsewhere?: string | undefined;
  onProgress: (done: number, total: number) => void;
}): Promise<AskedQuestion[]> {
  const { parts, collection, questions, onIncorrect, onProgress, sufficiency, elsewhere } = options;
  const suffice = (question: string, context: FoundPassage[]) =>
    sufficiencyOf(question, context.slice(0, shown), sufficiency);
  const asked: AskedQuestion[] = [];
  onProgress(0, questions.length);
  for (const question of questions) {
    const passages = await parts.search({ question: question.question, collection, topK: depth }, {});
    const place = passages.findIndex(({ source }) => source === question.source);
    const others =
      elsewhere && (await parts.search({ question: question.question, collection: elsewhere, topK: shown }, {}));
    const reply = await parts.conductAsk(AskRequest.parse({ question: question.question, collection, onIncorrect }));
    asked.push({
      question,
      place: place < 0 ? null : place + 1,
      answer: reply.answer,
      abstained: reply.abstained,
      right: !reply.abstained && holdsOne(reply.answer, question.answers),
      label: reply.verdict.label,
      score: reply.verdict.score,
      attempts: reply.attempts,
      milliseconds: reply.timings.totalMs,
      sufficiency: suffice(question.question, passages),
      elsewhere: others ? suffice(question.question, others) : null,
    });
    onProgress(asked.length, questions.length);
  }
  return asked;
}

/** The figures of asked questions: retrieval and answers of those that have one, abstention, and the verdict on own answers. */
export function askFigures(asked: AskedQuestion[]): Record<string, Estimate> {
  const isAnswerable = ({ question }: AskedQuestion) => question.answers.length > 0;
  const isRight = ({ right }: AskedQuestion) => right;
  const answerable = asked.filter(isAnswerable);
  const unanswerable = asked.filter((each) => !isAnswerable(each));
  const located = answerable.filter(({ question }) => question.source !== undefined);
  const given = asked.filter(({ abstained }) => !abstained);
  const groupOf = ({ question }: AskedQuestion) => question.question;
  const among = (
    items: AskedQuestion[],
    measure: (items: AskedQuestion[]) => number | null,
    classOf: (item: AskedQuestion) => boolean = () => true,
  ) => estimate(items, measure, { groupOf, classOf });
  const mean = (value: (each: AskedQuestion) => number) => (items: AskedQuestion[]) =>
    items.length === 0 ? null : items.reduce((sum, each) => sum + value(each), 0) / items.length;
  const hit = (within: number) =>
    among(located, (items) => share(items, ({ place }) => place !== null && place <= within));
  const toScored = (items: AskedQuestion[]) =>
    items.flatMap(({ score, right }) => (score === null ? [] : [{ score, right }]));
  const figures: Record<string, Estimate> = {
    'retrieval.hitAt1': hit(1),
    'retrieval.hitAt3': hit(3),
    'retrieval.hitAt5': hit(depth),
    'retrieval.meanReciprocalRank': among(
      located,
      mean(({ place }) => (place === null ? 0 : 1 / place)),
    ),
    'answer.contains': among(answerable, (items) => share(items, ({ right }) => right)),
    'answer.containsWhereFound': among(
      located.filter(({ place }) => place !== null && place <= 3),
      (items) => share(items, ({ right }) => right),
    ),
    'answer.f1': among(
      answerable,
      mean(({ answer, abstained, question }) => (abstained ? 0 : bestF1(answer, question.answers))),
    ),
    'answer.exact': among(answerable, (items) =>
      share(items, ({ answer, abstained, question }) => !abstained && isExact(answer, question.answers)),
    ),
    'abstention.recall': among(unanswerable, (items) => share(items, ({ abstained }) => abstained)),
    'abstention.precision': among(
      asked.filter(({ abstained }) => abstained),
      (items) => share(items, ({ question }) => question.answers.length === 0),
    ),
    'abstention.lost': among(answerable, (items) => share(items, ({ abstained }) => abstained)),
    'abstention.auroc': among(
      asked,
      (items) => auroc(items.map((each) => ({ score: each.sufficiency, right: isAnswerable(each) }))),
      isAnswerable,
    ),
    'abstention.unrelated': among(asked, unrelatedTurnedAway),
    'ownAnswers.auroc': among(given, (items) => auroc(toScored(items)), isRight),
    'ownAnswers.falseCorrect': among(
      given.filter(({ right }) => !right),
      (items) => share(items, ({ label }) => label === 'Correct'),
    ),
    'ownAnswers.balancedAccuracy': among(
      given,
      (items) => {
        const scored = items.map(({ label, right }) => ({ score: Number(label === 'Correct'), right }));
        const both = scored.some(({ right }) => right) && scored.some(({ right }) => !right);
        return both ? atThreshold(scored, 1).balancedAccuracy : null;
      },
      isRight,
    ),
    'ownAnswers.wrongShownAsCorrect': among(asked, (items) =>
      share(items, ({ right, abstained, label }) => !abstained && !right && label === 'Correct'),
    ),
  };
  if (asked.some(({ attempts }) => attempts > 1))
    figures['ask.triedTwice'] = among(asked, (items) => share(items, ({ attempts }) => attempts > 1));
  return Object.fromEntries(Object.entries(figures).filter(([, { value }]) => value !== null));
}

/** Of unrelated questions, the share turned away by the cut that costs `mayBeLost` of those that have an answer. */
function unrelatedTurnedAway(items: AskedQuestion[]): number | null {
  const answerable = items.filter(({ question }) => question.answers.length > 0).map(({ sufficiency }) => sufficiency);
  const unrelated = items.flatMap(({ elsewhere }) => (elsewhere === null ? [] : [elsewhere]));
  const cut = answerable.sort((one, other) => one - other)[Math.floor(mayBeLost * answerable.length)];
  return cut === undefined ? null : share(unrelated, (sufficiency) => sufficiency < cut);
}
