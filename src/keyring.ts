import { timingSafeEqual } from 'node:crypto';
import { type ApiKey, digestOf, haveSameScope } from './api-key.ts';

/** A key as requests hold it. */
export type HeldKey = Omit<ApiKey, 'digest'> & {
  /** Calls `listener` when the key is revoked, at once if it is already. Returns a function that withdraws it. */
  onRevoked(listener: () => void): () => void;
  isRevoked(): boolean;
};

export type Keyring = ReturnType<typeof createKeyring>;

/**
 * The known keys, which may be replaced while the service runs. A service that began with keys never opens to all: with
 * the last key gone, nobody is let in.
 */
export function createKeyring(keys: ApiKey[]) {
  let held = keys.map(hold);

  return {
    isRequired: keys.length > 0,

    /**
     * The key that was presented, or null. It is compared with every key, each in constant time, so that the time taken
     * tells nothing.
     */
    find(presented: string): HeldKey | null {
      const digest = Buffer.from(digestOf(presented), 'hex');
      const [match] = held.filter((each) => timingSafeEqual(each.digest, digest));
      return match?.key ?? null;
    },

    /** Replaces all keys. One that is no longer there, or has another scope now, is revoked at once. */
    replace(next: ApiKey[]) {
      const before = held;
      held = next.map((key) => before.find(({ entry }) => isSame(entry, key)) ?? hold(key));
      for (const each of before) if (!held.includes(each)) each.revoke();
    },
  };
}

const isSame = (one: ApiKey, other: ApiKey) =>
  one.name === other.name && one.digest === other.digest && haveSameScope(one, other);

function hold(entry: ApiKey) {
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
  return { entry, digest: Buffer.from(digest, 'hex'), key, revoke };
}
