import type { Runnable } from '@langchain/core/runnables';
import type { Answered, Verdicts } from './state.ts';
import { choice, step, together } from './step.ts';
import { type Basis, unjudged, type Verdict } from './verdict.ts';

/** Anything that judges an answer on one basis: a model behind a prompt, or the classifier of the embedded verdict. */
export type Judge = Runnable<Answered, Verdict>;

/**
 * The evaluation step: the judge or judges that the ask wants, side by side where there are two. An abstention is not
 * judged.
 */
export function createEvaluate(judges: Record<Basis, Judge>): Runnable<Answered, Verdicts> {
  const skip = step('skip evaluation', ({ answer, evaluation }: Answered): Verdicts => {
    const reason = answer.abstained ? 'There is no answer to judge.' : 'No evaluation was asked for.';
    const basis = evaluation === 'answer' ? 'answer' : 'context';
    const verdict = unjudged(basis, 'skipped', reason);
    return evaluation === 'both' ? { context: verdict, answer: { ...verdict, basis: 'answer' } } : { [basis]: verdict };
  });
  const judge = (...bases: Basis[]) =>
    together<Answered, Verdicts>(
      `judge by ${bases.join(' and ')}`,
      Object.fromEntries(bases.map((basis) => [basis, judges[basis]])),
    );
  return choice<Answered, Verdicts>(
    'choose judges',
    [
      [({ answer, evaluation }) => answer.abstained || evaluation === 'none', skip],
      [({ evaluation }) => evaluation === 'both', judge('context', 'answer')],
      [({ evaluation }) => evaluation === 'answer', judge('answer')],
    ],
    judge('context'),
  );
}
