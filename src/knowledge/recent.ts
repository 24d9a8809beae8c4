/** A memory for the `most` things that were used last. */
export function createRecent<Key, Value>(most: number) {
  const kept = new Map<Key, Value>();
  return {
    get(key: Key): Value | undefined {
      const value = kept.get(key);
      if (value === undefined) return undefined;
      // A Map goes through its keys in the order in which they were set: the first is the one not used for longest.
      kept.delete(key);
      kept.set(key, value);
      return value;
    },
    set(key: Key, value: Value) {
      kept.set(key, value);
      if (kept.size > most) kept.delete(kept.keys().next().value!);
    },
    remove: (key: Key) => void kept.delete(key),
  };
}
