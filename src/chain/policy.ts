import type { Runnable, RunnableConfig } from '@langchain/core/runnables';
import { startDeadline } from '../deadline.ts';
import { rewriteQuestion } from './rewrite-question.ts';
import { type Answer, type Asked, defaultAbstention, type Evaluated, type Verdicts } from './state.ts';
import { msLeft, step } from './step.ts';
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
 * reworded and twice as many passages, and keep the better answer, or the first where the second attempt fails;
 * `abstain`, so that an answer found wrong is never shown.
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
    const second = await attempt((within) => chain.invoke({ ...asked, ...again }, within), named);
    const keepFirst = second === null || (isIncorrect(second) && scoreOf(second) <= scoreOf(first));
    return { ...(keepFirst ? first : second), attempts: 2 };
  });
}

/**
 * How long before the ask's deadline a second attempt is given up, in milliseconds: less than a judge is
 * (judge-by-model.ts), so that an answer whose judge is too slow still counts.
 */
const sparedMs = 25;

/** Does what may fail; null where it fails or is too late for the ask, but not where the whole ask has ended. */
async function attempt<Output>(work: (config: RunnableConfig) => Promise<Output>, config: RunnableConfig) {
  const deadline = startDeadline(msLeft(config, sparedMs), config.signal);
  try {
    return await work({ ...config, signal: deadline.signal });
  } catch (error) {
    if (config.signal?.aborted) throw error;
    return null;
  } finally {
    deadline.end();
  }
}
