import type { Runnable } from '@langchain/core/runnables';
import { rewriteQuestion } from './rewrite-question.ts';
import { type Answer, type Asked, abstention, type Evaluated } from './state.ts';
import { step } from './step.ts';

export type OnIncorrect = 'return' | 'retry' | 'abstain';

/** An ask's end: what the chain carried to it, and how often it was run. */
export type Outcome = Evaluated & { attempts: number };

/** The most passages that an ask may show a model. */
export const mostPassages = 20;

const isIncorrect = ({ verdicts }: Evaluated) => (verdicts.context ?? verdicts.answer)?.label === 'Incorrect';
const scoreOf = ({ verdicts }: Evaluated) => (verdicts.context ?? verdicts.answer)?.score ?? 0;

/**
 * What happens when the verdict is Incorrect: `return` the answer with its verdict; `retry` once with the question put
 * otherwise and twice as many passages, and keep the better of the two; `abstain`, so that no answer is shown that was found wrong.
 * @param words what an answer says that abstains
 */
export function withPolicy(
  chain: Runnable<Asked, Evaluated>,
  words = abstention,
): Runnable<Asked & { onIncorrect: OnIncorrect }, Outcome> {
  return step('policy', async ({ onIncorrect, ...asked }: Asked & { onIncorrect: OnIncorrect }, config) => {
    const within = { ...config, runName: 'ask' };
    const first = await chain.invoke(asked, within);
    if (onIncorrect === 'return' || !isIncorrect(first)) return { ...first, attempts: 1 };
    if (onIncorrect === 'abstain') {
      const answer: Answer = { text: words, abstained: true };
      return { ...first, answer, attempts: 1 };
    }
    const again = { topK: Math.min(asked.topK * 2, mostPassages), searchedFor: rewriteQuestion(asked.question) };
    const second = await chain.invoke({ ...asked, ...again }, within);
    const keepFirst = isIncorrect(second) && scoreOf(second) <= scoreOf(first);
    return { ...(keepFirst ? first : second), attempts: 2 };
  });
}
