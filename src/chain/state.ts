import type { FoundPassage } from '../passage.ts';
import type { Verdict } from './verdict.ts';

export type Evaluation = 'context' | 'answer' | 'both' | 'none';

/** What goes into the chain: a question, and how it is to be answered. */
export type Asked = {
  question: string;
  collection: string;
  topK: number;
  evaluation: Evaluation;
  /** What is searched for, where that differs from the question. */
  searchedFor?: string;
};

/**
 * An answer. `abstained`: it only says that there is none; `isCutOff`: the model was stopped before it had finished.
 */
export type Answer = { text: string; abstained: boolean; isCutOff?: true };

/** What each step carries forward: nothing that a later reader may want is dropped on the way. */
export type Retrieved = Asked & { context: FoundPassage[] };
export type Answered = Retrieved & { answer: Answer };
export type Verdicts = Partial<Record<Verdict['basis'], Verdict>>;
export type Evaluated = Answered & { verdicts: Verdicts };

/** What an answer says when it abstains, unless the settings have other words. */
export const defaultAbstention = "I don't know: the documents don't hold an answer to this question.";
