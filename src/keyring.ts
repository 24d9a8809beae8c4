import { timingSafeEqual } from 'node:crypto';
import { type ApiKey, digestOf, haveSameScope } from './api-key.ts';

/** A key that is known at present. */
export type HeldKey = Omit<ApiKey, 'digest'> & {
  /** Calls `listener` when the key is taken away, at once where it is gone already; what it returns takes the call back. */
  onRevoked(listener: () => void): () => void;
  isRevoked(): boolean;
};

export type Keyring = ReturnType<typeof createKeyring>;

/**
 * The keys that are known, which may be replaced while the service runs. A service that began with keys is never open
 * afterwards: where the last is taken away, none is let in.
 */
export function createKeyring(keys: ApiKey[]) {
  let held = keys.map(hold);

  return {
    isRequired: keys.length > 0,

    /** The key that was presented, or null. Each is compared in constant time, and with all, so that how long it takes tells nothing. */
    find(presented: string): HeldKey | null {
      const digest = Buffer.from(digestOf(presented), 'hex');
      const [match] = held.filter((each) => timingSafeEqual(each.digest, digest));
      return match?.key ?? null;
    },

    /** Puts these keys in the place of all. One that is not among them, or opens something else now, is revoked at once. */
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
