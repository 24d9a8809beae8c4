import { digestOf, keyEntry, newKey, parseKeys } from '../api-key.ts';
import { collectionName } from '../collection-name.ts';
import { tell, WrongUsage, writeJson } from './terminal.ts';

/**
 * `assay key NAME`: makes a key. The key itself goes to the terminal and is kept nowhere; its line for `API_KEYS_FILE`, which holds
 * only the digest, goes to stdout, so that `>>` puts it into the file. As JSON, both go to stdout.
 */
export function makeKey(name: string, options: { collections?: string; rights?: string; json?: boolean }) {
  const { error } = collectionName.safeParse(name);
  if (error) throw new WrongUsage(`The name ${error.issues[0]!.message}.`);
  if (options.collections?.trim() === '') throw new WrongUsage('--collections names none.'); // not: all
  const key = newKey();
  const byBar = (names = '*') => names.split(',').join('|');
  const rights = options.rights === undefined ? '' : `:${byBar(options.rights)}`;
  const { keys, problems } = parseKeys(`${name}:sha256=${digestOf(key)}:${byBar(options.collections)}${rights}`);
  if (problems.length > 0) throw new WrongUsage(`The key's ${problems.join('; ')}.`);
  const entry = keyEntry(keys[0]!);
  if (options.json) return writeJson({ name, key, entry });
  tell(`The key of ${name}, which is not shown again:\n\n  ${key}\n`);
  process.stdout.write(`${entry}\n`);
}
