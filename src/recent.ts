/**
 * A cache of the most recently used entries: it keeps the last `most` / 2 at least, and never more than `most`. There
 * are two generations: what is set or used goes into the younger; when that is full, the elder is dropped and the
 * younger takes its place. A use then costs a look-up, where a strict order of last use would have to be rewritten each
 * time.
 */
export function createRecent<Key, Value>(most: number) {
  let younger = new Map<Key, Value>();
  let elder = new Map<Key, Value>();

  function set(key: Key, value: Value) {
    younger.set(key, value);
    if (younger.size < most / 2) return;
    elder = younger;
    younger = new Map();
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
      younger.delete(key);
      elder.delete(key);
    },
  };
}

/**
 * Makes `make` remember its results for the last `most` / 2 keys at least: for what is expensive to make and always the
 * same for a key.
 */
export function remembering<Key, Value extends {}>(most: number, make: (key: Key) => Value): (key: Key) => Value {
  const recent = createRecent<Key, Value>(most);
  return (key) => {
    let value = recent.get(key);
    if (value === undefined) {
      value = make(key);
      recent.set(key, value);
    }
    return value;
  };
}
