import { Parser } from 'htmlparser2';
import { AppError } from '../../errors.ts';

/** How deep elements may nest. Real pages stay below 100. */
const DEEPEST = 256;

/**
 * Refuses HTML that nests too deep, before a tree is made of it, which is walked recursively. The same parser reads it here, but no
 * further than this depth: it searches its stack of open elements at every closing tag, which takes quadratic time in a hostile file.
 * @throws {AppError} `BAD_DOCUMENT`
 */
export function assertShallow(html: string): void {
  let depth = 0;
  const parser = new Parser({
    onopentag() {
      depth += 1;
      if (depth > DEEPEST) throw new AppError('BAD_DOCUMENT', `The HTML nests elements more than ${DEEPEST} deep.`);
    },
    onclosetag() {
      depth -= 1;
    },
  });
  parser.end(html);
}
