import { type Runnable, RunnablePassthrough, RunnableSequence } from '@langchain/core/runnables';
import type { FoundPassage } from '../passage.ts';
import { type AnswerStep, abstainUnlessSufficient } from './answer.ts';
import type { Answered, Asked, Evaluated, Retrieved, Verdicts } from './state.ts';
import { keep, named } from './step.ts';

type Retrieve = Runnable<Asked, FoundPassage[]>;

/**
 * The picture of the product: retrieve the passages, answer from them, evaluate the answer. Each step adds its result to
 * what it was given, so that the end holds everything: question, context, answer, verdicts. What comes early is also told
 * early: `keep` hands context and answer to whoever the request's config names.
 */
export function createAskChain(parts: {
  retrieve: Retrieve;
  /** Whether the context can answer; by default, every one that holds a passage. */
  suffices?: Runnable<Retrieved, boolean>;
  answer: AnswerStep;
  evaluate: Runnable<Answered, Verdicts>;
  abstention?: string | undefined;
}): Runnable<Asked, Evaluated> {
  const steps = [
    carry('retrieve', 'context', parts.retrieve),
    keep('context'),
    carry('answer', 'answer', abstainUnlessSufficient(parts.answer, parts.suffices, parts.abstention)),
    keep('answer'),
    carry('evaluate', 'verdicts', parts.evaluate),
  ];
  return RunnableSequence.from<Asked, Evaluated>(steps as never, 'ask');
}

/** The basic chain, for those who want an answer and no verdict: retrieve, prompt, model. */
export function createBasicChain(parts: { retrieve: Retrieve; answer: AnswerStep }): Runnable<Asked, Answered> {
  const steps = [carry('retrieve', 'context', parts.retrieve), carry('answer', 'answer', parts.answer)];
  return RunnableSequence.from<Asked, Answered>(steps as never, 'basic chain');
}

/** A step that carries forward all it was given, with one value more. */
function carry(name: string, key: string, runnable: unknown) {
  return named(name, RunnablePassthrough.assign({ [key]: runnable as Runnable }));
}
