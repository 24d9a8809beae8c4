import { Parser } from 'htmlparser2';
import { AppError } from '../../errors.ts';
import { OpenElements } from './html-open-elements.ts';

/** How deep elements may nest. Real pages stay below 100. */
const DEEPEST = 256;

/**
 * The HTML with closing tags where the standard lets them be left out and the parser doesn't know, since it looks at the innermost
 * element only: old pages never close `<p>`, `<td>` or `<li>`, so that their rows and items would nest in each other. Closing tags that
 * would end something outside of their cell, or bold text around a block, mean nothing.
 *
 * Refuses HTML that nests too deep, before a tree is made of it, which is walked recursively. The parser here is the one that makes the
 * tree, but goes no further than this depth: it searches its stack of open elements at every closing tag, which takes quadratic time in
 * a hostile file.
 * @throws {AppError} `BAD_DOCUMENT`
 */
export function withClosings(html: string): string {
  const open = new OpenElements();
  const pieces: string[] = [];
  let copied = 0;
  let tag = { start: 0, end: 0 };

  function insert(text: string, at: number): void {
    pieces.push(html.slice(copied, at), text);
    copied = at;
  }

  class ClosingParser extends Parser {
    override onopentagname(start: number, end: number): void {
      this.#endAllBut(open.keptBefore(html.slice(start, end).toLowerCase()), start - 1);
      tag = { start, end };
      super.onopentagname(start, end);
    }

    override onclosetag(start: number, end: number): void {
      const name = html.slice(start, end).toLowerCase();
      const heading = open.misspeltHeading(name);
      if (heading !== undefined) this.#endAllBut(heading, start - 2);
      tag = { start, end };
      if (heading === undefined && !open.endsNothing(name)) super.onclosetag(start, end);
      // Without an element to close, `</p>` is an empty paragraph, and a name of nothing means nothing.
      else if (name === 'p') insert('<p>', start - 2);
      else insert('not-', start);
    }

    #endAllBut(kept: number, at: number): void {
      while (open.count > kept) {
        const { name, start, end } = open.innermost();
        insert(`</${name}>`, at);
        super.onclosetag(start, end);
      }
    }
  }

  const parser = new ClosingParser({
    onopentagname(name) {
      open.push(name, tag);
      if (open.count > DEEPEST)
        throw new AppError('BAD_DOCUMENT', `The HTML nests elements more than ${DEEPEST} deep.`);
    },
    onclosetag: () => open.pop(),
  });
  parser.end(html);
  return pieces.length === 0 ? html : pieces.join('') + html.slice(copied);
}
