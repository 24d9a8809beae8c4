import { digestOf, keyEntry, newKey, parseKeys } from './api-key.ts';
import { AppError } from './errors.ts';
import { tell } from './terminal.ts';

/**
 * `assay key NAME`: makes a key. The key itself goes to the terminal and is kept nowhere; its line for `API_KEYS_FILE`, which holds
 * only the digest, goes to stdout, so that `>>` puts it into the file.
 */
export function makeKey(name: string, options: { collections?: string; rights?: string }) {
  if (options.collections?.trim() === '') throw new AppError('BAD_INPUT', '--collections names none.'); // not: all
  const key = newKey();
  const byBar = (names = '*') => names.split(',').join('|');
  const rights = options.rights === undefined ? '' : `:${byBar(options.rights)}`;
  const { keys, problems } = parseKeys(`${name}:sha256=${digestOf(key)}:${byBar(options.collections)}${rights}`);
  if (problems.length > 0) throw new AppError('BAD_INPUT', `The key's ${problems.join('; ')}.`);
  tell(`The key of ${name}, which is not shown again:\n\n  ${key}\n`);
  process.stdout.write(`${keyEntry(keys[0]!)}\n`);
}
