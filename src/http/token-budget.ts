import type { ConductAsk } from '../chain/conduct-ask.ts';
import { AppError } from '../errors.ts';
import { countInMemory, type TokenCount } from '../replicas/token-count.ts';

/**
 * Limits the model tokens, prompts and completions together, that a key's asks may use in a day (of UTC). How many an
 * ask used is known when it ends, so asks under way when the budget is used up still end. Without keys, all asks share
 * one budget.
 * @returns `conductAsk`, which throws AppError BUDGET_SPENT with the seconds until midnight UTC
 */
export function withTokenBudget(
  conductAsk: ConductAsk,
  perDay: number | undefined,
  { count = countInMemory(), now = () => new Date() }: { count?: TokenCount; now?: () => Date } = {},
): ConductAsk {
  if (perDay === undefined) return conductAsk;
  const add = (keyName: string, tokens: number) => count.add(keyName, now().toISOString().slice(0, 10), tokens);

  return async (request, asker = {}) => {
    const keyName = asker.keyName ?? '';
    if ((await add(keyName, 0)) >= perDay)
      throw new AppError('BUDGET_SPENT', 'The model tokens of this day are used up.', {
        retryAfterSeconds: 86_400 - (Math.floor(now().getTime() / 1000) % 86_400),
      });
    // Asks that failed or were broken off have used tokens too.
    return conductAsk(request, {
      ...asker,
      onTokens: (tokens) => void add(keyName, tokens),
    });
  };
}
