import type { Runnable } from '@langchain/core/runnables';
import type { FoundPassage } from '../passage.ts';
import { type AnswerStep, abstainUnlessSufficient } from './answer.ts';
import type { Answered, Asked, Evaluated, Retrieved, Verdicts } from './state.ts';
import { carry, keep, sequence } from './step.ts';

type Retrieve = Runnable<Asked, FoundPassage[]>;

/**
 * The picture of the product: retrieve the passages, answer from them, evaluate the answer. Each step adds its result
 * to what it was given, so the end holds everything: question, context, answer, verdicts. `keep` hands context and
 * answer, as soon as they are there, to whoever the request's config names.
 */
export function createAskChain(parts: {
  retrieve: Retrieve;
  /** Whether the context can answer; by default any context with a passage can. */
  suffices?: Runnable<Retrieved, boolean>;
  answer: AnswerStep;
  evaluate: Runnable<Answered, Verdicts>;
  /** What an answer says when it abstains. */
  abstention?: string | undefined;
}): Runnable<Asked, Evaluated> {
  const steps = [
    carry('retrieve', 'context', parts.retrieve),
    keep('context'),
    carry('answer', 'answer', abstainUnlessSufficient(parts.answer, parts.suffices, parts.abstention)),
    keep('answer'),
    carry('evaluate', 'verdicts', parts.evaluate),
  ];
  return sequence('ask', steps as Runnable[]);
}

/** The basic chain, for callers who want an answer and no verdict: retrieve, prompt, model. */
export function createBasicChain(parts: { retrieve: Retrieve; answer: AnswerStep }): Runnable<Asked, Answered> {
  const steps = [carry('retrieve', 'context', parts.retrieve), carry('answer', 'answer', parts.answer)];
  return sequence('basic chain', steps);
}
