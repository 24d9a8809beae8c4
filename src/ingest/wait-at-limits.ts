import { setTimeout as delay } from 'node:timers/promises';
import { isRateLimited } from '../errors.ts';

/** What makes vectors of texts; `signal` ends a call that nobody waits for any more. */
export type Embedder = {
  embedDocuments(texts: string[], options?: { signal?: AbortSignal | undefined }): Promise<number[][]>;
};

/** How long calls wait that a server limits, in milliseconds. */
const usualPatience = {
  /** At least; and before the first new try, where the server does not say, doubled after each … */
  first: 2_000,
  /** … up to this. */
  most: 60_000,
  /** In all, while none gets through: longer than the minute or quarter of an hour for which limits are counted. */
  inAll: 20 * 60_000,
};

/**
 * Embeddings for long work that nobody waits for, such as the ingest of a folder: calls that the server refuses since
 * there are too many of them are made again when it says, or after a while. A used-up quota is not waited for.
 * @param options.onWait is told of the seconds that calls wait, once until one gets through
 * @returns embeddings that throw what those given throw, and a limit's refusal where it lasts; the signal's reason where
 * it fires
 */
export function waitAtLimits(
  embeddings: Embedder,
  { onWait, patience = usualPatience }: { onWait: (seconds: number) => void; patience?: typeof usualPatience },
): Embedder {
  /** Since when no call got through; null where the last one did. */
  let limitedSince: number | null = null;

  return {
    async embedDocuments(texts, options = {}) {
      const { signal } = options;
      for (let usual = patience.first; ; usual = Math.min(patience.most, usual * 2)) {
        try {
          const vectors = await embeddings.embedDocuments(texts, options);
          limitedSince = null;
          return vectors;
        } catch (error) {
          if (!isRateLimited(error)) throw error;
          const now = performance.now();
          const isFirst = limitedSince === null;
          limitedSince ??= now;
          const told = error.retryAfterSeconds;
          const waitMs = told === undefined ? usual : Math.max(patience.first, told * 1000);
          if (now + waitMs - limitedSince > patience.inAll) throw error;
          if (isFirst) onWait(Math.ceil(waitMs / 1000));
          // Rejects only where the signal fires, with an error of its own.
          await delay(waitMs, undefined, { ...(signal && { signal }) }).catch(() => signal?.throwIfAborted());
        }
      }
    },
  };
}
