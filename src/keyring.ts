import { createHmac, randomBytes } from 'node:crypto';
import { type ApiKey, digestOf, haveSameScope } from './api-key.ts';

/** A key as requests hold it. */
export type HeldKey = Omit<ApiKey, 'digest'> & {
  /** Calls `listener` when the key is revoked, at once if it is already. Returns a function that withdraws it. */
  onRevoked(listener: () => void): () => void;
  isRevoked(): boolean;
};

type Held = { entry: ApiKey; key: HeldKey; revoke: () => void };

export type Keyring = ReturnType<typeof createKeyring>;

/**
 * The known keys, which may be replaced while the service runs. A service that began with keys never opens to all: with
 * the last key gone, nobody is let in.
 */
export function createKeyring(keys: ApiKey[]) {
  const secret = randomBytes(32);
  const placeOf = (digest: string) => createHmac('sha256', secret).update(digest).digest('base64');
  let held = new Map<string, Held>();
  replace(keys);

  /** Replaces all keys. One that is no longer there, or has another scope now, is revoked at once. */
  function replace(next: ApiKey[]) {
    const before = held;
    held = new Map();
    for (const entry of next) {
      const place = placeOf(entry.digest);
      const known = before.get(place);
      held.set(place, known && isSame(known.entry, entry) ? known : hold(entry));
    }
    for (const [place, each] of before) if (held.get(place) !== each) each.revoke();
  }

  return {
    isRequired: keys.length > 0,

    /**
     * The key that was presented, or null. It is looked up by an HMAC under a secret of this process, which nobody can
     * foresee: so the time that takes tells nothing, and it doesn't grow with the number of keys.
     */
    find: (presented: string): HeldKey | null => held.get(placeOf(digestOf(presented)))?.key ?? null,
    replace,
  };
}

const isSame = (one: ApiKey, other: ApiKey) => one.name === other.name && haveSameScope(one, other);

function hold(entry: ApiKey): Held {
  const { digest, ...scope } = entry;
  const listeners = new Set<() => void>();
  let revoked = false;
  const key: HeldKey = {
    ...scope,
    onRevoked(listener) {
      if (revoked) listener();
      else listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    isRevoked: () => revoked,
  };
  const revoke = () => {
    revoked = true;
    for (const listener of listeners) listener();
  };
  return { entry, key, revoke };
}
