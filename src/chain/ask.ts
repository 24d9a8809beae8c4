import { type Runnable, RunnablePassthrough, RunnableSequence } from '@langchain/core/runnables';
import type { FoundPassage } from '../passage.ts';
import type { AnswerStep } from './answer.ts';
import type { Answered, Asked, Evaluated, Verdicts } from './state.ts';
import { keep } from './step.ts';

/**
 * The picture of the product: retrieve the passages, answer from them, evaluate the answer. Each step adds its result to
 * what it was given, so that the end holds everything: question, context, answer, verdicts. What comes early is also told
 * early: `keep` hands context and answer to whoever the request's config names.
 */
export function createAskChain(parts: {
  retrieve: Runnable<Asked, FoundPassage[]>;
  answer: AnswerStep;
  evaluate: Runnable<Answered, Verdicts>;
}): Runnable<Asked, Evaluated> {
  return RunnableSequence.from<Asked, Evaluated>(
    [
      RunnablePassthrough.assign({ context: parts.retrieve }).withConfig({ runName: 'retrieve' }),
      keep('context'),
      RunnablePassthrough.assign({ answer: parts.answer }).withConfig({ runName: 'answer' }),
      keep('answer'),
      RunnablePassthrough.assign({ verdicts: parts.evaluate }).withConfig({ runName: 'evaluate' }),
    ] as never,
    'ask',
  );
}

/** The basic chain, for those who want an answer and no verdict: retrieve, prompt, model. */
export function createBasicChain(parts: { retrieve: Runnable<Asked, FoundPassage[]>; answer: AnswerStep }) {
  return RunnableSequence.from<Asked, Answered>(
    [
      RunnablePassthrough.assign({ context: parts.retrieve }).withConfig({ runName: 'retrieve' }),
      RunnablePassthrough.assign({ answer: parts.answer }).withConfig({ runName: 'answer' }),
    ] as never,
    'basic chain',
  );
}
