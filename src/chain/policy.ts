import type { Runnable } from '@langchain/core/runnables';
import { rewriteQuestion } from './rewrite-question.ts';
import { type Answer, type Asked, defaultAbstention, type Evaluated, type Verdicts } from './state.ts';
import { step } from './step.ts';
import type { Verdict } from './verdict.ts';

export type OnIncorrect = 'return' | 'retry' | 'abstain';

/** What an ask ends with: all that the chain carried, and how often the chain ran. */
export type Outcome = Evaluated & { attempts: number };

/** The most passages that an ask may show a model. */
export const mostPassages = 20;

/** The verdict that counts: the one on the context, where both were asked for. */
export const mainVerdict = (verdicts: Verdicts): Verdict => (verdicts.context ?? verdicts.answer)!;
const isIncorrect = ({ verdicts }: Evaluated) => mainVerdict(verdicts).label === 'Incorrect';
const scoreOf = ({ verdicts }: Evaluated) => mainVerdict(verdicts).score ?? 0;

/**
 * What happens when the verdict is Incorrect: `return` the answer with its verdict; `retry` once, with the question
 * reworded and twice as many passages, and keep the better answer; `abstain`, so that an answer found wrong is never
 * shown.
 * @param abstention what an answer says when it abstains
 */
export function withPolicy(
  chain: Runnable<Asked, Evaluated>,
  abstention = defaultAbstention,
): Runnable<Asked & { onIncorrect: OnIncorrect }, Outcome> {
  return step('policy', async ({ onIncorrect, ...asked }: Asked & { onIncorrect: OnIncorrect }, config) => {
    const named = { ...config, runName: 'ask' };
    const first = await chain.invoke(asked, named);
    if (onIncorrect === 'return' || !isIncorrect(first)) return { ...first, attempts: 1 };
    if (onIncorrect === 'abstain') {
      const answer: Answer = { text: abstention, abstained: true };
      return { ...first, answer, attempts: 1 };
    }
    const again = { topK: Math.min(asked.topK * 2, mostPassages), searchedFor: rewriteQuestion(asked.question) };
    const second = await chain.invoke({ ...asked, ...again }, named);
    const keepFirst = isIncorrect(second) && scoreOf(second) <= scoreOf(first);
    return { ...(keepFirst ? first : second), attempts: 2 };
  });
}
