import { createHash } from 'node:crypto';

/**
 * A key in Redis; all of Assay's begin alike. Whom it is about, such as the name of a key or an address, goes in as a
 * digest, so that a list of the keys in Redis shows no names.
 */
export function redisKey(kind: string, about: string): string {
  return `assay:${kind}:${createHash('sha256').update(about).digest('base64url').slice(0, 22)}`;
}
