import type { Documents } from './documents.ts';
import type { CollectionSummary } from './port.ts';

/**
 * How much collections hold. Counting the million passages of a large one takes a tenth of a second, and many requests only ask whether
 * it is there: so it is counted when it is first asked for, and kept in step from then on.
 */
export function createCollectionCounts(documents: Documents) {
  const counts = new Map<string, { documents: number; passages: number }>();

  const summary = (collection: { name: string; createdAt: string }): CollectionSummary => ({
    ...collection,
    ...counts.getOrInsertComputed(collection.name, documents.countsOf),
  });

  return {
    collections: () => documents.collections().map(summary),
    collection(name: string): CollectionSummary | null {
      const found = documents.collection(name);
      return found && summary(found);
    },
    /** Takes in a committed change: how many more documents and passages there are. */
    change(name: string, more: { documents: number; passages: number }) {
      const known = counts.get(name);
      if (!known) return;
      known.documents += more.documents;
      known.passages += more.passages;
    },
    forget: (name: string) => counts.delete(name),
  };
}
