import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { collectionNamePattern } from './collection-name.ts';

/**
 * What a key may do: `ask` reads (asks, searches, documents, collections), `write` adds and removes documents and runs jobs,
 * `admin` makes and removes collections and reads the metrics. None includes another.
 */
export const rights = ['ask', 'write', 'admin'] as const;
export type Right = (typeof rights)[number];

/** A key as it is stored: by its digest alone. `collections` is null where it opens all. */
export type ApiKey = { name: string; digest: string; collections: string[] | null; rights: Right[] };

/**
 * The digest of a key: SHA-256 in hexadecimal. A slow hash is for what people choose; a key made by `newKey` is 256
 * random bits, which nobody finds from its digest however fast they try.
 */
export const digestOf = (key: string) => createHash('sha256').update(key).digest('hex');

/** A new key: 32 random bytes as base64url, 43 characters. */
export const newKey = () => randomBytes(32).toString('base64url');

/** The entry of a key, as `parseKeys` reads it. */
export function keyEntry({ name, digest, collections, rights: may }: ApiKey): string {
  const all = may.length === rights.length;
  if (collections === null && all) return `${name}:sha256=${digest}`;
  return [name, `sha256=${digest}`, collections?.join('|') ?? '*', ...(all ? [] : [may.join('|')])].join(':');
}

/**
 * Reads entries `name:key[:collections[:rights]]`, separated by commas or lines; a line that begins with # is a
 * comment. `key` is the key itself, or `sha256=` and its digest; collections and rights are separated by |. All
 * collections are opened by `*`, or by nothing before rights; without rights a key has all. A name may come twice, so
 * that a client can change its key.
 * @returns the keys, and what is wrong with each bad entry, without repeating a value
 */
export function parseKeys(text: string): { keys: ApiKey[]; problems: string[] } {
  const lines = text.split('\n');
  const entries = lines.flatMap((line, index) =>
    line.trim().startsWith('#')
      ? []
      : line.split(',').map((entry, at) => ({
          entry: entry.trim(),
          where: lines.length > 1 ? `line ${index + 1}` : `entry ${at + 1}`,
        })),
  );
  const byDigest = new Map<string, ApiKey>();
  const byName = new Map<string, ApiKey>();
  const problems: string[] = [];
  for (const { entry, where } of entries) {
    if (entry === '' || entry.startsWith('#')) continue;
    const key = parseEntry(entry);
    if (typeof key === 'string') problems.push(`${where} ${key}`);
    else if (byDigest.has(key.digest)) problems.push(`${where}: a key is used twice`);
    else if (!haveSameScope(key, byName.getOrInsert(key.name, key)))
      problems.push(`${where}: a name is used twice, with other collections or rights`);
    else byDigest.set(key.digest, key);
  }
  return { keys: [...byDigest.values()], problems };
}

/** Whether two keys open the same collections, with the same rights. */
export const haveSameScope = (one: ApiKey, other: ApiKey) =>
  one.collections?.join() === other.collections?.join() && one.rights.join() === other.rights.join();

/** What every client sends alike in a header: printable ASCII without spaces. */
const presentable = /^[\x21-\x7e]+$/;

/** The key of an entry, or what is wrong with it. */
function parseEntry(entry: string): ApiKey | string {
  const [name = '', key = '', scope, may, ...rest] = entry.split(':');
  const [, hashed] = /^sha256=(.*)$/is.exec(key) ?? [];
  if (!collectionNamePattern.test(name) || key.length < 8 || rest.length > 0)
    return 'must read name:key, name:key:collection|collection or name:key:collection|collection:right|right, the name of a-z, 0-9, - and _, the key of 8 or more';
  if (!presentable.test(key))
    return "has a key with white space or other characters that a header doesn't carry as they are";
  if (hashed !== undefined && !/^[\da-f]{64}$/i.test(hashed)) return 'must have 64 hexadecimal digits after sha256=';
  const opensAll = scope === undefined || scope === '*' || (scope === '' && may !== undefined);
  const collections = opensAll ? null : scope.split('|');
  if (collections?.some((each) => !collectionNamePattern.test(each))) return "names a collection that can't exist";
  const given = may?.split('|');
  if (given?.some((each) => !rights.includes(each as Right)))
    return `names a right that isn't one of ${rights.join(', ')}`;
  return {
    name,
    digest: hashed?.toLowerCase() ?? digestOf(key),
    collections,
    rights: rights.filter((right) => given?.includes(right) ?? true),
  };
}

/** The keys of `API_KEYS_FILE`, as `parseKeys` reads them. */
export function readKeysFile(file: string): ReturnType<typeof parseKeys> {
  try {
    return parseKeys(readFileSync(file, 'utf8'));
  } catch {
    return { keys: [], problems: ['the file cannot be read'] };
  }
}
