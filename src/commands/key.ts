import { digestOf, keyEntry, newKey, parseKeys } from '../api-key.ts';
import { collectionName } from '../collection-name.ts';
import { tell, UsageError, writeJson } from './terminal.ts';

/**
 * `assay key NAME`: makes a key. The key itself is shown on the terminal and stored nowhere. Its line for `API_KEYS_FILE`, with only the
 * key's digest, goes to stdout, so that `>>` appends it to the file. With --json, both go to stdout.
 */
export function makeKey(name: string, options: { collections?: string; rights?: string; json?: boolean }) {
  const { error } = collectionName.safeParse(name);
  if (error) throw new UsageError(`The name ${error.issues[0]!.message}.`);
  if (options.collections?.trim() === '') throw new UsageError('--collections names none.'); // an empty list must not mean all of them
  const key = newKey();
  const withBars = (names = '*') => names.replaceAll(',', '|');
  const rights = options.rights === undefined ? '' : `:${withBars(options.rights)}`;
  const { keys, problems } = parseKeys(`${name}:sha256=${digestOf(key)}:${withBars(options.collections)}${rights}`);
  if (problems.length > 0) throw new UsageError(`The key's ${problems.join('; ')}.`);
  const entry = keyEntry(keys[0]!);
  if (options.json) return writeJson({ name, key, entry });
  tell(`The key of ${name}, which will not be shown again:\n\n  ${key}\n`);
  process.stdout.write(`${entry}\n`);
}
