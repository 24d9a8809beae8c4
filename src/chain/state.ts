import type { FoundPassage } from '../passage.ts';
import type { Verdict } from './verdict.ts';

export type Evaluation = 'context' | 'answer' | 'both' | 'none';

/** What goes into the chain: a question, and how it is to be answered. */
export type Asked = {
  question: string;
  collection: string;
  topK: number;
  evaluation: Evaluation;
  /** What is searched for where it isn't the question as it was put. */
  searchedFor?: string;
};

/** An answer; `abstained` says that it is the admission that there is none, `isCutOff` that the model was stopped before its end. */
export type Answer = { text: string; abstained: boolean; isCutOff?: true };

/** What is carried forward, step after step, to the end: nothing that a later reader may want is dropped on the way. */
export type Retrieved = Asked & { context: FoundPassage[] };
export type Answered = Retrieved & { answer: Answer };
export type Verdicts = Partial<Record<Verdict['basis'], Verdict>>;
export type Evaluated = Answered & { verdicts: Verdicts };

/** The words of an answer that says there is none, unless the settings have others. */
export const abstention = "I don't know: the documents don't hold an answer to this question.";
