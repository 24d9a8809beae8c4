import { createHash } from 'node:crypto';

/**
 * The name under which Redis keeps something: all of Assay's begin alike. Who it is about, the name of a key or an address, goes
 * in as a digest, so that whoever lists Redis' keys reads no names.
 */
export function redisKey(kind: string, about: string): string {
  return `assay:${kind}:${createHash('sha256').update(about).digest('base64url').slice(0, 22)}`;
}
