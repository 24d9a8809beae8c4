import type { DatabaseSync } from 'node:sqlite';
import { emptyLog } from './database.ts';
import type { Documents } from './documents.ts';
import type { FullText } from './full-text.ts';
import { createWordRenewal } from './renew-words.ts';
import { createTidying } from './tidying.ts';

/**
 * How long the words of removed passages may stay in a full text, in milliseconds, before it is written anew without them: a large one
 * takes minutes, so not after each removal.
 */
const eraseWordsAfterMs = 3_600_000;

/**
 * What a store does by itself, a little at a time: it merges full texts, erases what was removed, also from the log, and renews words
 * that an earlier version stored.
 * @param options.changing carries out a change as one transaction
 * @param options.inTurn carries out a step when nothing else is being changed
 * @returns `wasChanged`, to be called after each change; and `close`
 */
export function createHousekeeping(options: {
  database: DatabaseSync;
  documents: Documents;
  collections: () => Iterable<{ key: number; fullText: FullText }>;
  changing: <T>(work: () => T) => T;
  inTurn: (step: () => void) => void;
}) {
  const { database, documents, collections, changing, inTurn } = options;
  const fullTexts = () => Array.from(collections(), ({ fullText }) => fullText);
  const finish = () => emptyLog(database);
  const merging = createTidying(fullTexts, { inTurn });
  const remains = { tidy: () => changing(() => documents.eraseRemains()) };
  const renewal = createWordRenewal(options);
  const backlog = createTidying(() => [remains, renewal], { inTurn, finish });
  const words = createTidying(() => fullTexts().map(({ eraseRemoved }) => ({ tidy: eraseRemoved })), {
    inTurn,
    afterMs: eraseWordsAfterMs,
    finish,
  });
  return {
    /** @param change.hasRemoved whether something was removed or replaced */
    wasChanged({ hasRemoved }: { hasRemoved: boolean }) {
      merging.postpone();
      if (!hasRemoved) return;
      backlog.ensureScheduled();
      words.ensureScheduled();
    },
    close() {
      for (const each of [merging, backlog, words]) each.close();
    },
  };
}
