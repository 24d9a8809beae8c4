const one = () => 1;

/**
 * A cache of the most recently used entries: it keeps the last `most` / 2 at least, and never more than `most`. There
 * are two generations: what is set or used goes into the younger; when that is full, the elder is dropped and the
 * younger takes its place. A use then costs a look-up, where a strict order of last use would have to be rewritten each
 * time.
 * @param sizeOf what a value counts, which must not change; by default 1. With sizes, each generation may be larger than
 * half by its last entry
 */
export function createRecent<Key, Value>(most: number, sizeOf: (value: Value) => number = one) {
  let younger = new Map<Key, Value>();
  let elder = new Map<Key, Value>();
  let size = 0; // of the younger

  function set(key: Key, value: Value) {
    takeOut(key);
    younger.set(key, value);
    size += sizeOf(value);
    if (size < most / 2) return;
    elder = younger;
    younger = new Map();
    size = 0;
  }

  /** Takes an entry out of the younger generation. */
  function takeOut(key: Key) {
    const value = younger.get(key);
    if (value === undefined) return;
    size -= sizeOf(value);
    younger.delete(key);
  }

  return {
    get(key: Key): Value | undefined {
      const value = younger.get(key);
      if (value !== undefined) return value;
      const older = elder.get(key);
      if (older !== undefined) set(key, older);
      return older;
    },
    set,
    remove(key: Key) {
      takeOut(key);
      elder.delete(key);
    },
  };
}

/**
 * Makes `make` remember its results for the last `most` / 2 keys at least: for what is expensive to make and always the
 * same for a key.
 * @param sizeOf as for `createRecent`
 */
export function remembering<Key, Value extends {}>(
  most: number,
  make: (key: Key) => Value,
  sizeOf?: (value: Value) => number,
): (key: Key) => Value {
  const recent = createRecent<Key, Value>(most, sizeOf);
  return (key) => {
    let value = recent.get(key);
    if (value === undefined) {
      value = make(key);
      recent.set(key, value);
    }
    return value;
  };
}
