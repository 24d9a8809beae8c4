/**
 * A memory for things that were used last: the last `most` / 2 at least, and never more than `most`. Of two generations the younger takes
 * what is set or used; when it is full the elder one is forgotten, and it becomes the elder. To be used again costs a look-up, where an
 * order of last use would be rewritten each time.
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

/** A function that remembers what it made last of `most` / 2 keys at least: for what is the same each time and dear to make. */
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
